"""What is remembered of a customer, as the bytes of a row: the statistics of their purchases.

It is a pure function of the orders and the zone under which the row was computed. It begins with a checksum of both: a
process of an earlier release writes them alone, and what was remembered then counts no more.
"""

from functools import lru_cache
from struct import Struct
from zlib import crc32

from churn.domain.purchases import Statistics
from mandegar.calendar import ShopDays

_CHECK = Struct("<I")
# x, days of the first and last purchase; latest order; of the last purchase; of the one before; of all orders.
_FIELDS = Struct("<3iqQIqIiqI16s")


def pack_remembered(statistics: Statistics | None, orders: bytes, zone: str) -> bytes:
    """The bytes of what is remembered beside a pack of orders and a zone."""
    check, s = _check(orders, zone), statistics
    if s is None:
        return check
    return check + _FIELDS.pack(
        s.x, s.first_day, s.last_day, s.last_at_us, s.last_net, s.last_orders, s.day_at_us, s.day_orders,
        s.previous_day, s.previous_at_us, s.orders, s.net.to_bytes(16, "little"),
    )  # fmt: skip


def unpack_remembered(data: bytes | None, orders: bytes, days: ShopDays) -> tuple[bool, Statistics | None]:
    """Whether what is remembered is that of the orders and of the calendar of the row, and if so, what."""
    if not data or data[: _CHECK.size] != _check(orders, days.zone.key):
        return False, None
    if len(data) == _CHECK.size:
        return True, None
    (
        x, first_day, last_day, last_at_us, last_net, last_orders, day_at_us, day_orders, previous_day, previous_at_us,
        number, net,
    ) = _FIELDS.unpack_from(data, _CHECK.size)  # fmt: skip
    return True, Statistics(
        x, first_day, last_day, days.end_of(last_day), last_at_us, number, int.from_bytes(net, "little"),
        last_net, last_orders, day_at_us, day_orders, previous_day, previous_at_us,
    )  # fmt: skip


def _check(orders: bytes, zone: str) -> bytes:
    return _CHECK.pack(crc32(orders, _of_zone(zone)))


@lru_cache(maxsize=1024)
def _of_zone(zone: str) -> int:
    return crc32(zone.encode())
