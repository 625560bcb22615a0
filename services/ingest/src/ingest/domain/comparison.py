"""Compares an order as a shop's file states it with what the events of the history come to."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Context, Decimal
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from ingest.domain.amounts import DECIMALS_MAX
from mandegar.events import Event
from mandegar.events.orders import NOT_PAID, STAGES, NetOrder, number_of, pays, says
from mandegar.events.registry import ORDER_TYPES
from mandegar.quantities import from_us, scaled, to_us

AmountIs = Literal["total", "net"]

# An amount that is so many times the other was written in another unit: Toman for Rial, or thousands of them.
FACTORS = (Decimal(10), Decimal(100), Decimal(1_000), Decimal(10_000))
_WIDE = Context(prec=80)
_ONE = Decimal(1)
ENDS = frozenset({"cancelled", "refunded"})
# Zones differ by quarters of an hour, and by no more than this.
_QUARTER_US = 15 * 60 * 1_000_000
_SHIFT_MAX_US = 26 * 3_600 * 1_000_000


class Stated(NamedTuple):
    """An order as a file states it; None for what it does not say. ``status`` is one of ``orders.STATUSES``."""

    total: Decimal | None = None
    refunded: Decimal | None = None
    status: str | None = None
    at: datetime | None = None
    version: int | None = None


class Ours(NamedTuple):
    """An order as its events come to: ``times`` are those of its snapshots, ``number`` is the newest version."""

    total: Decimal
    refunded: Decimal
    net: Decimal
    cancelled: bool
    times: tuple[datetime, ...]
    number: int | None
    paid_at: datetime | None

    def amount(self, amount_is: AmountIs) -> Decimal:
        """The amount that a file's is compared with."""
        return self.net if amount_is == "net" else self.total


class Verdict(NamedTuple):
    """Why the two differ, None if they do not, and by how many minutes the file's time lies ahead."""

    cause: str | None = None
    shift: int | None = None


def fold(events: Iterable[Event]) -> Ours:
    """What the events of one order come to, in any order."""
    order: NetOrder[str] = NetOrder()
    times: list[datetime] = []
    for event in events:
        if event.type not in ORDER_TYPES:
            continue
        data, at = event.data, to_us(event.time)
        written = at if data.written_at is None else data.written_at
        if event.type == "refund.issued":
            order.refund(data.refund_id, written, scaled(data.amount, DECIMALS_MAX))
            continue
        number = number_of(data.version, written)
        if event.type == "order.cancelled":
            order.cancel(written, number)
            continue
        stage = STAGES[event.type]
        total = scaled(data.total, DECIMALS_MAX)
        order.snapshot(written, number, stage, total, says(stage, data.status))
        if pays(stage, data.status):
            order.pay(at)
        times.append(from_us(written))
    number = None if order.numbers is None else order.numbers.numbered.number
    return Ours(
        _decimal(order.total),
        _decimal(order.refunded),
        _decimal(order.net),
        order.cancelled,
        tuple(sorted(times)),
        number,
        None if order.paid_at == NOT_PAID else from_us(order.paid_at),
    )


def _decimal(units: int) -> Decimal:
    amount = _WIDE.create_decimal(units).scaleb(-DECIMALS_MAX, _WIDE).normalize(_WIDE)
    return amount.quantize(_ONE) if amount == amount.to_integral_value() else amount


def compare(stated: Stated, ours: Ours, amount_is: AmountIs, zone: ZoneInfo) -> Verdict:
    """Whether the file and the events say the same of an order."""
    return Verdict(_difference(stated, ours, amount_is), _shift(stated.at, ours.times, zone))


def _difference(stated: Stated, ours: Ours, amount_is: AmountIs) -> str | None:
    nothing_left = ours.cancelled or (ours.refunded > 0 and ours.net == 0)
    if stated.status in ENDS:
        return None if nothing_left else "ended_in_file"
    if ours.cancelled:
        return "cancelled_here"
    if stated.status == "paid" and ours.paid_at is None:
        return "unpaid_here"
    if stated.total is not None and stated.total != ours.amount(amount_is):
        return _why_amounts_differ(stated.total, stated.version, ours, amount_is)
    if amount_is == "total" and stated.refunded is not None and stated.refunded != ours.refunded:
        return "refunds"
    if stated.version is not None and ours.number is not None and ours.number < stated.version:
        return "older_here"
    return None


def _why_amounts_differ(total: Decimal, version: int | None, ours: Ours, amount_is: AmountIs) -> str:
    amount = ours.amount(amount_is)
    for times in FACTORS:
        if _WIDE.multiply(total, times) == amount:
            return f"file_times_{times}"
        if _WIDE.multiply(amount, times) == total:
            return f"ours_times_{times}"
    if amount_is == "total" and total == ours.net:
        return "file_after_refunds"
    if amount_is == "net" and total == ours.total:
        return "file_before_refunds"
    if version is not None and ours.number is not None and ours.number != version:
        return "older_here" if ours.number < version else "newer_here"
    return "rounding" if abs(total - amount) < 1 else "amount"


def _shift(at: datetime | None, times: tuple[datetime, ...], zone: ZoneInfo) -> int | None:
    """The minutes by which the file's time lies ahead, if that looks like a wrong zone; None for a date alone."""
    if at is None or at in times or not times:
        return None
    local = at.astimezone(zone)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return None
    ahead = min((to_us(at) - to_us(time) for time in times), key=abs)
    if ahead % _QUARTER_US or abs(ahead) > _SHIFT_MAX_US:
        return None
    return ahead // 60_000_000
