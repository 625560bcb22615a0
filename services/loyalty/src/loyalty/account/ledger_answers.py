"""Lots and entries of a ledger as answers show them."""

from typing import Any

from loyalty.account.credit_answers import CreditLotAnswer
from loyalty.account.schemas import EntryAnswer, LotAnswer, act_answer, completion_answer
from loyalty.domain.acts import ActLot
from loyalty.domain.attained import AttainedLot
from loyalty.domain.lots import Lot
from loyalty.domain.money import credit_text
from loyalty.domain.naming import Named, named
from loyalty.domain.referral_lots import ReferralLot
from loyalty.domain.referral_rules import REFERRAL
from loyalty.domain.units import credit_kind
from mandegar.database import Row
from mandegar.quantities import from_us

POINTS = "points"


def entry_answer(row: Row, currency: str) -> EntryAnswer:
    """An entry; the figure of one of credit is no number of points, for readers who know points alone."""
    told: dict[str, Any] = {**dict(row), **_named(named(row["order_id"])), "unit": POINTS, "amount": None}
    kind = credit_kind(row["kind"])
    if kind is not None:
        told |= {"kind": kind, "points": 0, "unit": currency, "amount": credit_text(row["points"])}
    return EntryAnswer(**told)


def lot_answer(lot: Lot) -> LotAnswer:
    """A lot, in its unit."""
    names = named(lot.order_id)
    figures = {"points": lot.given, "pending": lot.pending, "available": lot.available, "held": lot.held}
    credit = None
    if names.is_credit:
        amount, pending, available, held = map(credit_text, figures.values())
        credit = CreditLotAnswer(amount=amount, pending=pending, available=available, held=held)
        figures = dict.fromkeys(figures, 0)
    return LotAnswer(
        lot_id=lot.lot_id,
        **_named(names),
        earned_at=from_us(lot.earned_at),
        active_at=from_us(lot.active_at),
        expires_at=None if lot.expires_at is None else from_us(lot.expires_at),
        unit=lot.programme.currency if names.is_credit else POINTS,
        **figures,
        tier=None if names.order_id is None else lot.programme.tiers[lot.tier].name,
        programme_version=lot.programme.version,
        rules=None if names.is_credit else _rules(lot),
        credit=credit,
    )


def _named(names: Named) -> dict[str, Any]:
    return {
        "order_id": names.order_id,
        "opening_id": names.opening_id,
        "adjustment_id": names.adjustment_id,
        "act": act_answer(names.act),
        "referral": names.referral,
        "challenge": completion_answer(names.attained),
    }


def _rules(lot: Lot) -> dict[str, int] | None:
    if isinstance(lot, AttainedLot):
        return {lot.attained.name: lot.given}
    if isinstance(lot, ActLot):
        return {lot.rule.name: lot.given} if lot.rule else None
    if isinstance(lot, ReferralLot):
        return {REFERRAL: lot.given}
    return None if lot.purchase is None else lot.purchase.by_rule
