"""Quiet hours: a daily window of the customer's wall clock in which nothing is sent."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``start`` until ``end`` of the wall clock; over midnight when ``start`` is the later one."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ValueError("quiet hours need a start and an end that differ")


def parse(text: str) -> QuietHours | None:
    """``"21:00-09:00"`` as a window, ``""`` as none at all; ``ValueError`` for anything else."""
    if not text:
        return None
    start, dash, end = text.partition("-")
    if not dash:
        raise ValueError("quiet hours look like 21:00-09:00")
    return QuietHours(time.fromisoformat(start.strip()), time.fromisoformat(end.strip()))


def next_allowed(at: datetime, zone: tzinfo, quiet: QuietHours | None) -> datetime:
    """``at`` itself when sending is allowed then, else the end of the window it falls into (UTC).

    A wall time that exists twice or never (the clock is moved) counts from its earlier reading as a start and from its
    later one as an end: in doubt it is quiet.
    """
    if quiet is None:
        return at
    today = at.astimezone(zone).date()
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        start, end = _window(day, zone, quiet)
        if start <= at < end:
            return end
    return at


def _window(day: date, zone: tzinfo, quiet: QuietHours) -> tuple[datetime, datetime]:
    last = day if quiet.start < quiet.end else day + timedelta(days=1)
    return min(_readings(day, quiet.start, zone)), max(_readings(last, quiet.end, zone))


def _readings(day: date, wall: time, zone: tzinfo) -> tuple[datetime, datetime]:
    earlier, later = (datetime.combine(day, wall.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return earlier, later


def zone_of(*names: str | None) -> ZoneInfo | None:
    """The first name that is a known zone: the customer's before the shop's. None when there is no such zone."""
    for name in names:
        if name:
            try:
                return ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                continue
    return None
