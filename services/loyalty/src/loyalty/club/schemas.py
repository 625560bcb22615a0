"""Answers for club pages. Points are integers, money decimal strings in the currency of the shop."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, Field

from loyalty.account.credit_answers import CreditAnswer, credit_fields
from loyalty.club.achievement_schemas import BadgeAnswer, ChallengeAnswer, badge_fields, challenge_fields
from loyalty.club.read import Club, Member
from loyalty.club.rows import Reserved
from loyalty.domain.earnable import Earnable
from loyalty.domain.levels import Entitlement
from loyalty.domain.measures import measured
from loyalty.domain.money import amount_of, credit_text
from loyalty.domain.programme import Programme
from loyalty.domain.qualifying import SPEND, Measure
from loyalty.redemptions.schemas import Discount
from loyalty.rewards.schemas import RewardAnswer, left_of, reward_fields
from mandegar.quantities import from_us, to_us


class EntitlementAnswer(BaseModel):
    """A right of the tier."""

    name: str = Field(
        description="early_access, free_shipping, exclusive_sale, pay_later, multiplier, or a word of the shop"
    )
    titles: dict[str, str] = Field(description="By language")
    days: int | None = Field(description="An amount of the right, such as by how many days access is early")
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
    missing: str = Field(description="What is missing, until then, to keep the tier, in the unit of `measure`")


class ClubTier(BaseModel):
    """The tier, and how far it is to others."""

    name: str
    until: datetime | None = Field(description="When the tier ends if no further orders come; null: it does not end")
    spend: str | None = Field(
        description="Net spend of the window; null: tiers are not reached by spend, or the orders are too many"
    )
    measure: Measure = Field(description="What tiers are reached by; `reached` and `missing` are in its unit")
    reached: str | None = Field(description="How much counts towards the next tier now; of invoices, the largest")
    next: NextTier | None = Field(description="The next tier; null: this is the highest")
    keep: TierEnd | None = Field(description="How it is kept; null: it does not end, or there are more than 100 orders")


class Expiring(BaseModel):
    """Usable points that expire."""

    points: int
    at: datetime


class ReservedPoints(BaseModel):
    """Points that are reserved, for a cart or at a till."""

    redemption_id: str
    points: int
    credit: str | None = Field(description="Credit that is reserved beside them, as decimal text; null: none")
    reward: str | None
    order_id: str | None
    discount: Discount | None = Field(description="What points and credit pay of the order")
    reserved_at: datetime
    expires_at: datetime = Field(description="When the points are free again, if nothing happens")


class EarnableAct(BaseModel):
    """What an act would earn."""

    rule: str
    on: str = Field(description="The type of the act, such as `review.submitted`")
    act: str | None = Field(description="Of `act.done`: the name of the act")
    points: int = Field(description="What the rule offers; caps and budgets may leave less")
    eligible: bool = Field(description="Whether an act done now would earn points by the rule alone")
    reason: str | None = Field(
        description="Why not: `outside_window` (not yet), `tier_required`, `paid_before`, `cooldown` or `limit_reached`"
    )
    when: datetime | None = Field(description="From when on this reason no longer holds; null: not known, or never")
    until: datetime | None = Field(description="When the rule ends; null: it does not")
    tiers: list[str] = Field(description="The tiers in which the rule pays; empty: in any")
    channels: list[str] = Field(description="The channels on which the act has to be done; empty: on any")
    branches: list[str] = Field(description="The branches in which the act has to be done; empty: in any")
    missing: list[str] = Field(description="Of `customer.updated`: the fields of the profile that it still asks for")


class SpendingRule(BaseModel):
    """What points pay of an order."""

    value_per_point: str
    currency: str
    minimum_points: int
    share_min: str = Field(description="The least part of the payable amount that points have to pay, in per cent")
    share_max: str


class ClubReferral(BaseModel):
    """The customer's personal code, as in `GET …/referral`."""

    code: str | None = Field(description="Null until `GET …/referral` is asked for the first time")
    link: str | None
    counts: dict[str, int] = Field(description="Referrals that the customer made, by state")


