"""Answers about what will happen. Points are signed integers, instants RFC 3339 in UTC."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from loyalty.account.credit_answers import CreditAnswer, credit_fields
from loyalty.account.schemas import ActAnswer, CompletionAnswer
from loyalty.domain.at_risk import Drop
from loyalty.domain.lots import Lot
from loyalty.domain.measures import measured
from loyalty.domain.money import credit_text
from loyalty.domain.naming import named
from loyalty.domain.posting import Balance
from loyalty.domain.projection import CHANGES_MAX, DAYS_MAX, Change, Effect
from loyalty.domain.units import key_of_credit
from loyalty.projection.project import Course
from loyalty.projection.rules import SUPPOSED, with_counterparts
from mandegar.quantities import from_us

LOTS_MAX = 20


class BalanceThen(BaseModel):
    """Points after all that happens at an instant."""

    available: int
    pending: int
    held: int
    debt: int
    lifetime: int


class LotEffect(BaseModel):
    """What happens to the points of one lot."""

    lot_id: UUID | None
    order_id: str | None = Field(
        description="The order of the lot; null: the points were brought along, or come of another act or of the "
        "supposed purchase"
    )
    opening_id: str | None
    adjustment_id: UUID | None
    act: ActAnswer | None
    referral: str | None
    challenge: CompletionAnswer | None
    points: int = Field(description="0 where the lot is of credit")
    amount: str | None = Field(description="Of a lot of credit: signed, as decimal text")


class ProjectedDrop(BaseModel):
    """The end of a tier of which the customer is warned."""

    until: datetime
    falls_to: str
    missing: str = Field(
        description="What is missing, until then, to keep the tier: money, points or orders, as tiers are measured"
    )


class ProjectedChange(BaseModel):
    """Something that happens at an instant."""

    at: datetime
    kind: str = Field(
        description="points_usable (a hold ends), points_expire, points_ and another kind of ledger entry, the same "
        "with credit_ for credit, expiry_warning, tier_at_risk, tier_changes, granted_tier_ends or programme_begins. "
        "More kinds may be added"
    )
    points: int | None = Field(description="Points that become usable (positive), expire (negative) or are warned of")
    balance: BalanceThen = Field(description="After all that happens at this instant")
    credits: list[CreditAnswer] = Field([], description="Credit then, as in `GET …/balance`; absent: there is none")
    tier: str = Field(description="After all that happens at this instant")
    previous_tier: str | None = Field(description="The tier that is left or ends")
    expires_at: datetime | None = Field(description="When the points expire of which the customer is warned")
    programme_version: int | None = Field(description="The version that begins")
    drop: ProjectedDrop | None = Field(description="Set for tier_at_risk")
    lots: list[LotEffect] = Field(description=f"The lots whose points or credit move, at most {LOTS_MAX}")
    lots_total: int = Field(description="How many lots there are, also where not all are listed")
    changed: bool = Field(description="Whether it happens only because of the supposed purchase")
    amount: str | None = Field(description="Credit that becomes usable (positive) or expires (negative): decimal text")


class ProjectedCompletion(BaseModel):
    """A challenge that is completed."""

    name: str = Field(description="As in `GET …/challenges`")
    points: int
    badge: str | None


class SupposedCredit(BaseModel):
    """Credit that the supposed purchase earns."""

    unit: str = Field(description="The currency, such as IRR")
    amount: str
    usable_at: datetime
    expires_at: datetime | None = Field(description="Null: it does not expire")


class SupposedPurchase(BaseModel):
    """What the supposed purchase does at once, and what does not happen because of it."""

    points: int = Field(description="Points that the order earns")
    usable_at: datetime | None = Field(description="When they become usable; null: the order earns none")
    expires_at: datetime | None = Field(description="Null: they do not expire")
    credit: SupposedCredit | None = Field(description="Credit that the order earns; null: none")
    tier: str = Field(description="The tier right after the purchase")
    previous_tier: str = Field(description="The tier without it")
    completes: list[ProjectedCompletion] = Field(description="The challenges that the purchase completes")
    badges: list[str] = Field(description="The badges that the purchase wins")
    no_longer: list[ProjectedChange] = Field(description="What would happen without the purchase, and not with it")


class ProjectionAnswer(BaseModel):
    """What happens if no event arrives, by time."""

    customer_id: str
    as_of: datetime
    until: datetime = Field(
        description=f"The list is complete up to here: at most {DAYS_MAX} days, and {CHANGES_MAX} changes"
    )
    truncated: bool = Field(description="Whether something is due after `until`")
    balance: BalanceThen = Field(description="At `as_of`, after the supposed purchase if there is one")
    credits: list[CreditAnswer] = Field([], description="Credit at `as_of`, as `balance`; absent: there never was any")
    tier: str
    purchase: SupposedPurchase | None
    changes: list[ProjectedChange]
    version: int = Field(description="The customer's `version`, as in `GET …/balance`")


def projection_fields(customer_id: str, version: int, as_of: int, untouched: Course, course: Course) -> dict[str, Any]:
    """The fields of ``ProjectionAnswer``; ``course`` is ``untouched`` itself where nothing was supposed."""
    until = min(untouched.until, course.until)
    changes = [change for change in course.changes if change.at <= until]
    others = [change for change in untouched.changes if change.at <= until]
    supposed = course.first.lots.get(SUPPOSED)
    credit = course.first.lots.get(key_of_credit(SUPPOSED))
    purchase = None
    if course is not untouched:
        usable = supposed is not None and supposed.given > 0
        purchase = {
            "points": 0 if supposed is None else supposed.given,
            "usable_at": from_us(supposed.active_at) if supposed is not None and usable else None,
            "expires_at": _instant(supposed.expires_at) if supposed is not None and usable else None,
            "credit": None if credit is None or not credit.given else _supposed_credit(credit),
            "tier": course.first.tier,
            "previous_tier": untouched.first.tier,
            **_achieved(untouched, course),
            "no_longer": [_change(change) for change, there in with_counterparts(others, changes) if not there],
        }
    return {
        "customer_id": customer_id,
        "as_of": from_us(as_of),
        "until": from_us(until),
        "truncated": course.truncated or until < course.until,
        "balance": _balance(course.first.balance),
        **credit_fields(course.first.credit),
        "tier": course.first.tier,
        "purchase": purchase,
        "changes": [_change(change, changed=not there) for change, there in with_counterparts(changes, others)],
        "version": version,
    }


def _achieved(untouched: Course, course: Course) -> dict[str, Any]:
    """What is announced with the purchase and not without it."""
    before, after = untouched.first.achieved, course.first.achieved
    return {
        "completes": [
            {"name": move.attained.name, "points": move.points, "badge": move.badge or None}
            for move in after.challenges
            if move.completed and move not in before.challenges
        ],
        "badges": [move.badge for move in after.badges if move.granted and move not in before.badges],
    }


def _change(change: Change, *, changed: bool = False) -> dict[str, Any]:
    return {
        "at": from_us(change.at),
        "kind": change.kind,
        "points": change.points,
        "balance": _balance(change.balance),
        **credit_fields(change.credit),
        "tier": change.tier,
        "previous_tier": change.previous,
        "expires_at": _instant(change.expires_at),
        "programme_version": change.version,
        "drop": change.drop and drop_fields(change.drop),
        "lots": list(_lots(change.effects[:LOTS_MAX])),
        "lots_total": len(change.effects),
        "changed": changed,
        "amount": None if change.amount is None else credit_text(change.amount),
    }


def drop_fields(drop: Drop) -> dict[str, Any]:
    """The fields of ``ProjectedDrop``."""
    return {"until": from_us(drop.until), "falls_to": drop.falls_to, "missing": measured(drop.missing, drop.measure)}


def _lots(effects: Iterable[Effect]) -> Iterable[dict[str, Any]]:
    for order_id, lot, points in effects:
        names = named(order_id)
        supposed = names.order_id == SUPPOSED
        yield {
            "lot_id": None if lot is None or supposed else str(lot),
            "order_id": None if supposed else names.order_id,
            "opening_id": names.opening_id,
            "adjustment_id": None if names.adjustment_id is None else str(names.adjustment_id),
            "act": None if names.act is None else names.act._asdict(),
            "referral": names.referral,
            "challenge": None if names.attained is None else names.attained._asdict(),
            "points": 0 if names.is_credit else points,
            "amount": credit_text(points) if names.is_credit else None,
        }


def _supposed_credit(lot: Lot) -> dict[str, Any]:
    return {
        "unit": lot.programme.currency,
        "amount": credit_text(lot.given),
        "usable_at": from_us(lot.active_at),
        "expires_at": _instant(lot.expires_at),
    }


def _balance(balance: Balance) -> dict[str, int]:
    return balance._asdict()


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_us(at)
