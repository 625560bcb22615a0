"""The answer about occasions."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class OccasionAnswer(BaseModel):
    """An occasion of the programme, as it comes next for a customer."""

    rule: str
    on: Literal["birthday", "membership", "profile", "day"]
    field: str | None = Field(description="The attribute that has the date, for `profile`")
    points: int = Field(description="0 if it gives a coupon instead")
    coupon: str | None = Field(description="The kind of the coupon that it gives instead of points")
    tiers: list[str] = Field(description="The tiers that are given points; empty: all")
    next_day: date | None = Field(description="The day, as the shop counts days; null if no date is known")
    next_at: datetime | None = Field(description="Its first instant, at which points are given")
    reason: str | None = Field(
        description="Why, as it looks now, it will give nothing: `no_date`; `changed_twice` (the date has changed "
        "twice: post an `act.done` named `dates-confirmed` once somebody has looked at it); `paid_within_a_year`; "
        "`member_too_new`; `told_too_late`; null if it gives points"
    )


class OccasionsAnswer(BaseModel):
    """The occasions of the programme in force."""

    customer_id: str
    occasions: list[OccasionAnswer] = Field(description="The next one first; those without a day last")
    as_of: datetime | None
    version: int


class OccasionCouponAnswer(BaseModel):
    """A coupon that an occasion gave."""

    rule: str
    code: str = Field(description="To be shown to the customer alone: whoever has it can use it, once")
    kind: str
    terms: dict[str, Any] = Field(description="What it gives, by its kind")
    given_at: datetime = Field(description="When the occasion came")
    expires_at: datetime
    used_at: datetime | None


class OccasionCouponsAnswer(BaseModel):
    """The coupons that occasions have given a customer, and that have not expired."""

    customer_id: str
    coupons: list[OccasionCouponAnswer]
