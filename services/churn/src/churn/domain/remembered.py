"""What is remembered of a customer, as the bytes of a row: the statistics of their purchases, and since when of health.

It is a pure function of the orders, and of the row's zone and model. It begins with a checksum of orders and zone: a
process of an earlier release writes them alone, and what was remembered then counts no more. Nor does what it has
remembered itself, because the rhythm is missing.
"""

from functools import lru_cache
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

from churn.domain.forecast.rhythm import CLOCKS, HALF_LIVES_DAYS, Rhythm
from churn.domain.purchases import Statistics
from mandegar.calendar import ShopDays

_CHECK = Struct("<I")
# x, days of the first and last purchase; latest order; last purchase; the one before; health and model; all orders.
_FIELDS = Struct("<3iqQIqIiqqqI16s")
# Behind them, which a process of an earlier release reads alone: the sums over gaps, and the decayed counts.
_RHYTHM = Struct(f"<{len(CLOCKS)}d2d{len(HALF_LIVES_DAYS)}d")
_FORMER_SIZE: Final = _CHECK.size + _FIELDS.size + _RHYTHM.size
# Behind these, of who bought several times on the last day, the net of that day; of one order it is that order's.
_NET_SIZE: Final = 16
_UNKNOWN: Final = -(2**63)


class Remembered(NamedTuple):
    """``statistics`` is None without a purchase; ``healthy_since`` depends on the model, and may not be known."""

    statistics: Statistics | None
    healthy_since: int | None
    model_version: int


def pack_remembered(remembered: Remembered, orders: bytes, zone: str) -> bytes:
    """The bytes of what is remembered beside a pack of orders and a zone."""
    s, since, version = remembered
    if s is None:
        return _check(orders, zone)
    sums = (*s.rhythm.warped, s.rhythm.log_gaps, s.rhythm.squared_gaps, *s.rhythm.decayed)
    of_day = s.day_net.to_bytes(_NET_SIZE, "little") if s.day_orders > 1 else b""
    return _check(orders, zone) + _FIELDS.pack(
        s.x, s.first_day, s.last_day, s.last_at_us, s.last_net, s.last_orders, s.day_at_us, s.day_orders,
        s.previous_day, s.previous_at_us, _UNKNOWN if since is None else since, version,
        s.orders, s.net.to_bytes(16, "little"),
    ) + _RHYTHM.pack(*sums) + of_day  # fmt: skip


def unpack_remembered(data: bytes | None, orders: bytes, days: ShopDays) -> Remembered | None:
    """What is remembered, under the calendar of the row; None if it is not that of the orders and of this calendar."""
    if not data or data[: _CHECK.size] != _check(orders, days.zone.key):
        return None
    if len(data) == _CHECK.size:
        return Remembered(None, None, 0)
    if len(data) not in (_FORMER_SIZE, _FORMER_SIZE + _NET_SIZE):
        return None
    (
        x, first_day, last_day, last_at_us, last_net, last_orders, day_at_us, day_orders, previous_day, previous_at_us,
        since, version, number, net,
    ) = _FIELDS.unpack_from(data, _CHECK.size)  # fmt: skip
    if (day_orders > 1) is not (len(data) > _FORMER_SIZE):
        return None  # of a release that knew no net of a day with several orders
    day_net = int.from_bytes(data[_FORMER_SIZE:], "little") if day_orders > 1 else last_net
    sums = _RHYTHM.unpack_from(data, _CHECK.size + _FIELDS.size)
    clocks = len(CLOCKS)
    rhythm = Rhythm(x, last_day - first_day, sums[:clocks], sums[clocks], sums[clocks + 1], sums[clocks + 2 :])
    statistics = Statistics(
        x, first_day, last_day, days.end_of(last_day), last_at_us, number, int.from_bytes(net, "little"),
        last_net, last_orders, day_at_us, day_orders, day_net, previous_day, previous_at_us, rhythm,
    )  # fmt: skip
    return Remembered(statistics, None if since == _UNKNOWN else since, version)


def _check(orders: bytes, zone: str) -> bytes:
    return _CHECK.pack(crc32(orders, _of_zone(zone)))


@lru_cache(maxsize=1024)
def _of_zone(zone: str) -> int:
    return crc32(zone.encode())
