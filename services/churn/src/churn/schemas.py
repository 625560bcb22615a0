"""Answers of the routes. Times are UTC, money is decimal strings in the shop's currency."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from churn.domain.assessment import Assessment
from churn.domain.bands import Crossing
from churn.domain.customer import Customer
from churn.domain.model import Model
from churn.domain.purchases import from_us
from mandegar.events.churn import Band, Reason


class ReasonAnswer(BaseModel):
    """``weight`` is in logits of the risk; the weights add up to its rise since the last purchase."""

    code: str
    text: str
    weight: float
    evidence: dict[str, str | int | float]


class CrossingAnswer(BaseModel):
    """The band that begins at ``at`` if the customer does nothing."""

    band: Band
    at: datetime


class RiskAnswer(BaseModel):
    """``risk`` is the probability of no purchase within ``horizon_days``; null before the first purchase."""

    customer_id: str
    risk: float | None
    band: Band | None
    horizon_days: int
    next_crossing: CrossingAnswer | None
    reasons: list[ReasonAnswer]
    value_at_risk: str | None
    model_version: int
    as_of: datetime


class ListedCustomer(RiskAnswer):
    """A customer in a list; ``value_at_risk`` is as of ``band_since``, so that pages keep their order."""

    band_since: datetime


class CustomerList(BaseModel):
    """``next_cursor`` asks for the page behind this one; null on the last."""

    customers: list[ListedCustomer]
    next_cursor: str | None
    as_of: datetime


class BandCounts(BaseModel):
    """Customers per band, as published last."""

    bands: dict[Band, int]
    model_version: int
    as_of: datetime


class OrdersPart(BaseModel):
    """What the customer has bought, net of refunds."""

    orders: int
    total: str
    mean_order_value: str
    last_order_at: datetime


class ActivityPart(BaseModel):
    """What else they did."""

    interactions: int
    last_interaction_at: datetime | None
    tickets_opened: int
    tickets_closed: int


class PartFreshness(BaseModel):
    """How far a part of the card has come: the newest fact in it, and that fact's version where it has one."""

    as_of: datetime | None
    version: int | None = None


class Card(RiskAnswer):
    """All that one look at a customer needs. Parts that no service has spoken of yet are null or empty."""

    currency: str
    band_since: datetime | None
    activity: ActivityPart
    orders: OrdersPart | None
    points: dict[str, Any] | None
    tier: str | None
    messages: list[dict[str, Any]]
    freshness: dict[str, PartFreshness]


def risk_fields(customer: Customer, model: Model, assessed: Assessment | None, at: datetime) -> dict[str, Any]:
    """The fields of ``RiskAnswer`` for a customer at an instant."""
    return {
        "customer_id": customer.customer_id,
        "risk": assessed and assessed.risk,
        "band": assessed and assessed.band,
        "horizon_days": model.horizon_days,
        "next_crossing": _crossing(assessed.next) if assessed and assessed.next else None,
        "reasons": [_reason(reason) for reason in assessed.reasons] if assessed else [],
        "value_at_risk": f"{assessed.value_at_risk:f}" if assessed else None,
        "model_version": model.version,
        "as_of": at,
    }


def _crossing(coming: Crossing) -> CrossingAnswer:
    return CrossingAnswer(band=coming.band, at=from_us(coming.at_us))


def _reason(reason: Reason) -> ReasonAnswer:
    return ReasonAnswer(code=reason.code, text=reason.text, weight=reason.weight, evidence=reason.evidence)
