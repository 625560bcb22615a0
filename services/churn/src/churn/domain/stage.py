"""The stage of a customer's journey with the shop; docs/churn.md has the definitions, with an example of each.

A function of what is kept of the customer anyway, and of the day: visits and carts, orders and the band, tickets, and
what they last said of the shop. Visits and carts are of days of UTC, all else of days of the shop.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple

from churn.domain.customer import Customer
from churn.domain.purchases import Statistics
from churn.domain.segments.periods import LAST
from churn.domain.signals.experience import GLAD, SECOND_US, WORDS, Fact
from churn.domain.signals.state import NOTHING, Signals, unpack_signals
from churn.domain.signals.visited import after
from mandegar.calendar import ShopDays
from mandegar.events.churn import FIRST_STAGE, Band, Stage
from mandegar.quantities import DAY_US

# How many days ago something may be at most to count.
CART_DAYS: Final = 14
VISIT_DAYS: Final = 60
TICKET_DAYS: Final = 30
PRAISE_DAYS: Final = 365
# So many days with a visit make a visitor somebody who considers.
VISITS_MIN: Final = 2
# Of four stars, and of two; what only sounds glad or unhappy is less, and no word.
WORD_HUNDREDTHS: Final = 50
NEVER: Final = LAST
# Where mere visits change nothing.
OF_BUYERS: Final[frozenset[Stage]] = frozenset({"service", "loyalty", "advocacy"})

_DAY_0: Final = date(1970, 1, 1).toordinal()
_REVIEWS: Final = frozenset({"praised", "reviewed"})


class Placed(NamedTuple):
    """A stage. ``since`` is the last day that changed something by beginning, None if none has; ``until`` is the first
    day that will, ``NEVER`` if none."""

    stage: Stage
    since: int | None
    until: int


def stage_of(customer: Customer, days: ShopDays, at_us: int) -> Placed:
    """The stage of a customer at an instant, in the band that was published last."""
    return stage_at(customer.signals, customer.statistics, customer.band, days, at_us)


def stage_at(signals: bytes, statistics: Statistics | None, band: Band | None, days: ShopDays, at_us: int) -> Placed:
    """The stage of who has these signals and purchases, and is in a band."""
    today, known = days.day_of(at_us), unpack_signals(signals) if signals else NOTHING
    if statistics is None or band == "lost":
        return _before_an_order(known, statistics, today)
    by_orders: Stage = "loyalty" if statistics.x else "service"
    if not known.facts:
        return Placed(by_orders, None, NEVER)
    return _first_of([*_of_buyer(known.facts, band, days)], by_orders, today)


def _before_an_order(signals: Signals, last: Statistics | None, today: int) -> Placed:
    """Of who has not bought, or is lost: only what came behind the day of the last order counts."""
    ordered = -1 if last is None else last.last_at_us // DAY_US
    visited = after(signals.visited, ordered)
    carts = [day for one in signals.facts if one.kind == "carted" and (day := _utc_day(one)) > ordered]
    ends: list[tuple[Stage, int]] = []
    if carts:
        ends.append(("decision", _DAY_0 + max(carts) + CART_DAYS + 1))
    if visited.number >= VISITS_MIN:
        ends.append(("consideration", _DAY_0 + visited.last + VISIT_DAYS + 1))
    return _first_of(ends, FIRST_STAGE, today)


def _of_buyer(facts: Iterable[Fact], band: Band | None, days: ShopDays) -> Iterator[tuple[Stage, int]]:
    """The stages that tickets and words put a buyer into, each with the day on which it ends."""
    closed: dict[int, int] = {}
    opened: dict[int, int] = {}
    words: list[Fact] = []
    for one in facts:
        if one.kind == "ticket_closed":
            closed[one.key] = max(one.at, closed.get(one.key, 0))
        elif one.kind == "ticket_opened":
            opened[one.key] = max(one.at, opened.get(one.key, 0))
        elif one.kind in WORDS and (one.hundredths >= WORD_HUNDREDTHS or one.kind not in _REVIEWS):
            words.append(one)
    waiting = [at for key, at in opened.items() if closed.get(key, -1) < at]
    if waiting:
        yield "service", days.day_of(max(waiting) * SECOND_US) + TICKET_DAYS + 1
    word = max(words, default=None)
    if word is not None and word.kind in GLAD and band != "at_risk":
        yield "advocacy", days.day_of(word.at * SECOND_US) + PRAISE_DAYS + 1


def _first_of(ends: list[tuple[Stage, int]], otherwise: Stage, today: int) -> Placed:
    """The first stage that has not ended; the days on which those before it did are what has changed it."""
    over = None
    for stage, end in ends:
        if today < end:
            return Placed(stage, over, end)
        over = end if over is None else max(over, end)
    return Placed(otherwise, over, NEVER)


def _utc_day(one: Fact) -> int:
    return one.at * SECOND_US // DAY_US
