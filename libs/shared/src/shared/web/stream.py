"""``/v1/stream`` on every service: what was applied, how far behind it is, what waits, in one look."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from shared.database import transaction
from shared.messaging.outbox import Pending
from shared.messaging.tally import applied_counts
from shared.tokens import Principal
from shared.web.access import require
from shared.web.dependencies import Ctx
from shared.web.problems import Problem

router = APIRouter(prefix="/v1/stream", tags=["operations"])


@router.get("", summary="Events applied by type, records behind, outbox and dead letters")
async def stream(ctx: Ctx, who: Annotated[Principal, Depends(require("ops"))]) -> dict[str, Any]:
    if not who.operator:
        raise Problem(403, "forbidden", "These counts are of all shops: they need a token that the operator signed")
    async with transaction(ctx.worker) as connection:
        applied = await applied_counts(connection)
        outbox = await connection.fetchrow(Pending.BACKLOG)
        open_letters = await connection.fetchval("SELECT count(*) FROM dead_letters WHERE released_at IS NULL")
    return {
        "groups": {
            group: {"applied": applied.get(group, {}), "lag_records": await lanes.lag()}
            for group, lanes in ctx.lanes.items()
        },
        "outbox": dict(outbox) if outbox else {},
        "dead_letters": open_letters,
        "as_of": ctx.clock.now(),
    }
