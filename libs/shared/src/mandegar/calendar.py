"""The days of a shop: at which instant each begins where the shop is. Points expire at such midnights."""

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from loyalty.domain.quantities import DAY, instant

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class ShopDays:
    """The calendar of one zone; days are numbered like ``date.toordinal``."""

    __slots__ = ("_starts", "_zone")

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._starts: dict[int, int] = {}

    def start_of(self, day: int) -> int:
        """The first instant of a day. Where clocks skip midnight, the instant of the skip."""
        start = self._starts.get(day)
        if start is None:
            midnight = datetime.combine(date.fromordinal(day), datetime.min.time(), tzinfo=self._zone)
            start = self._starts[day] = instant(midnight.astimezone(UTC))
        return start

    def day_of(self, at: int) -> int:
        """The day on which an instant falls."""
        day = at // DAY + _EPOCH_ORDINAL
        while self.start_of(day) > at:
            day -= 1
        while self.start_of(day + 1) <= at:
            day += 1
        return day

    def end_after(self, at: int, days: int) -> int:
        """The midnight that ends the day ``days`` after the one on which ``at`` falls."""
        return self.start_of(self.day_of(at) + days + 1)


@lru_cache(maxsize=1024)
def shop_days(zone: str) -> ShopDays:
    """The calendar of an IANA zone; ``ValueError`` or ``KeyError`` for a name that is none."""
    return ShopDays(ZoneInfo(zone))
