"""The days of a shop: the instants at which each begins and ends in the shop's zone."""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from mandegar.quantities import DAY_US, from_us, to_us

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DAYS_MAX: Final = 50_000


class ShopDays:
    """The calendar of one zone; days are numbered like ``date.toordinal``, instants are in microseconds."""

    __slots__ = ("_starts", "zone")

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._starts: dict[int, int] = {}

    def start_of(self, day: int) -> int:
        """The first instant of a day. Where daylight saving time skips midnight, the instant of the skip."""
        start = self._starts.get(day)
        if start is None:
            if len(self._starts) >= _DAYS_MAX:  # bounds the cache: events may name any day of any century
                self._starts.clear()
            midnight = datetime.combine(date.fromordinal(day), datetime.min.time(), tzinfo=self.zone)
            start = self._starts[day] = to_us(midnight.astimezone(UTC))
        return start

    def end_of(self, day: int) -> int:
        """The first instant after a day."""
        return self.start_of(day + 1)

    def day_of(self, instant_us: int) -> int:
        """The day on which an instant falls."""
        day = instant_us // DAY_US + _EPOCH_ORDINAL
        while self.start_of(day) > instant_us:
            day -= 1
        while self.start_of(day + 1) <= instant_us:
            day += 1
        return day

    def minute_of(self, instant_us: int) -> int:
        """The minute of the day that clocks show at an instant."""
        local = from_us(instant_us).astimezone(self.zone)
        return local.hour * 60 + local.minute


@lru_cache(maxsize=1024)
def shop_days(zone: str) -> ShopDays:
    """The calendar of an IANA zone; ``ValueError`` or ``KeyError`` for an unknown name."""
    return ShopDays(ZoneInfo(zone))
