"""Why draws that are due were not held."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal

from loyalty.domain.timed_draws import TimedDraw
from loyalty.draws.schemas import LateDraw
from mandegar.quantities import from_us

NOT_HELD_MAX = 20


def not_held(
    draws: Sequence[TimedDraw], held: Mapping[str, datetime], crowded: Collection[str], now: int
) -> list[LateDraw]:
    """The draws that are due or have a name that was used, less those that were ``held``, which are names with ends.

    ``crowded`` are those that had too many entrants when they were tried last.
    """
    late: list[LateDraw] = []
    for draw in draws:
        end = from_us(draw.end)
        if held.get(draw.name) == end or (draw.at > now and draw.name not in held) or len(late) == NOT_HELD_MAX:
            continue
        reason: Literal["too_many_entrants", "name_used", "waits"] = "waits"
        if draw.name in held:
            reason = "name_used"
        elif draw.name in crowded:
            reason = "too_many_entrants"
        late.append(LateDraw(draw=draw.name, ends_at=end, due_at=from_us(draw.at), reason=reason))
    return late
