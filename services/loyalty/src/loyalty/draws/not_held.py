"""Why draws that are due were not held."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from loyalty.domain.draws import ENTRANTS_MAX
from loyalty.domain.timed_draws import TimedDraw
from loyalty.draws.rows import customers_entered
from loyalty.draws.schemas import LateDraw
from mandegar.database import Connection
from mandegar.quantities import from_us

NOT_HELD_MAX = 20


async def not_held(
    connection: Connection, shop: str, draws: Sequence[TimedDraw], held: Mapping[str, datetime], now: int
) -> list[LateDraw]:
    """The draws that are due or have a name that was used, less those that were ``held``, which are names with ends."""
    late: list[LateDraw] = []
    for draw in draws:
        end = from_us(draw.end)
        if held.get(draw.name) == end or (draw.at > now and draw.name not in held) or len(late) == NOT_HELD_MAX:
            continue
        reason: Literal["too_many_entrants", "name_used", "waits"] = "waits"
        if draw.name in held:
            reason = "name_used"
        elif len(await customers_entered(connection, shop, from_us(draw.begin), end, ENTRANTS_MAX + 1)) > ENTRANTS_MAX:
            reason = "too_many_entrants"
        late.append(LateDraw(draw=draw.name, ends_at=end, due_at=from_us(draw.at), reason=reason))
    return late
