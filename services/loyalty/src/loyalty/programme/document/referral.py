"""The section ``referral`` of version 2: personal codes, and what either side is paid."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, ValidationInfo, model_validator

from loyalty.domain.act_rules import Limit
from loyalty.domain.money import billionths
from loyalty.domain.programme import POINTS_MAX
from loyalty.domain.referral_rules import ReferralRule
from loyalty.programme.document.acts import LimitOf
from loyalty.programme.document.amounts import Amount, SomeDays
from mandegar.documents.model import DocumentModel, WholeNumber, is_new, located
from mandegar.documents.nodes import Path

Points = Annotated[WholeNumber, Field(ge=0, le=POINTS_MAX)]
CODE = "{code}"


class Side(DocumentModel):
    """What a friend is paid."""

    points: Points


class Referrer(Side):
    """What a referrer is paid for each friend, within ``limits``."""

    limits: Annotated[list[LimitOf], Field(max_length=5)] = Field(default_factory=list)


class Velocity(DocumentModel):
    """More than so many ``claims`` of one code within ``days`` are looked at by a person."""

    claims: Annotated[WholeNumber, Field(ge=1, le=100_000)]
    days: SomeDays


class Referral(DocumentModel):
    """Who comes by a customer's code, and orders, earns points for both. ``link`` is an address with ``{code}``."""

    friend: Side
    referrer: Referrer
    link: Annotated[str | None, Field(max_length=500, pattern=r"^https://[^\s<>\"']+$")] = None
    minimum_spend: Amount = Decimal(0)
    within_days: SomeDays | None = None
    review: Velocity = Velocity(claims=10, days=7)

    @model_validator(mode="after")
    def _is_meant_so(self, info: ValidationInfo) -> Self:
        errors: list[tuple[Path, str]] = []
        if self.link is not None and self.link.count(CODE) != 1:
            errors.append((("link",), f"must have {CODE} once, in the place of the code"))
        if is_new(info) and not self.friend.points and not self.referrer.points:
            errors.append(((), "nobody is paid: the points of either side are 0"))
        if is_new(info) and self.referrer.limits and not self.referrer.points:
            errors.append((("referrer", "limits"), "limit nothing: a referrer is paid 0 points"))
        if errors:
            raise located(*errors)
        return self

    def rule(self) -> ReferralRule:
        """The rule as it is computed."""
        return ReferralRule(
            friend_points=self.friend.points,
            referrer_points=self.referrer.points,
            minimum=billionths(self.minimum_spend),
            within_days=self.within_days,
            limits=tuple(Limit(limit.times, limit.per) for limit in self.referrer.limits),
            claims_max=self.review.claims,
            claims_days=self.review.days,
            link=self.link or "",
        )
