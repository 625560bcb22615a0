"""An order as the bytes of a record, and the packs of records that earlier releases wrote otherwise.

An order takes 36 bytes, one with numbered versions 44, one with both kinds of versions 60; and 8 more for a statement
that is not as old as the newest snapshot. A refund takes 24: its time is kept because a correction may arrive before
the amount that it corrects.
"""

from struct import Struct
from typing import Final, NamedTuple

from churn.domain.orders import Order, Orders
from churn.domain.purchases import Paid, paid_of
from mandegar.events.orders import (
    BEFORE_ANY,
    ENDED,
    NOT_PAID,
    SILENT,
    STANDS,
    UPDATED,
    NetOrder,
    Newest,
    Numbered,
    Numbers,
    Refund,
)

FORMAT: Final = b"\x03"
# Name of the order, time and total of the newest snapshot, earliest payment, flags, number of refunds.
_ORDER = Struct("<QqQqHH")
_NEWEST = Struct("<qQ")
_WHOLE = Struct("<q")
_REFUND = Struct("<QqQ")
# Of a record, its name, flags and number of refunds alone; and when its newest snapshot was written.
_HEAD = Struct("<Q24xHH")
_WRITTEN = Struct("<8xq")

# Flags of a side: the stage of its newest snapshot, what it says, and whether it said so at another time.
_STAGE: Final = 3
_SAID: Final = 2
_AT_ANOTHER: Final = 1 << 4
_STANDS_SINCE: Final = STANDS << _SAID
# The flags of the numbered side begin here, if both sides have something to say.
_SECOND: Final = 5
_NUMBERED: Final = 1 << 10
_BOTH: Final = 1 << 11

# A time in a pack that is before any.
_NEVER: Final = -(2**63)

# The formats of earlier releases: one version for each order, and refunds with event ids or, before, without times.
EARLIER_FORMATS: Final = {b"\x02": Struct("<QqQQ"), b"\x01": Struct("<QQ")}
_EARLIER_ORDER = Struct("<QqQQqBH")
# Versions of theirs that were times in microseconds: from 1973 to 2099. All others were numbers.
_TIMES: Final = range(10**14, 41 * 10**14)


class _Side(NamedTuple):
    """The numbered events of an order, or the others: their newest snapshot, what they say, and since when."""

    newest: Newest
    said: int
    said_at: int


def pack_order(name: int, order: Order) -> bytes:
    """The record of an order; the same order gives the same bytes."""
    written, refunds = order.written, order.refunds
    count = len(refunds) if refunds else 0
    if order.stated == 2 * written and order.numbers is None and order.stage:
        record = _ORDER.pack(name, written, order.total, order.paid_at, order.stage | _STANDS_SINCE, count)
    else:
        record = _packed(name, order, count)
    if refunds:
        record += b"".join([_REFUND.pack(refund, *refunds[refund]) for refund in sorted(refunds)])
    return record


def order_of(data: bytes) -> Order:
    """The order of a record."""
    _, written, total, paid_at, flags, refunds = _ORDER.unpack_from(data)
    order: Order
    offset = _ORDER.size
    if flags & ~_STAGE == _STANDS_SINCE:
        order = NetOrder(written, flags & _STAGE, total, 2 * written, paid_at)
    elif flags & _NUMBERED:
        order = NetOrder(paid_at=paid_at)
        offset = _read_numbers(order, written, total, flags, data, offset)
    else:
        newest, said, said_at, offset = _read_side(written, total, flags, data, offset)
        order = NetOrder(newest.written, newest.stage, total, _stated(said, said_at), paid_at)
    if refunds:
        _set_refunds(order, {name: Refund(*refund) for name, *refund in _REFUND.iter_unpack(data[offset:])})
    return order


def paid_of_record(data: bytes) -> Paid | None:
    """What the order of a record adds to the purchases, if it counts; most records need not be decoded for it."""
    _, _, total, paid_at, flags, refunds = _ORDER.unpack_from(data)
    if flags & ~_STAGE == _STANDS_SINCE and not refunds:
        return None if paid_at == NOT_PAID else Paid(paid_at, total)
    return paid_of(order_of(data))


def written_of(data: bytes) -> int:
    """When the newest snapshot in a record was written."""
    written: int = _WRITTEN.unpack_from(data)[0]
    return written


def records_of(data: bytes, offset: int) -> dict[int, bytes]:
    """The records that lie one behind the other from ``offset`` on, by the names of their orders."""
    records, end, size, head = {}, len(data), _ORDER.size, _HEAD.unpack_from
    while offset < end:
        name, flags, refunds = head(data, offset)
        stop = offset + size + refunds * _REFUND.size
        if flags & ~_STAGE != _STANDS_SINCE:
            stop += _bytes_behind(flags)
        records[name] = data[offset:stop]
        offset = stop
    return records


def _bytes_behind(flags: int) -> int:
    """How many bytes lie behind a record, without its refunds."""
    count = _WHOLE.size if flags & _AT_ANOTHER else 0
    if flags & _NUMBERED:
        count += _WHOLE.size
    if flags & _BOTH:
        count += _NEWEST.size + (_WHOLE.size if flags >> _SECOND & _AT_ANOTHER else 0)
    return count


