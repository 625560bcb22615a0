"""Answers about referrals. Points are integers, instants RFC 3339 in UTC, money decimal strings."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from loyalty.domain.money import amount_of
from loyalty.domain.referral_code import link_with
from loyalty.domain.referral_rules import ReferralRule
from loyalty.domain.referrals import LIMITED
from loyalty.referrals.read import Mine, Side
from mandegar.events.referrals import ReferralState

STATE = (
    "`waiting` for an order, `ordered`: until its hold is over, `rewarded`, `reversed`: points were taken back, "
    "`review`: a person looks at it, `rejected` by a person, `refused`: it does not count, `expired`"
)
REASONS = (
    "Why it earns nothing: no_order_yet, below_minimum_spend, order_returned, no_order_in_time, limit_reached, "
    "unknown_code, own_code, circle, no_rule, not_a_new_customer, another_code_came_first, rejected_by_staff; what a "
    "person looks at: same_phone, same_payment, same_address, many_claims, ring: the friend has referred the referrer, "
    "over others"
)


class SideAnswer(BaseModel):
    """One referral, as one side sees it."""

    referral_id: UUID
    state: ReferralState = Field(description=STATE)
    reasons: list[str] = Field(description=REASONS)
    claimed_at: datetime
    due_at: datetime | None = Field(description="While `ordered`: when it earns points, if nothing is returned")
    rewarded_at: datetime | None
    points: int | None = Field(description="Null: the account is too large to be computed for a read")


class LimitAnswer(BaseModel):
    """For how many friends in each period points are given."""

    times: int
    per: str


class RulesAnswer(BaseModel):
    """What the programme in force promises."""

    friend_points: int
    referrer_points: int
    minimum_spend: str
    within_days: int | None
    limits: list[LimitAnswer]


class ReferralsOfCustomer(BaseModel):
    """A customer's code, the referral by which they came, and those that they made."""

    customer_id: str
    code: str | None = Field(description="Null: the programme in force has no referrals", examples=["JPF-CMR-TQT"])
    link: str | None = Field(description="The link of the programme with the code in it")
    rules: RulesAnswer | None
    referred: SideAnswer | None = Field(description="The code by which the customer came, if they did")
    referrals: list[SideAnswer] = Field(description="Referrals that the customer made, the newest first, at most 200")
    counts: dict[str, int] = Field(description="Referrals that the customer made, by state; all of them")
    points: int | None = Field(description="What the customer has been given for referrals, on either side")
    as_of: datetime
    version: int


class ReferralAnswer(BaseModel):
    """A referral, as the shop sees it."""

    referral_id: UUID
    customer_id: str = Field(description="The friend, who came by the code")
    referrer_id: str | None = Field(description="The customer whose code it is; null: nobody's, or they were erased")
    state: ReferralState = Field(description=STATE)
    reasons: list[str] = Field(description=REASONS)
    claimed_at: datetime
    due_at: datetime | None
    rewarded_at: datetime | None
    decision: Literal["approved", "rejected"] | None
    decided_key: str | None = Field(description="The key that signed the token of the person who decided")
    decided_by: str | None
    decided_at: datetime | None


class ReferralsAnswer(BaseModel):
    """A page of the shop's referrals."""

    referrals: list[ReferralAnswer] = Field(description="Newest first")
    next_before: str | None = Field(description="Pass as `before` to get the next page; null on the last page")


def referrals_fields(mine: Mine, code: str | None) -> dict[str, Any]:
    """The fields of ``ReferralsOfCustomer``, as JSON encoders take them."""
    rule = mine.rule
    link = None if rule is None or code is None else link_with(code, rule.link)
    return {
        "customer_id": mine.customer.customer_id,
        "code": None if rule is None else code,
        "link": link,
        "rules": None if rule is None else _rules(rule),
        "referred": None if mine.referred is None else _side(mine.referred),
        "referrals": [_side(side) for side in mine.made],
        "counts": mine.counts,
        "points": mine.points,
        "as_of": mine.as_of,
        "version": mine.version,
    }


def _rules(rule: ReferralRule) -> dict[str, Any]:
    return {
        "friend_points": rule.friend_points,
        "referrer_points": rule.referrer_points,
        "minimum_spend": f"{amount_of(rule.minimum):f}",
        "within_days": rule.within_days,
        "limits": [limit._asdict() for limit in rule.limits],
    }


def _side(side: Side) -> dict[str, Any]:
    reasons = [*side.reasons, LIMITED] if side.limited else [*side.reasons]
    return {
        "referral_id": side.referral_id,
        "state": side.state,
        "reasons": reasons,
        "claimed_at": side.claimed_at,
        "due_at": side.due_at,
        "rewarded_at": side.rewarded_at,
        "points": side.points,
    }
