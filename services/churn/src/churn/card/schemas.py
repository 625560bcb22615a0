"""The answer of the customer card. Times are UTC, money is decimal strings in the shop's currency."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from churn.risk.schemas import RiskAnswer


class OrdersPart(BaseModel):
    """Orders that were paid and not cancelled or wholly refunded; amounts are net of refunds."""

    orders: int
    total: str
    mean_order_value: str
    last_order_at: datetime


class ActivityPart(BaseModel):
    """What the customer did beside ordering."""

    interactions: int = Field(description="Views, carts, log-ins, reviews, survey answers and tickets")
    last_interaction_at: datetime | None
    tickets_opened: int
    tickets_closed: int


class PartFreshness(BaseModel):
    """How current a part of the card is."""

    as_of: datetime | None = Field(description="Time of the newest event in this part")
    version: int | None = Field(default=None, description="Version of that event, where it has one")


class Card(RiskAnswer):
    """One customer at a glance. Parts of which no event has arrived yet are null or empty."""

    currency: str
    activity: ActivityPart
    orders: OrdersPart | None = Field(description="Null before the first purchase")
    points: dict[str, Any] | None = Field(description="Balance as loyalty published it last")
    tier: str | None
    messages: list[dict[str, Any]] = Field(description="The ten newest messages sent or withheld, newest first")
    freshness: dict[str, PartFreshness] = Field(description="By part: risk, activity, points, messages")
