"""Builders of accounts, programmes and facts for the tests of points."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import NAMESPACE_OID, UUID, uuid5

from loyalty.domain.account import Account, Order
from loyalty.domain.money import billionths
from loyalty.domain.opening import DAY, INSTANT
from loyalty.domain.orders import CANCELLED, GRANTED, HELD, OPENED, PAID, REFUND, UPDATED, Fact
from loyalty.domain.programme import BEGINNING, Programme, Tier
from loyalty.domain.settled import Settled
from loyalty.domain.zones import always
from mandegar.calendar import shop_days
from mandegar.quantities import DAY_US, to_us

DAYS = shop_days("Asia/Tehran")
TEHRAN = always(DAYS)
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def programme(**changes: object) -> Programme:
    """One point per 10, usable after 14 days, gone after 365; silver (x 1.5) from 1000, gold (x 2) from 3000."""
    values: dict[str, object] = {
        "version": 1,
        "effective_from": BEGINNING,
        "currency": "IRR",
        "points": Decimal(1),
        "per": Decimal(10),
        "hold_days": 14,
        "expiry_days": 365,
        "warn_days": 14,
        "window_days": 365,
        "tiers": (
            Tier("bronze", Decimal(0), Decimal(1)),
            Tier("silver", Decimal(1000), Decimal("1.5")),
            Tier("gold", Decimal(3000), Decimal(2)),
        ),
    }
    return Programme(**(values | changes))  # type: ignore[arg-type]


def at(days: float = 0) -> int:
    """The instant that many days after the start of the story."""
    return to_us(START + timedelta(days=days))


def money(amount: str | int) -> int:
    return billionths(Decimal(amount))


def paid(event_id: str, days: float, total: str | int, version: int = 1) -> Fact:
    return Fact(at(days), event_id, PAID, money(total), version)


def snapshot(event_id: str, days: float, total: str | int, version: int) -> Fact:
    return Fact(at(days), event_id, UPDATED, money(total), version)


def cancelled(event_id: str, days: float, version: int) -> Fact:
    return Fact(at(days), event_id, CANCELLED, 0, version)


def refund(event_id: str, days: float, amount: str | int, refund_id: str | None = None) -> Fact:
    return Fact(at(days), event_id, REFUND, money(amount), 0, refund_id or event_id)


def opened(event_id: str, days: float, points: int, last_day: float | None = None, ahead: float = 0) -> Fact:
    """Points that were brought along; usable until the end of the day ``last_day`` of the story."""
    end, how = (0, "") if last_day is None else (DAYS.day_of(at(last_day)), DAY)
    return Fact(at(days), event_id, OPENED, points, end, "", round(ahead * DAY_US), how)


def opened_until(event_id: str, days: float, points: int, end: float) -> Fact:
    """Points that were brought along, usable until an instant."""
    return Fact(at(days), event_id, OPENED, points, at(end), "", 0, INSTANT)


def granted(event_id: str, days: float, tier: str, until: float) -> Fact:
    return Fact(at(days), event_id, GRANTED, at(until), 0, tier)


def held(redemption: str, days: float, points: int, until: float, place: int = 0) -> Fact:
    """Points that are reserved until an instant, unless the redemption ends before."""
    return Fact(at(days), f"{redemption}-held", HELD, points, at(until), redemption, place)


def ended(redemption: str, kind: str, days: float, points: int, name: str = "", place: int = 0) -> Fact:
    """Points of a redemption that are spent, released or given back."""
    return Fact(at(days), f"{redemption}-{kind}{name}", kind, points, 0, redemption, place)


def lot_of(order_id: str) -> UUID:
    return uuid5(NAMESPACE_OID, order_id)


def tell(account: Account, order_id: str, *facts: Fact) -> None:
    """Let the account learn facts of an order."""
    order = account.orders.setdefault(order_id, Order(order_id, lot_of(order_id), [], {}))
    for fact in facts:
        order.add(fact)


def account_of(**orders: tuple[Fact, ...]) -> Account:
    account = Account({})
    for order_id, facts in orders.items():
        tell(account, order_id, *facts)
    return account


def settle(account: Account, days: float, *programmes: Programme) -> Settled:
    return account.settle(programmes or (programme(),), TEHRAN, at(days))
