"""What a rule asks of an order: of the moment of its payment, of its customer, of where it was made, of its lines."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from loyalty.domain.windows import JALALI, Hours, Window, weekday
from loyalty.domain.yearly import Near
from loyalty.domain.zones import ShopZones


class Moment(NamedTuple):
    """A moment in the shop's zone: the day, numbered like ``date.toordinal``, and the minute of the day.

    ``birthday`` is where the day lies from that of the customer, if it is known and anybody asks for it.
    """

    day: int
    minute: int
    birthday: Near | None = None


class AroundBirthday(NamedTuple):
    """The days from ``before`` until ``after`` a birthday that is known for ``known_days``."""

    calendar: str
    before: int
    after: int
    known_days: int

    def holds(self, near: Near | None) -> bool:
        """Whether a day is among them."""
        if near is None or near.known_days < self.known_days:
            return False
        return -self.before <= (near.jalali if self.calendar == JALALI else near.gregorian) <= self.after


@dataclass(frozen=True, slots=True)
class When:
    """The conditions of a rule; all of those that are stated must hold. None, or empty: not stated.

    ``tiers`` are indexes. ``min_spend`` is in billionths, of the amount that the rule counts.
    """

    tiers: frozenset[int] | None = None
    first_order: bool | None = None
    channels: frozenset[str] | None = None
    branches: frozenset[str] | None = None
    weekdays: frozenset[int] | None = None
    windows: tuple[Window, ...] = ()
    hours: tuple[Hours, ...] = ()
    categories: frozenset[str] | None = None
    products: frozenset[str] | None = None
    min_spend: int = 0
    birthday: AroundBirthday | None = None

    @property
    def asks_order(self) -> bool:
        """Whether the rule asks for more of an order than its day."""
        asked = (self.tiers, self.first_order, self.channels, self.branches, self.hours or None, self.birthday)
        return any(condition is not None for condition in asked)

    @property
    def asks_lines(self) -> bool:
        """Whether the rule counts some lines only."""
        return self.categories is not None or self.products is not None

    def on_day(self, day: int) -> bool:
        """Whether the rule may apply on a day."""
        if self.weekdays is not None and weekday(day) not in self.weekdays:
            return False
        return not self.windows or any(window.holds(day) for window in self.windows)

    def on_order(
        self, minute: int, tier: int, channel: str, branch: str, birthday: Near | None, *, first: bool
    ) -> bool:
        """Whether the rule applies to an order that was paid on a day of the rule."""
        return (
            (self.tiers is None or tier in self.tiers)
            and (self.first_order is None or self.first_order == first)
            and (self.channels is None or channel in self.channels)
            and (self.branches is None or branch in self.branches)
            and (not self.hours or any(hours.hold(minute) for hours in self.hours))
            and (self.birthday is None or self.birthday.holds(birthday))
        )

    def on_line(self, product: str, category: str) -> bool:
        """Whether the rule counts a line; of what is in no line both are empty."""
        return (self.categories is None or category in self.categories) and (
            self.products is None or product in self.products
        )


@dataclass(frozen=True, slots=True)
class Base:
    """What an order is worth for a rule, before conditions: which parts of it count.

    With ``before_discount`` lines count at their prices. ``items_only`` leaves out what is in no line.
    """

    before_discount: bool = False
    items_only: bool = False
    shipping: bool = True
    tax: bool = True
    gift_cards: bool = True
    paid_with_gift_cards: bool = True
    without_categories: frozenset[str] = frozenset()
    without_products: frozenset[str] = frozenset()


def moment_of(zones: ShopZones, at: int, asks_hours_on: Callable[[int], bool]) -> Moment:
    """The moment of an instant in the zone that the shop had then; the minute only if anybody asks for it."""
    calendar = zones.calendar_at(at)
    day = calendar.day_of(at)
    return Moment(day, calendar.minute_of(at) if asks_hours_on(day) else 0)


def never(when: When, base: Base, days: Iterable[int]) -> str | None:
    """Why conditions never hold together on any of ``days``, if that is so."""
    if not any(when.on_day(day) for day in days):
        return "no day is in its windows and on its weekdays"
    if when.categories is not None and when.categories <= base.without_categories:
        return "all of its categories are excluded"
    if when.products is not None and when.products <= base.without_products:
        return "all of its products are excluded"
    if when.tiers is not None and not when.tiers:
        return "no tier is among its tiers"
    return None
