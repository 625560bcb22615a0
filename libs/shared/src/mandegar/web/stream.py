"""``/v1/stream`` on every service: what was applied, how far behind it is, what waits, in one look."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from mandegar.database import transaction
from mandegar.lanes.deadletters import count_open
from mandegar.lanes.tally import applied_counts
from mandegar.outbox.rows import outbox_backlog
from mandegar.tokens import Principal
from mandegar.web.access import require
from mandegar.web.dependencies import Ctx, RunningLanes
from mandegar.web.problems import Problem

router = APIRouter(prefix="/v1/stream", tags=["operations"])


async def operator(who: Annotated[Principal, Depends(require("ops"))]) -> Principal:
    """Whoever runs all of it; a shop's own key does not."""
    if not who.operator:
        raise Problem(403, "forbidden", "This is about all shops: it needs a token that the operator signed")
    return who


@router.get("", summary="Events applied by type, records behind, outbox and dead letters")
async def stream(ctx: Ctx, running: RunningLanes, _: Annotated[Principal, Depends(operator)]) -> dict[str, Any]:
    async with transaction(ctx.worker) as connection:
        applied = await applied_counts(connection)
        outbox = await outbox_backlog(connection)
        open_letters = await count_open(connection)
    return {
        "groups": {
            group: {
                "applied": applied.get(group, {}),
                "lag_records": await lanes.lag(),
                "lag_seconds": await lanes.backlog.measure(group),
                "brake": lanes.brake.engaged,
            }
            for group, lanes in running.items()
        },
        "outbox": {"rows": outbox.rows, "age": outbox.age_seconds},
        "dead_letters": open_letters,
        "as_of": ctx.clock.now(),
    }


@router.post("/{group}/release-brake", summary="Let a group go on that refused most of what it read")
async def release_brake(
    running: RunningLanes, group: str, _: Annotated[Principal, Depends(operator)]
) -> dict[str, Any]:
    """For one window (``MANDEGAR_BRAKE_SECONDS``) whatever cannot be applied becomes dead letters again."""
    lanes = running.get(group)
    if lanes is None:
        raise Problem(404, "unknown_group", "This process runs no such group")
    if lanes.brake.engaged is None:
        raise Problem(409, "not_braked", "The brake has not fallen")
    lanes.brake.release()
    return {"group": group, "released": True}