class ClubAnswer(BaseModel):
    """One call for a club page."""

    customer_id: str
    balance: ClubBalance
    credits: list[CreditAnswer] = Field(
        [], description="Credit in money, beside points, as in `GET …/balance`; absent: the customer never had any"
    )
    tier: ClubTier
    expiring: list[Expiring] = Field(description="The next points: at most five, or one for more than 100 orders")
    entitlements: list[EntitlementAnswer]
    rewards: list[RewardAnswer] = Field(
        description="As `GET …/rewards`, but the codes of a pool are counted up to 100: `left` is null for more"
    )
    catalogue_version: int
    redemptions: list[ReservedPoints] = Field(description="Open reservations, the newest first, at most 20")
    acts: list[EarnableAct] = Field(description="What can be earned besides orders, in the order of the programme")
    spending: SpendingRule | None = Field(description="Null: points are no part of a payment")
    challenges: list[ChallengeAnswer] | None = Field(
        description="As `GET …/challenges`; null: ask there, because the orders are many"
    )
    badges: list[BadgeAnswer] | None = Field(description="As `GET …/badges`; null as `challenges` are")
    referral: ClubReferral | None = Field(description="Null: the programme has no referrals")
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


def club_fields(club: Club, locale: str | None) -> dict[str, Any]:
    """The fields of ``ClubAnswer``."""
    member = club.member
    progress, measure, standings = member.progress, member.programme.measure, member.standings
    drop = None if progress is None else progress.drop
    return {
        "customer_id": member.customer.customer_id,
        "balance": member.balance._asdict(),
        **credit_fields(member.credit),
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
        "rewards": _rewards(club, locale or club.locale),
        "catalogue_version": club.catalogue.version,
        "redemptions": [_reserved(each) for each in club.reserved],
        "acts": [_act(each) for each in member.earnable],
        "spending": _spending(member.programme),
        "challenges": standings and [challenge_fields(each) for each in standings.challenges],
        "badges": standings and [badge_fields(each) for each in standings.badges],
        "referral": None if club.referral is None else club.referral._asdict(),
        "as_of": member.as_of,
        "version": member.version,
    }


def _rewards(club: Club, locale: str) -> list[dict[str, Any]]:
    member, taken = club.member, club.left.taken or {}
    tiers = [tier.name for tier in member.programme.tiers]
    return [
        reward_fields(
            reward,
            member.purse,
            left_of(reward, taken.get(reward.name), club.codes_of(reward.name)),
            club.times.get(reward.name, ()),
            tiers,
            locale,
            to_us(member.as_of),
        )
        for reward in club.catalogue.rewards
    ]


def _reserved(each: Reserved) -> dict[str, Any]:
    discount = None if each.discount is None else {"amount": each.discount, "currency": each.currency}
    names = ("redemption_id", "points", "reward", "order_id", "reserved_at", "expires_at")
    credit = None if each.credit is None else credit_text(each.credit)
    return {**{name: getattr(each, name) for name in names}, "credit": credit, "discount": discount}


def _act(each: Earnable) -> dict[str, Any]:
    rule = each.rule
    return {
        "rule": rule.name,
        "on": rule.on,
        "act": rule.act or None,
        "points": rule.points,
        "eligible": not each.reason,
        "reason": each.reason or None,
        "when": _instant(each.when),
        "until": _instant(rule.end),
        "tiers": sorted(rule.tiers),
        "channels": sorted(rule.channels),
        "branches": sorted(rule.branches),
        "missing": list(each.missing),
    }


def _spending(programme: Programme) -> dict[str, Any] | None:
    spending = programme.spending
    if spending is None:
        return None
    return {
        "value_per_point": _money(spending.value),
        "currency": programme.currency,
        "minimum_points": spending.minimum_points,
        "share_min": _per_cent(spending.share_min),
        "share_max": _per_cent(spending.share_max),
    }


def _per_cent(share: Fraction) -> str:
    return _money(share.numerator * 100 * 10**9 // share.denominator)


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
