"""Answers of the books. Points are integers, of any size; money is decimal text in the currency of the shop."""

from datetime import date, datetime

from pydantic import BaseModel, Field


class Standing(BaseModel):
    """The points of all customers together at one instant."""

    available: int = Field(description="Points that can be used")
    pending: int = Field(description="Points on hold after a payment")
    held: int = Field(description="Points reserved by redemptions")
    debt: int = Field(description="Points that customers owe: taken back after they had been used")
    liability: int = Field(description="available + pending + held - debt")


class CreditStanding(BaseModel):
    """The credit of all customers together at one instant, as decimal text in the currency of the shop."""

    available: str
    pending: str
    held: str
    debt: str
    liability: str = Field(description="available + pending + held - debt, at its face")


class CreditPeriod(BaseModel):
    """What was posted in credit in one period: the same figures as those of points, as decimal text."""

    issued: str
    brought: str
    activated: str
    spent: str
    expired: str
    reversed: str
    repaid: str
    adjusted: str
    opening: CreditStanding
    closing: CreditStanding


class Period(BaseModel):
    """What was posted in one period. `closing` is `opening` plus what moved, exactly."""

    period: str = Field(description="The month (2027-01) or day, in the calendar that was asked for")
    first_day: date
    last_day: date
    issued: int = Field(description="Points earned, reversals not deducted")
    brought: int = Field(description="Points brought along from another club")
    activated: int = Field(description="Points whose hold ended; they were owed before")
    spent: int = Field(description="Points redeemed, less those given back")
    expired: int = Field(description="Points not used by their last day")
    reversed: int = Field(description="Points taken back for refunds, cancellations and corrections")
    repaid: int = Field(description="Debt that new points have repaid; it changes no liability")
    adjusted: int = Field(description="Points given (above 0) or taken (below 0) by staff")
    opening: Standing
    closing: Standing = Field(
        description="closing.liability = opening.liability + issued + brought + adjusted - spent - expired - reversed"
    )
    credit: CreditPeriod | None = Field(None, description="Credit in money; null: the shop has never had any")


class Periods(BaseModel):
    """The books of a span of days, period by period."""

    calendar: str
    zone: str = Field(description="The zone of the shop, in which its days are counted now")
    currency: str = Field(description="The currency of credit")
    periods: list[Period]
    as_of: datetime = Field(description="All entries that were stored until this instant are counted")


class Outstanding(BaseModel):
    """Points with the same end, and what they are worth."""

    available: int
    pending: int
    held: int
    points: int = Field(description="available + pending + held")
    value: str | None = Field(
        description="In the currency of the shop; null if neither the request nor the programme says it"
    )
    expected_breakage: int | None = Field(
        description="How many of these points are expected to expire unused, by the shop's own history; null where "
        "there is too little of it, or where the points do not expire"
    )
    credit: str | None = Field(
        None, description="The credit with the same end, as decimal text; null: the shop has never had any"
    )


class Month(Outstanding):
    """The points whose last day is in one month."""

    month: str = Field(description="In the calendar that was asked for")
    first_day: date
    last_day: date


class CohortAnswer(BaseModel):
    """The points whose last day was in one month, which is over."""

    month: str
    given: int = Field(description="Points given with this end, less those taken back")
    expired: int


class BreakageAnswer(BaseModel):
    """The share of points that expire unused."""

    share: str | None = Field(description="expired / given over all cohorts, rounded down; null: too little history")
    given: int
    expired: int
    cohorts: list[CohortAnswer] = Field(description="The latest months that are over, at most 36")
    reason: str | None = Field(
        description="`too_little_history`: fewer than 3 months are over, or fewer than 100 entries gave their points. "
        "Nothing is estimated then"
    )


class Debt(BaseModel):
    """Points that customers owe."""

    points: int
    value: str | None


class Liability(BaseModel):
    """What the shop owes in points, by the month in which they expire."""

    currency: str
    value_per_point: str | None
    calendar: str
    months: list[Month] = Field(description="By the last day of the points, the earliest first")
    no_expiry: Outstanding = Field(description="Points that do not expire")
    expiry_unknown: Outstanding = Field(
        description="Points of entries that earlier releases stored without their last day; a background task "
        "completes these"
    )
    total: Outstanding = Field(description="The sum of all of the above: what all customers can still use")
    debt: Debt = Field(description="Counted apart: it is in no total")
    of_erased: Outstanding = Field(
        description="Points of the total whose customers were erased: they stay for the books and belong to nobody. "
        "total - of_erased is the sum of all balances"
    )
    breakage: BreakageAnswer
    credit: CreditStanding | None = Field(
        None,
        description="What the shop owes in credit, apart from all of the above. The credit of erased customers stays "
        "counted if the shop keeps books. Null: the shop has never had any",
    )
    as_of: datetime
