"""A customer's turnover: how many orders that count were paid in each month, and what they are worth net.

It is a sum over orders, so a change of one order changes it in place, whatever came before. Months of the Gregorian and
of the Jalali calendar overlap; a span is what is common to one of each, so that both calendars can be made of the same
numbers. A span is named by its first day, a proleptic ordinal in the shop's zone.

Its bytes begin with a checksum of the orders and the zone that it was made of: a process of a release without turnover
writes orders alone, and what was stored before then counts no more.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from struct import Struct
from typing import Final, NamedTuple, TypeAlias
from zlib import crc32

from churn.domain.purchases import Paid
from mandegar.calendar import ShopDays
from mandegar.months import CALENDARS, FIRST_DAY, LAST_DAY, month_of


class Sum(NamedTuple):
    """Orders of one span or month, and their net in units."""

    orders: int
    net: int


Turnover: TypeAlias = dict[int, Sum]

NOTHING: Final = Sum(0, 0)

_CHECK = Struct("<I")
# Day, orders, net in two halves.
_SPAN = Struct("<iIQQ")
_HALF: Final = 64
_LOW: Final = (1 << _HALF) - 1


@lru_cache(maxsize=50_000)
def span_of(day: int) -> int:
    """The first day of the span with a day; a day beyond the calendars belongs to the first or last one."""
    inside = min(max(date.fromordinal(day), FIRST_DAY), LAST_DAY)
    return max(max(month_of(inside, calendar).first for calendar in CALENDARS), FIRST_DAY).toordinal()


def turnover_of(paid: Iterable[Paid], days: ShopDays) -> Turnover:
    """The turnover of all orders that count."""
    turnover: Turnover = {}
    for one in paid:
        add(turnover, one, 1, days)
    return turnover


def change(turnover: Turnover, before: Paid | None, after: Paid | None, days: ShopDays) -> None:
    """Apply that an order counts as ``after`` where it counted as ``before``."""
    if before is not None:
        add(turnover, before, -1, days)
    if after is not None:
        add(turnover, after, 1, days)


def add(turnover: Turnover, paid: Paid, times: int, days: ShopDays) -> None:
    """Add an order, or take it away with ``times`` -1."""
    span = span_of(days.day_of(paid.at_us))
    orders, net = turnover.get(span, NOTHING)
    if orders + times:
        turnover[span] = Sum(orders + times, net + times * paid.net)
    else:
        del turnover[span]


def pack_turnover(turnover: Mapping[int, Sum]) -> bytes:
    """The spans of a turnover, as they lie in a row behind what ``stamp`` returns."""
    spans = (_SPAN.pack(day, number, net & _LOW, net >> _HALF) for day, (number, net) in sorted(turnover.items()))
    return b"".join(spans)


def stamp(orders: bytes, zone: str) -> bytes:
    """What a turnover begins with that was made of a pack of orders under a zone."""
    return _CHECK.pack(crc32(orders, crc32(zone.encode())))


def spans_in(data: bytes) -> bytes:
    """The spans in the bytes of a row."""
    return data[_CHECK.size :]


def unpack_turnover(data: bytes) -> Turnover:
    """The turnover in the bytes of a row, whatever orders it was made of."""
    return unpack_spans(spans_in(data))


def unpack_spans(data: bytes) -> Turnover:
    """The turnover of spans, as ``pack_turnover`` gives them."""
    spans = _SPAN.iter_unpack(data)
    return {day: Sum(number, low | high << _HALF) for day, number, low, high in spans}
