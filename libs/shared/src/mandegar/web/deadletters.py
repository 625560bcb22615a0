"""``/v1/deadletters`` on every service: what could not be applied, why, and applying it again."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from mandegar.database import transaction
from mandegar.lanes.deadletters import list_letters
from mandegar.lanes.release import NotReleased, release
from mandegar.tokens import Principal
from mandegar.web.access import require
from mandegar.web.dependencies import Ctx, Subscriptions
from mandegar.web.problems import Problem

router = APIRouter(prefix="/v1/deadletters", tags=["operations"])
Who = Annotated[Principal, Depends(require("ops"))]
ID_MAX = 2**63 - 1


def _shop(who: Principal) -> str | None:
    """The one shop whose letters may be seen; a shop's own key does not show those of others, or of nobody."""
    return None if who.operator else who.shop


@router.get("", summary="Dead letters with their cause, newest first")
async def dead_letters(
    ctx: Ctx,
    who: Who,
    before: Annotated[int | None, Query(ge=1, le=ID_MAX)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    released: bool = False,
) -> dict[str, Any]:
    async with transaction(ctx.worker) as connection:
        rows = await list_letters(connection, shop=_shop(who), before=before, limit=limit, include_released=released)
    return {
        "dead_letters": [dict(row) for row in rows],
        "next_before": rows[-1]["id"] if len(rows) == limit else None,
        "as_of": ctx.clock.now(),
    }


@router.post("/{letter_id}/release", summary="Apply a dead letter again, in place")
async def release_letter(
    ctx: Ctx, reads: Subscriptions, who: Who, letter_id: Annotated[int, Path(ge=1, le=ID_MAX)]
) -> dict[str, Any]:
    now, partitions = ctx.clock.now(), ctx.settings.partitions
    try:
        await release(ctx.worker, reads, letter_id, now, partitions, shop=_shop(who))
    except NotReleased as error:
        raise Problem(409, "not_released", "The dead letter stays", str(error)) from error
    ctx.wake_relay()
    ctx.wake_timer()
    return {"id": letter_id, "released": True}
