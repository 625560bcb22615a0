"""Answers for club pages. Points are integers, money decimal strings in the currency of the shop."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from loyalty.club.read import Member
from loyalty.domain.levels import Entitlement
from loyalty.domain.money import amount_of
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
    missing: str = Field(description="What must be spent to reach it")


class TierEnd(BaseModel):
    """How the present tier is kept."""

    until: datetime
    falls_to: str
    missing: str = Field(description="What must be spent before, to keep the tier then")


class ClubTier(BaseModel):
    """The tier, and how far it is to others."""

    name: str
    until: datetime | None = Field(description="When it ends without further orders; null: it does not")
    spend: str | None = Field(description="Net spend of the window; null: not known for so many orders at present")
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
    progress = member.progress
    drop = None if progress is None else progress.drop
    return {
        "customer_id": member.customer.customer_id,
        "balance": member.balance._asdict(),
        "tier": {
            "name": member.programme.tiers[member.tier].name,
            "until": _instant(member.tier_until),
            "spend": None if progress is None else _money(progress.spend),
            "next": None
            if progress is None or progress.next_tier is None
            else {"name": progress.next_tier, "missing": _money(progress.missing or 0)},
            "keep": drop and {"until": from_us(drop.until), "falls_to": drop.falls_to, "missing": _money(drop.missing)},
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


def _money(number: int) -> str:
    return f"{amount_of(number):f}"


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_us(at)
