"""``/v1/stream`` on every service: applied events, lag, outbox and dead letters, and the release of the brake.

All of it is read from the database and from Kafka, so it does not matter in which process the lanes run.
"""

from asyncio import gather
from math import isnan
from typing import Annotated, Any

from fastapi import Path

from mandegar.customers.waiting import Waiting, count_waiting, waiting_by_group
from mandegar.database import transaction, transaction_of
from mandegar.lanes.backlog import Lag
from mandegar.lanes.brake_rows import delete_brakes, engaged_brakes
from mandegar.lanes.deadletters import count_open
from mandegar.lanes.tally import applied_counts
from mandegar.outbox.rows import count_set_aside, outbox_backlog
from mandegar.tokens import Principal
from mandegar.web.access import Router, require
from mandegar.web.acts import Acting, audited
from mandegar.web.dependencies import Ctx, GroupLags
from mandegar.web.problems import Problem, errors

# The groups of a process are looked at one after the other. The first look at a partition where only markers are left
# reads them, which takes up to a second of a group; later ones do not (`kafka/empty_spans.py`).
LAG_SECONDS = 3.0
router = Router(prefix="/v1/stream", tags=["operations"])

_NOTHING = Waiting(0, 0, 0.0)

Operator = Annotated[Principal, require("ops", shops="every")]


@router.get("", summary="Get applied events, lag, outbox and dead letters")
async def stream(ctx: Ctx, lags: GroupLags, _: Operator) -> dict[str, Any]:
    """By consumer group: events applied since the database was created, and the lag in records and in seconds.

    The lag counts events that wait for the lane beside too. It is null while it is unknown: Kafka does not answer, or
    no process has read the group's topics yet. `brake` is
    the reason for which the group is stopped, or null. `set_aside` counts events that this service could not publish:
    dead letters of the group `relay`. `waiting_beside` is what waits for the lane that applies events of customers who
    need longer than a batch. How often a batch is retried is among the metrics of the process that applies it.
    """
    measured = dict(zip(lags, await gather(*(lag.ask(patience=LAG_SECONDS) for lag in lags.values())), strict=True))
    async with transaction(ctx.worker) as connection:
        applied = await applied_counts(connection)
        brakes = await engaged_brakes(connection)
        outbox = await outbox_backlog(connection)
        set_aside = await count_set_aside(connection)
        open_letters = await count_open(connection)
        waiting = await count_waiting(connection)
        beside = await waiting_by_group(connection) if waiting.rows else {}
    return {
        "groups": {
            group: {
                "applied": applied.get(group, {}),
                **_lag_of(lag, beside.get(group, _NOTHING)),
                "brake": brakes.get(group),
            }
            for group, lag in measured.items()
        },
        "outbox": {"rows": outbox.rows, "age": outbox.age_seconds, "set_aside": set_aside},
        "dead_letters": open_letters,
        "waiting_beside": {"rows": waiting.rows, "customers": waiting.customers, "age": waiting.age_seconds},
        "as_of": ctx.clock.now(),
    }


def _lag_of(lag: Lag | None, beside: Waiting) -> dict[str, float | None]:
    """What a group has not applied: records of its topics, and events that wait for the lane beside."""
    if lag is None:
        return {"lag_records": None, "lag_seconds": None}
    seconds = None if isnan(lag.seconds) else max(lag.seconds, beside.age_seconds)
    return {"lag_records": lag.records + beside.rows, "lag_seconds": seconds}


@router.post(
    "/{group}/release-brake",
    summary="Resume a group that the dead-letter brake stopped",
    responses=errors(
        (404, "unknown_group", "this service has no such consumer group"),
        (409, "not_braked", "the brake of this group is not engaged"),
    ),
    openapi_extra=audited("brake.release"),
)
async def release_brake(
    ctx: Ctx,
    act: Acting,
    lags: GroupLags,
    group: Annotated[str, Path(description="Name of the consumer group, as in /v1/stream")],
    _: Operator,
) -> dict[str, Any]:
    """The processes that apply the group's events resume within a second. For one window (`MANDEGAR_BRAKE_SECONDS`)
    records that cannot be applied then become dead letters without a limit.
    """
    if group not in lags:
        raise Problem(404, "unknown_group", "This service has no consumer group with this name")
    async with transaction_of(act, ctx.worker) as connection:
        if not await delete_brakes(connection, group):
            raise Problem(409, "not_braked", "The dead-letter brake of this group is not engaged")
    return {"group": group, "released": True}
