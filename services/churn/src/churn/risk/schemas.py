"""Answers about risk. Times are UTC, money is decimal strings in the shop's currency."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from churn.domain.assessment import Assessment
from churn.domain.bands import Crossing
from churn.domain.customer import Customer, Terms
from churn.domain.forecast import words
from churn.domain.forecast.words import Language
from churn.risk.prospect_schemas import ActAnswer, ConfidenceAnswer, ExpectedAnswer, prospect_fields
from mandegar.calendar import ShopDays
from mandegar.events.churn import Band, Lifecycle, Reason, Stage
from mandegar.quantities import from_us, to_us


class ReasonAnswer(BaseModel):
    """One reason for the rise of the risk since the last purchase; the weights of all reasons add up to `rise`."""

    code: str = Field(description="Stable name of the reason, for example silence_longer_than_usual")
    text: str = Field(description="The reason as a sentence in the language of the answer")
    weight: float = Field(
        description="Share of the rise, in logits of the risk, to six decimals; below 0 for what keeps it down"
    )
    evidence: dict[str, str | int | float] = Field(description="The figures behind the text")


class CrossingAnswer(BaseModel):
    """The next band, and the instant at which it begins unless the customer orders before."""

    band: Band
    at: datetime
    days: int = Field(description="Days of the shop's calendar until then; 0 is today")
    text: str = Field(description="The same as a sentence in the language of the answer")


class ListedRisk(BaseModel):
    """A customer's risk at `as_of`. What follows from purchases is null if there is none."""

    customer_id: str
    risk: float | None = Field(description="Probability of no purchase within horizon_days")
    rise: float | None = Field(
        description="By how much the logit of the risk has risen since the last purchase, to six decimals; below 0 "
        "where visits or praise since then have brought it down"
    )
    band: Band | None = Field(
        description="How far the probability of a purchase has fallen since the last one: "
        "to a half (cooling), a quarter (at_risk), a twelfth or 2 % (lost)"
    )
    band_since: datetime | None = Field(description="When the customer entered the band")
    horizon_days: int
    next_crossing: CrossingAnswer | None = Field(description="The next crossing; null in the last band, lost")
    reasons: list[ReasonAnswer] = Field(description="The reasons, the one with the largest weight first")
    value_at_risk: str | None = Field(
        description="What a contact can win back: P x (1 - P) of a purchase at value_at_risk_as_of"
        " x orders expected within horizon_days x mean order value"
    )
    value_at_risk_as_of: datetime | None = Field(
        description="When the customer entered the band. The value is as of this instant, so that the order of a list "
        "is stable"
    )
    model_version: int = Field(description="Version of the shop's model; 0 until one was fitted")
    as_of: datetime


class RiskAnswer(ListedRisk):
    """A customer's risk, and what follows from it. What follows from purchases is null if there is none."""

    expected: ExpectedAnswer | None
    confidence: ConfidenceAnswer | None
    act: ActAnswer | None = Field(
        description="Null also on the day of the last order, when another order changes nothing"
    )


class ListedCustomer(ListedRisk):
    """A customer of a list."""

    last_order_at: datetime = Field(
        description="Payment of the latest order that is neither cancelled nor wholly refunded"
    )
    sorted_by: str = Field(
        description="Where the customer stands in this list: the decimal number or the day that `sort` sorts by"
    )


class CustomerList(BaseModel):
    """One page of customers."""

    customers: list[ListedCustomer]
    next_cursor: str | None = Field(description="Pass as cursor to get the next page; null on the last page")
    as_of: datetime


class BandCounts(BaseModel):
    """The number of customers in each band, lifecycle and stage, as last published."""

    bands: dict[Band, int]
    lifecycles: dict[Lifecycle, int]
    stages: dict[Stage, int]
    model_version: int = Field(description="The shop's newest model version")
    as_of: datetime


def risk_fields(
    customer: Customer, terms: Terms, assessed: Assessment | None, at: datetime, language: Language
) -> dict[str, Any]:
    """The fields of ``RiskAnswer`` for a customer at an instant, as JSON encoders take them."""
    return {**listed_fields(customer, terms, assessed, at, language), **prospect_fields(assessed, language)}


def listed_fields(
    customer: Customer, terms: Terms, assessed: Assessment | None, at: datetime, language: Language
) -> dict[str, Any]:
    """The fields of ``ListedRisk``."""
    since = from_us(assessed.since_us) if assessed else None
    return {
        "customer_id": customer.customer_id,
        "risk": assessed and assessed.risk,
        "rise": assessed and assessed.rise,
        "band": assessed and assessed.band,
        "band_since": since,
        "horizon_days": terms.model.horizon_days,
        "next_crossing": _crossing(assessed.next, terms.days, at, language) if assessed and assessed.next else None,
        "reasons": [_reason(reason) for reason in assessed.reasons] if assessed else [],
        "value_at_risk": f"{assessed.value_at_risk:f}" if assessed else None,
        "value_at_risk_as_of": since,
        "model_version": terms.model.version,
        "as_of": at,
    }


def customer_fields(
    customer: Customer, terms: Terms, assessed: Assessment, at: datetime, language: Language
) -> dict[str, Any]:
    """The fields of ``ListedCustomer``."""
    listed = listed_fields(customer, terms, assessed, at, language)
    return {**listed, "last_order_at": from_us(assessed.statistics.last_at_us)}


def _crossing(coming: Crossing, days: ShopDays, at: datetime, language: Language) -> dict[str, Any]:
    on_day = days.day_of(coming.at_us)
    left = on_day - days.day_of(to_us(at))
    text = words.next_line(coming.band, left, on_day, language)
    return {"band": coming.band, "at": from_us(coming.at_us), "days": left, "text": text}


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "text": reason.text, "weight": reason.weight, "evidence": reason.evidence}
