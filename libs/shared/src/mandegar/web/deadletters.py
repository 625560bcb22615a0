"""``/v1/deadletters`` on every service: lists dead letters and releases them."""

from typing import Annotated, Any

from fastapi import Path, Query

from mandegar.database import transaction
from mandegar.lanes.deadletters import list_letters
from mandegar.lanes.release import NotReleased, drop, release
from mandegar.tokens import Principal
from mandegar.web.access import Router, require
from mandegar.web.acts import Acting, audited
from mandegar.web.dependencies import Ctx, Subscriptions
from mandegar.web.problems import Problem

router = Router(prefix="/v1/deadletters", tags=["operations"])
Operations = Annotated[Principal, require("ops", shops="either")]
ID_MAX = 2**63 - 1


def _shop(who: Principal) -> str | None:
    """The shop whose dead letters the token may read; ``None`` for an operator's token, which may read all."""
    return None if who.operator else who.shop


@router.get("", summary="List dead letters, newest first")
async def dead_letters(
    ctx: Ctx,
    who: Operations,
    before: Annotated[int | None, Query(ge=1, le=ID_MAX, description="next_before of the previous page")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Dead letters per page")] = 50,
    released: Annotated[bool, Query(description="Include dead letters that were released")] = False,
) -> dict[str, Any]:
    """Records that could not be applied, each with a stable code and a description of the error, without its content.

    A shop's token lists the shop's own dead letters; an operator's token lists all.
    """
    async with transaction(ctx.worker) as connection:
        rows = await list_letters(connection, shop=_shop(who), before=before, limit=limit, include_released=released)
    return {
        "dead_letters": [dict(row) for row in rows],
        "next_before": rows[-1]["id"] if len(rows) == limit else None,
        "as_of": ctx.clock.now(),
    }


@router.post(
    "/{letter_id}/release",
    summary="Apply the record of a dead letter again",
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


@router.post("/{letter_id}/drop", summary="Delete a dead letter for good", openapi_extra=audited("deadletter.drop"))
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
