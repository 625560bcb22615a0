"""Draws that are held by themselves: which ones, when, and under which seed follows from the versions of a programme.

A draw of each period has a seed of its own, which follows from that of the rule and the name under which it is held.
Whoever knows the seed of one period knows that of no other.
"""

import hmac
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import NamedTuple

from loyalty.domain.act_rules import ActRule, Draw
from loyalty.domain.calendars import JALALI_MONTH, MONTH, number_of
from loyalty.domain.programme import Programme
from loyalty.domain.zones import ShopZones
from mandegar.quantities import DAY_US, to_us

# So long ago a draw may have been due that was not held yet, for instance because no process ran.
MISSED_MAX = 400 * DAY_US
# Draws begin in 1970 at the earliest and end by then at the latest.
LAST_END = to_us(datetime(2200, 1, 1, tzinfo=UTC))
_PERIOD_DAYS = 32
_NEVER = 2**63


class TimedDraw(NamedTuple):
    """A draw that is held ``at`` an instant among those who earned points from ``begin`` until just before ``end``.

    ``name`` is that of its ``rule``, of a draw for each period followed by ``:`` and the period. ``version`` is the
    programme that was in force just before the end, which pays the winners.
    """

    name: str
    rule: ActRule
    version: int
    begin: int
    end: int
    at: int
    winners: int
    seed: str


def seed_of(seed: str, name: str) -> str:
    """The seed of one period's draw: the HMAC-SHA256 of its name under the seed of the rule, in hexadecimal digits."""
    return hmac.digest(seed.encode(), name.encode(), sha256).hex()


def timed_draws(programmes: Sequence[Programme], zones: ShopZones, now: int) -> list[TimedDraw]:
    """The draws that were due up to now, and of each rule the next one or two, in the order in which they are due.

    ``programmes`` are the versions of a shop, ascending by ``effective_from``.
    """
    found: list[TimedDraw] = []
    # Since when the shop has had a draw of each period with its seed: it is not chosen once entrants are known.
    had_since: dict[tuple[str, str, str], int] = {}
    for place, programme in enumerate(programmes):
        ends = programmes[place + 1].effective_from if place + 1 < len(programmes) else _NEVER
        acts = programme.acts
        since = max(programme.effective_from, acts.since or 0) if acts is not None else ends
        for rule in acts.rules if acts is not None else ():
            draw = rule.draw
            if draw is None or not draw.seed:
                continue
            key = rule.name, draw.each, draw.seed
            known = had_since[key] = min(had_since.get(key, since), since)
            earliest = max(since, now - MISSED_MAX - draw.wait)
            once = [(rule.name, draw.begin, draw.end, draw.seed)]
            for name, begin, end, seed in (
                _periods(rule.name, draw, zones, earliest, min(ends, LAST_END), now) if draw.each else once
            ):
                stood = not draw.each or known <= begin
                if earliest < end <= min(ends, LAST_END) and begin >= 0 and stood:
                    drawn = TimedDraw(name, rule, programme.version, begin, end, end + draw.wait, draw.winners, seed)
                    found.append(drawn)
    return sorted(found, key=lambda one: (one.at, one.name))


def _periods(
    name: str, draw: Draw, zones: ShopZones, since: int, until: int, now: int
) -> Iterator[tuple[str, int, int, str]]:
    """The periods from that of an instant on that end by another, up to the first to come behind the present one."""
    if since >= until:
        return
    day = zones.day_of(since)
    while number_of(day - 1, draw.each) == number_of(day, draw.each):
        day -= 1
    ahead = 2
    while ahead:
        number, first = number_of(day, draw.each), day
        day = next(later for later in range(first + 1, first + _PERIOD_DAYS) if number_of(later, draw.each) != number)
        begin, end = zones.start_of(first), zones.start_of(day)
        if end > until:
            return
        ahead -= end + draw.wait > now
        named = f"{name}:{_label(draw.each, number, first)}"
        yield named, begin, end, seed_of(draw.seed, named)


def _label(per: str, number: int, first: int) -> str:
    """The name of a period: its month in its calendar, or the first day of its week."""
    if per in {MONTH, JALALI_MONTH}:
        return f"{number // 12:04}-{number % 12 + 1:02}"
    return date.fromordinal(first).isoformat()
