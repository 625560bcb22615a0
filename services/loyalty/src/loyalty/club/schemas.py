"""Answers for club pages. Points are integers, money decimal strings in the currency of the shop."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from loyalty.club.read import Member
from loyalty.domain.levels import Entitlement
from loyalty.domain.measures import measured
from loyalty.domain.qualifying import SPEND, Measure
from mandegar.quantities import from_us


class EntitlementAnswer(BaseModel):
    """A right of the tier."""

    name: str = Field(
        description="early_access, free_shipping, exclusive_sale, pay_later, multiplier, or a word of the shop"
    )
    titles: dict[str, str] = Field(description="By language")
    days: int | None = Field(description="By how many days it is early, for instance")
    value: str | None = Field(description="Of `multiplier`: by what points of orders are multiplied")


class EntitlementsAnswer(BaseModel):
    """What the tier of a customer entitles to."""

    customer_id: str
    tier: str
    tier_until: datetime | None
    entitlements: list[EntitlementAnswer]
    as_of: datetime
    version: int


class ClubBalance(BaseModel):
    """Points, as in `GET …/balance`."""

    available: int
    pending: int
    held: int
    debt: int
    lifetime: int


class NextTier(BaseModel):
    """The tier above."""

    name: str
    missing: str = Field(
        description="What is missing to reach it, in the unit of `measure`; of `invoice` one whole order"
    )


class TierEnd(BaseModel):
    """How the present tier is kept."""

    until: datetime
    falls_to: str
    missing: str = Field(description="What is missing before that to keep the tier then, in the unit of `measure`")


class ClubTier(BaseModel):
    """The tier, and how far it is to others."""

    name: str
    until: datetime | None = Field(description="When it ends without further orders; null: it does not")
    spend: str | None = Field(
        description="Net spend of the window; null: not known for so many orders at present, or not what is measured"
    )
    measure: Measure = Field(description="What tiers are reached by; `reached` and `missing` are in its unit")
    reached: str | None = Field(description="So much counts towards the next tier now; of invoices the largest")
    next: NextTier | None = Field(description="Null: this is the highest")
    keep: TierEnd | None = Field(description="Null: the tier does not end, or the orders are more than 100")


class Expiring(BaseModel):
    """Usable points that expire."""

    points: int
    at: datetime


class ClubAnswer(BaseModel):
    """One call for a club page."""

    customer_id: str
    balance: ClubBalance
    tier: ClubTier
    expiring: list[Expiring] = Field(description="The next, at most five; one for more than 100 orders")
    entitlements: list[EntitlementAnswer]
    as_of: datetime
    version: int


def entitlements_fields(member: Member) -> dict[str, Any]:
    """The fields of ``EntitlementsAnswer``."""
    return {
        "customer_id": member.customer.customer_id,
        "tier": member.programme.tiers[member.tier].name,
        "tier_until": _instant(member.tier_until),
        "entitlements": _entitlements(member),
        "as_of": member.as_of,
        "version": member.version,
    }


def club_fields(member: Member) -> dict[str, Any]:
    """The fields of ``ClubAnswer``."""
    progress, measure = member.progress, member.programme.measure
    drop = None if progress is None else progress.drop
    return {
        "customer_id": member.customer.customer_id,
        "balance": member.balance._asdict(),
        "tier": {
            "name": member.programme.tiers[member.tier].name,
            "until": _instant(member.tier_until),
            "spend": None if progress is None or measure != SPEND else measured(progress.reached, measure),
            "measure": measure,
            "reached": None if progress is None else measured(progress.reached, measure),
            "next": None
            if progress is None or progress.next_tier is None
            else {"name": progress.next_tier, "missing": measured(progress.missing or 0, measure)},
            "keep": drop
            and {
                "until": from_us(drop.until),
                "falls_to": drop.falls_to,
                "missing": measured(drop.missing, measure),
            },
        },
        "expiring": [{"points": points, "at": from_us(at)} for at, points in member.expiring],
        "entitlements": _entitlements(member),
        "as_of": member.as_of,
        "version": member.version,
    }


def _entitlements(member: Member) -> list[dict[str, Any]]:
    multiplier = member.programme.tiers[member.tier].multiplier
    named = [_entitlement(each) for each in member.entitlements]
    if multiplier != 1:
        titles = {"en": "More points", "fa": "امتیاز بیشتر"}
        named.append({"name": "multiplier", "titles": titles, "days": None, "value": f"{multiplier:f}"})
    return named


def _entitlement(each: Entitlement) -> dict[str, Any]:
    return {"name": each.word, "titles": dict(each.titles), "days": each.days, "value": None}


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_us(at)
