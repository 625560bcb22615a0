"""``/v1/deadletters`` on every service: lists dead letters and releases them."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Path, Query

from mandegar.database import Row, transaction
from mandegar.lanes.deadletters import list_letters
from mandegar.lanes.release import NotReleased, drop, release
from mandegar.outbox.rows import RELAY
from mandegar.service.context import Context
from mandegar.tokens import Principal
from mandegar.web.access import Router, require
from mandegar.web.acts import Acting, audited
from mandegar.web.dependencies import Ctx, Subscriptions
from mandegar.web.paging import cut
from mandegar.web.problems import Problem, errors

router = Router(prefix="/v1/deadletters", tags=["operations"])
Operations = Annotated[Principal, require("ops", shops="either")]
ID_MAX = 2**63 - 1


def _shop(who: Principal) -> str | None:
    """The shop whose dead letters the token may read; ``None`` for an operator's token, which may read all."""
    return None if who.operator else who.shop


def _kept_until(row: Row, ctx: Context) -> datetime | None:
    """When the dead letter is deleted, or its content if it was not released; None where neither will be."""
    expires = row["has_content"] and row["consumer_group"] != RELAY
    since: datetime | None = row["released_at"] or (row["received_at"] if expires else None)
    return since and since + timedelta(days=ctx.settings.dead_letter_days)


@router.get("", summary="List dead letters, newest first")
async def dead_letters(
    ctx: Ctx,
    who: Operations,
    before: Annotated[int | None, Query(ge=1, le=ID_MAX, description="next_before of the previous page")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Dead letters per page, at most 500")] = 50,
    released: Annotated[bool, Query(description="Include dead letters that were released")] = False,
) -> dict[str, Any]:
    """Records that could not be applied, each with a stable code and a description of the error, without its content.

    A shop's token lists the shop's own dead letters; an operator's token lists all. A released one is deleted at
    `kept_until`. An open one then loses its content and can no longer be released here; it stays listed with the place
    of its record. `has_content` is false from the start for what is above the 10,000 or 64 MiB of a shop.
    """
    async with transaction(ctx.worker) as connection:
        listed = await list_letters(connection, shop=_shop(who), before=before, limit=limit, include_released=released)
    rows, more = cut(listed, limit)
    return {
        "dead_letters": [{**row, "kept_until": _kept_until(row, ctx)} for row in rows],
        "next_before": rows[-1]["id"] if more else None,
        "as_of": ctx.clock.now(),
    }


@router.post(
    "/{letter_id}/release",
    summary="Apply the record of a dead letter again",
    responses=errors((409, "not_released", "it cannot be applied yet, or no open dead letter has this id")),
    openapi_extra=audited("deadletter.release"),
)
async def release_letter(
    ctx: Ctx,
    reads: Subscriptions,
    who: Operations,
    act: Acting,
    letter_id: Annotated[int, Path(ge=1, le=ID_MAX, description="id of the dead letter")],
) -> dict[str, Any]:
    """Applies the record and marks the dead letter released. 409 if it still cannot be applied; it then stays open.

    A letter of the group `relay` is an event that this service could not publish: it is queued for publication again.
    """
    now, partitions = ctx.clock.now(), ctx.settings.partitions
    try:
        await release(ctx.worker, act, reads, letter_id, now, partitions, shop=_shop(who))
    except NotReleased as error:
        raise Problem(409, "not_released", "The dead letter was not released", str(error)) from error
    ctx.wake_relay()
    ctx.wake_timer()
    return {"id": letter_id, "released": True}


@router.post(
    "/{letter_id}/drop",
    summary="Delete a dead letter for good",
    responses=errors((409, "not_dropped", "no open dead letter has this id")),
    openapi_extra=audited("deadletter.drop"),
)
async def drop_letter(
    ctx: Ctx,
    who: Operations,
    act: Acting,
    letter_id: Annotated[int, Path(ge=1, le=ID_MAX, description="id of the dead letter")],
) -> dict[str, Any]:
    """Its record is never applied or published. 409 if there is no open dead letter with this id."""
    try:
        await drop(ctx.worker, act, letter_id, shop=_shop(who))
    except NotReleased as error:
        raise Problem(409, "not_dropped", "The dead letter was not dropped", str(error)) from error
    return {"id": letter_id, "dropped": True}