def _packed(key: int, order: Order, refunds: int) -> bytes:
    """The record of an order, with what lies behind it."""
    if order.numbers is None:
        first = _side(Newest(order.written, order.stage, -order.total), order.stated)
        flags, behind = _side_flags(first)
    else:
        numbered, newest, stated = order.numbers
        first, second = _side(newest, stated), _Side(numbered.newest, numbered.said, numbered.said_at)
        flags, behind = _side_flags(first)
        if flags:
            more, said_at = _side_flags(second)
            flags |= more << _SECOND | _BOTH
            behind += _NEWEST.pack(max(second.newest.written, _NEVER), -second.newest.less) + said_at
        else:
            first = second
            flags, behind = _side_flags(first)
        flags |= _NUMBERED
        behind = _WHOLE.pack(numbered.number) + behind
    written = max(first.newest.written, _NEVER)
    return _ORDER.pack(key, written, -first.newest.less, order.paid_at, flags, refunds) + behind


def _side(newest: Newest, stated: int) -> _Side:
    """The side of the events without a number."""
    if stated < 2 * _NEVER:
        return _Side(newest, SILENT, newest.written)
    return _Side(newest, ENDED if stated & 1 else STANDS, stated >> 1)


def _side_flags(side: _Side) -> tuple[int, bytes]:
    """The flags of a side, and the time of what it says if that is another than that of its newest snapshot."""
    flags = side.newest.stage | side.said << _SAID
    if side.said_at == side.newest.written:
        return flags, b""
    return flags | _AT_ANOTHER, _WHOLE.pack(max(side.said_at, _NEVER))


def _read_numbers(order: Order, written: int, total: int, flags: int, data: bytes, offset: int) -> int:
    """Set what the numbered events of an order say, and the others, from behind its record; returns where that ends."""
    (number,) = _WHOLE.unpack_from(data, offset)
    newest, said, said_at, offset = _read_side(written, total, flags, data, offset + _WHOLE.size)
    if not flags & _BOTH:
        order.stand_beside(Numbers(Numbered(number, newest, said, said_at), Newest(), 2 * BEFORE_ANY))
        return offset
    others, stated = newest, _stated(said, said_at)
    written, total = _NEWEST.unpack_from(data, offset)
    newest, said, said_at, offset = _read_side(written, total, flags >> _SECOND, data, offset + _NEWEST.size)
    order.stand_beside(Numbers(Numbered(number, newest, said, said_at), others, stated))
    return offset


def _read_side(written: int, total: int, flags: int, data: bytes, offset: int) -> tuple[Newest, int, int, int]:
    """The newest snapshot of a side, what it says, since when, and where that ends."""
    newest = Newest(written, flags & _STAGE, -total) if flags & _STAGE else Newest()
    if not flags & _AT_ANOTHER:
        return newest, flags >> _SAID & 3, newest.written, offset
    (said_at,) = _WHOLE.unpack_from(data, offset)
    return newest, flags >> _SAID & 3, said_at, offset + _WHOLE.size


def _stated(said: int, said_at: int) -> int:
    return 2 * said_at + (said == ENDED) if said else 2 * BEFORE_ANY


def _set_refunds(order: Order, refunds: dict[int, Refund]) -> None:
    order.refunds = refunds
    order.refunded = sum(refund.amount for refund in refunds.values())


def unpack_earlier(data: bytes) -> Orders:
    """The orders of a pack from an earlier release."""
    of_refund = EARLIER_FORMATS[data[:1]]
    orders: Orders = {}
    offset = 1
    while offset < len(data):
        order: Order = NetOrder()
        key, version, _, total, order.paid_at, cancelled, refunds = _EARLIER_ORDER.unpack_from(data, offset)
        _set_version(order, version, total, bool(cancelled))
        offset += _EARLIER_ORDER.size
        if refunds:
            stop = offset + refunds * of_refund.size
            fields = of_refund.iter_unpack(data[offset:stop])
            # Any event about a refund without a time stands over it.
            _set_refunds(order, {name: Refund(more[0] if more[1:] else _NEVER, more[-1]) for name, *more in fields})
            offset = stop
        orders[key] = order
    return orders


def _set_version(order: Order, version: int, total: int, cancelled: bool) -> None:
    """Set what an earlier release knew of an order: one version, or none, but not what each of its events said.

    It stands since its payment, as far as is known: what was written later may end it. A number had no time, so what
    was written after the payment stands over it.
    """
    if version == _NEVER:
        return
    since = BEFORE_ANY if order.paid_at == NOT_PAID else order.paid_at
    if version in _TIMES:
        if not cancelled:
            order.written, order.stage, order.total, order.stated = version, UPDATED, total, 2 * since
        else:
            order.stated = 2 * version + 1
        return
    newest = Newest() if cancelled else Newest(max(since, _NEVER), UPDATED, -total)
    said = ENDED if cancelled else SILENT if since == BEFORE_ANY else STANDS
    numbered = Numbered(version, newest, said, max(since, _NEVER))
    order.stand_beside(Numbers(numbered, Newest(), 2 * BEFORE_ANY))
