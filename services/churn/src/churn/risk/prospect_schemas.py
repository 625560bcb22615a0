"""What an answer tells beyond the risk: what is expected of a customer, how sure that is, and what would change it."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from churn.domain.assessment import Assessment
from churn.domain.forecast import words
from churn.domain.forecast.confidence import Confidence, confidence_of
from churn.domain.forecast.outlook import DISCOUNT_YEARLY, INTERVAL, Outlook
from churn.domain.forecast.words import Language

_DIGITS = 4


class ExpectedYear(BaseModel):
    """The next 52 weeks."""

    purchases: float = Field(description="Expected number of days with orders")
    value: str = Field(description=f"What they are worth today: money of a year later counts {1 - DISCOUNT_YEARLY:.0%}")
    low: str = Field(
        description=f"The value lies between `low` and `high` with a probability of {INTERVAL:.0%}, as it depends "
        "on how often the customer orders: each time counts with the mean value"
    )
    high: str


class ExpectedAnswer(BaseModel):
    """What the customer is expected to order, if nothing is done; money in the shop's currency."""

    purchases: float = Field(description="Expected number of days with orders within horizon_days")
    value: str = Field(
        description="What these orders are worth, at the mean of the customer's purchases and two average purchases of "
        "the shop"
    )
    year: ExpectedYear


class ConfidenceAnswer(BaseModel):
    """How much of the score is learned from the shop's own orders; the rest is what holds for any shop."""

    learned: float = Field(description="From 0, for a customer with one order in a new shop, towards 1")
    level: Confidence = Field(description="low below 0.5, high from 0.8 on")


class ActAnswer(BaseModel):
    """What would bring the customer back to a better band: one order, because nothing else changes the score."""

    code: Literal["order_today"]
    text: str
    risk: float = Field(description="The risk after one order today of the customer's mean value")
    band: Literal["healthy"] = Field(description="The band after that order")
    healthy_days: int | None = Field(
        description="For how many days this band lasts without a further order; null for over ten years"
    )


def prospect_fields(assessed: Assessment | None, language: Language) -> dict[str, Any]:
    """The fields ``expected``, ``confidence`` and ``act`` as JSON encoders take them."""
    if assessed is None:
        return {"expected": None, "confidence": None, "act": None}
    prospect = assessed.prospect()
    learned, act = prospect.learned, prospect.act
    return {
        "expected": _expected(prospect.outlook),
        "confidence": {"learned": round(learned, _DIGITS), "level": confidence_of(learned)},
        "act": act
        and {
            "code": "order_today",
            "text": words.one_order(assessed.risk, act.risk, act.healthy_days, language),
            "risk": act.risk,
            "band": "healthy",
            "healthy_days": act.healthy_days,
        },
    }


def _expected(outlook: Outlook) -> dict[str, Any]:
    return {
        "purchases": round(outlook.purchases, _DIGITS),
        "value": f"{outlook.value:.2f}",
        "year": {
            "purchases": round(outlook.year_purchases, _DIGITS),
            "value": f"{outlook.year_value:.2f}",
            "low": f"{outlook.year_low:.2f}",
            "high": f"{outlook.year_high:.2f}",
        },
    }
