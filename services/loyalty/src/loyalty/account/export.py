"""Rows of accounts as an export shows them: facts and sums by name, money as decimal text, instants as instants."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

from loyalty.account.credit_answers import credit_fields
from loyalty.account.packing import unpack_credit, unpack_order, unpack_remembered
from loyalty.domain.lines import Lines
from loyalty.domain.money import credit_text
from loyalty.domain.naming import named
from loyalty.domain.opening import DAY, INSTANT
from loyalty.domain.orders import (
    ACTED,
    ANNOUNCED,
    COUPON,
    DELIVERED,
    FUNDED,
    GRANTED,
    HELD,
    LOST,
    MOVED,
    OPENED,
    REACHED,
    REFERRAL_KINDS,
    REFUND,
    STAYED,
    TAKINGS,
    Fact,
)
from loyalty.domain.units import credit_kind
from mandegar.quantities import from_us

_BILLIONTH = Decimal(1).scaleb(-9)
_EXACT = Context(prec=40)
_INSTANTS = ("earned_at", "changed_at", "next_at", "expires_at")


def customer_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A customer's balance, and what is remembered of the account: all of it follows from the orders."""
    remembered = unpack_remembered(row["remembered"])
    row = {**row, "credit": credit_fields(unpack_credit(row["credit"])).get("credits")}
    if remembered is None:
        return {**row, "remembered": None}
    falls = remembered.falls
    told = {
        "settled_at": from_us(remembered.settled_at),
        "balance": remembered.balance._asdict(),
        "spend_of_window": money(remembered.spend),
        "earned": remembered.earned,
        "highest_tier_since": _instant(remembered.topped_at),
        "tier_ends_with_order_paid_at": None if falls is None else from_us(falls.earned_at),
    }
    return {**row, "remembered": told}


def order_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """An order, a lot that was brought along, or a granted tier: what its events stated, and what was posted for it."""
    order = unpack_order(row["order_id"], row["lot_id"], row["facts"], row["posted"])
    posted = [
        {
            "kind": kind,
            "bucket": bucket,
            "cause": cause or None,
            "points": sums.points,
            "effective_at": from_us(sums.at),
            "entries": sums.times,
        }
        for (kind, bucket, cause), sums in order.posted.items()
    ]
    facts = [_fact(fact) for fact in order.facts]
    names = named(order.order_id)
    if names.is_credit:
        posted, facts = [_in_credit(each) for each in posted], [_in_credit(each) for each in facts]
    return {
        **_named(row),
        "granted_tier": names.tier,
        "facts": facts,
        "posted": posted,
        **{name: _instant(row[name]) for name in _INSTANTS},
        "net": None if row["net"] is None else money(row["net"]),
    }


def entry_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the ledger: the effect of an order, or of a lot that was brought along."""
    kind = credit_kind(row["kind"])
    return _named(row) if kind is None else _in_credit({**_named(row), "kind": kind})


def _in_credit(told: dict[str, Any]) -> dict[str, Any]:
    """The columns of a row whose points are thousandths of a currency: as ``credit``."""
    return {**told, "points": 0, "credit": credit_text(told["points"])} if "points" in told else told


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row, with the shop's own id of an order, of a lot that was brought along, or of another act."""
    names = named(row["order_id"])
    act = None if names.act is None else names.act._asdict()
    told = {"order_id": names.order_id, "opening_id": names.opening_id, "adjustment_id": names.adjustment_id}
    challenge = None if names.attained is None else names.attained._asdict()
    return {**row, **told, "act": act, "referral": names.referral, "challenge": challenge}


def money(amount: int | Decimal) -> str:
    """Billionths of a currency unit as decimal text."""
    return f"{_EXACT.multiply(_BILLIONTH, amount).normalize(_EXACT):f}"


def _fact(fact: Fact) -> dict[str, Any]:
    told: dict[str, Any] = {
        "event_id": fact.event_id,
        "kind": fact.kind,
        "at": from_us(fact.at),
        "written_at": from_us(fact.at + fact.ahead),
    }
    if fact.kind == FUNDED:
        return told | {"budget": fact.refund_id, "points": fact.amount, "asked": fact.version, "number": fact.ahead}
    if fact.kind in {REACHED, ANNOUNCED}:
        return told | {"points": fact.amount, "badge": fact.refund_id or None}
    if fact.kind == COUPON:
        return told | {"coupon_of": fact.refund_id}
    if fact.kind == LOST:
        return told
    if fact.kind == ACTED:
        return told | ({"birthday": date.fromordinal(fact.amount)} if fact.amount else {})
    if fact.kind in {MOVED, STAYED}:
        return told | {"to": fact.refund_id or None}
    if fact.kind == OPENED:
        return told | {"points": fact.amount, "earned_at": fact.refund_id or None, **_end(fact)}
    if fact.kind == GRANTED:
        return told | {"tier": fact.refund_id, "until": from_us(fact.amount)}
    if fact.kind == REFUND:
        return told | {"refund_id": fact.refund_id, "amount": money(fact.amount)}
    if fact.kind == DELIVERED:
        return told
    if fact.kind in REFERRAL_KINDS:
        return told | {"amount": fact.amount, "number": fact.version, "about": fact.refund_id, "found": fact.status}
    if fact.kind in TAKINGS:
        ends_at = from_us(fact.version) if fact.kind == HELD else None
        return told | {"points": fact.amount, "redemption_id": fact.refund_id, "ends_at": ends_at}
    return told | {
        "total": money(fact.amount),
        "version": fact.version,
        "status": fact.status or None,
        **({} if fact.lines is None else _lines(fact.lines)),
    }


def _lines(lines: Lines) -> dict[str, Any]:
    amounts = {"discount": lines.discount, "shipping": lines.shipping, "tax": lines.tax, "gift_cards": lines.gift_cards}
    return {
        "lines": [
            {
                "product_id": line.product or None,
                "category": line.category or None,
                "amount": money(line.amount),
                "gift_card": bool(line.gift_card),
            }
            for line in lines.items
        ],
        "channel": lines.channel or None,
        "branch": lines.branch or None,
        **{name: None if amount is None else money(amount) for name, amount in amounts.items()},
    }


def _end(fact: Fact) -> dict[str, Any]:
    return {
        "last_day": date.fromordinal(fact.version) if fact.status == DAY else None,
        "expires_at": from_us(fact.version) if fact.status == INSTANT else None,
    }


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_us(at)


EXPORT = {"customers": customer_row, "orders": order_row, "entries": entry_row}
