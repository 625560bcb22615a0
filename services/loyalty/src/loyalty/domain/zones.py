"""The calendars that a shop has had, and when points expire under them.

The last day of a lot is counted once, in the zone that was in force at the payment, and a later zone does not change
it. The day ends in the zone that is in force by then: a new zone moves the midnights to come by hours, and none that
has passed.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from mandegar.calendar import ShopDays


class Expiry(NamedTuple):
    """When points expire, and the midnights that end their last day in each zone of the shop: what warnings named.

    ``last_day`` is that day, numbered like ``date.toordinal``.
    """

    at: int
    midnights: tuple[int, ...]
    last_day: int


class ShopZones:
    """The calendars of a shop, each with the instant since which it is in force; the first always was."""

    __slots__ = ("_begins", "_calendars", "periods")

    def __init__(self, periods: Sequence[tuple[int, ShopDays]]) -> None:
        # Each zone and its begin, as text: two shops with the same calendars have the same.
        self.periods = " ".join(f"{begin} {calendar.zone.key}" for begin, calendar in periods)
        self._begins = [begin for begin, _ in periods]
        self._calendars = [calendar for _, calendar in periods]

    def expiry(self, earned_at: int, active_at: int, days: int) -> Expiry:
        """The expiry of points that were earned at an instant and are usable from ``active_at`` for so many days."""
        if len(self._calendars) == 1:
            last_day = self._calendars[0].day_of(active_at) + days
            at = self._calendars[0].end_of(last_day)
            return Expiry(at, (at,), last_day)
        return self.end_of(self._calendars[self._period(earned_at)].day_of(active_at) + days, active_at)

    def end_of(self, last_day: int, active_at: int) -> Expiry:
        """The expiry of points that are usable from ``active_at`` until the end of a day (a number)."""
        midnights = tuple([calendar.end_of(last_day) for calendar in self._calendars])
        period = self._period(active_at)
        at = max(midnights[period], active_at)
        while period + 1 < len(self._begins) and at > self._begins[period + 1]:
            period += 1
            at = max(midnights[period], self._begins[period], active_at)
        return Expiry(at, midnights, last_day)

    def start_of(self, day: int) -> int:
        """The first instant of a day (a number), in the zone that is in force by then."""
        return self.end_of(day - 1, 0).at

    def until(self, at: int, stated: int) -> Expiry:
        """The expiry of points that are usable until just before an instant, which was stated as ``stated``.

        Their last day is counted in the first zone of the shop, so that a later zone does not change it.
        """
        return Expiry(at, (stated,), self._calendars[0].day_of(at - 1))

    def calendar_at(self, at: int) -> ShopDays:
        """The calendar by which what happened at an instant was settled."""
        return self._calendars[0] if len(self._calendars) == 1 else self._calendars[self._period(at)]

    def day_of(self, at: int) -> int:
        """The day of the shop, a number, on which an instant falls."""
        return self.calendar_at(at).day_of(at)

    def _period(self, at: int) -> int:
        """The period before an instant: what happened at the instant of a change was settled under the zone before."""
        return max(bisect_left(self._begins, at) - 1, 0)


def always(calendar: ShopDays) -> ShopZones:
    """A shop that has had one zone."""
    return ShopZones([(0, calendar)])
