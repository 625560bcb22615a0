"""The shapes of the parts of a card that churn itself knows."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from mandegar.events.churn import Lifecycle, Stage


class CardSegment(BaseModel):
    """A segment in which the customer is."""

    segment: str
    since: datetime


class LastItems(BaseModel):
    """The order that the shop reported last, as it is now. Amounts are decimal strings."""

    order_id: str
    state: str = Field(description="placed, paid, partly_refunded, refunded or cancelled")
    currency: str
    total: str
    net: str = Field(description="The total less refunds; 0 if the order is cancelled")
    items: str = Field(description="How many pieces")
    lines: int = Field(description="How many different items")
    first_items: list[dict[str, Any]] = Field(description="The first five items: product_id and quantity")


class TicketAnswer(BaseModel):
    """A ticket, as it is now."""

    ticket_id: str
    state: str = Field(description="opened, answered or closed")
    since: datetime = Field(description="When it came into this state")
    category: str | None
    priority: str | None


class TicketsPart(BaseModel):
    """The newest 20 tickets."""

    open: int = Field(description="How many tickets are not closed")
    last: TicketAnswer | None = Field(description="The ticket that was opened last")


class ScoreAnswer(BaseModel):
    """What the customer answered last to surveys of a kind."""

    score: float = Field(description="Of NPS from 0 to 10, of CSAT from 0 to 100")
    at: datetime


class AnswersPart(BaseModel):
    """The last answer to each kind of survey; null: none."""

    nps: ScoreAnswer | None
    csat: ScoreAnswer | None


class ConsentAnswer(BaseModel):
    """The customer's last word on marketing over a channel."""

    status: Literal["granted", "withdrawn"]
    at: datetime
    method: str


class GlanceParts(BaseModel):
    """The customer at a glance."""

    lifecycle: Lifecycle | None = Field(
        description="Where the customer is in their life with the shop, as of now; null before the first purchase, and "
        "for a customer's own token"
    )
    stage: Stage | None = Field(
        description="Stage of the customer's journey, as of now; null if no act is known, and for a customer's own "
        "token"
    )
    segments: list[CardSegment] | None = Field(
        description="The segments in which the customer is, by name; null for a customer's own token"
    )
    last_items: LastItems | None
    favourite_category: str | None = Field(
        description="The category that is in most of the last five orders that are neither cancelled nor wholly "
        "refunded; null if they name none"
    )
    tickets: TicketsPart | None = Field(description="Null for a customer's own token")
    answers: AnswersPart | None = Field(description="Null for a customer's own token")
    consents: dict[str, ConsentAnswer] = Field(
        description="By channel, as notify published it last: what the customer told notify itself, by an unsubscribe "
        "link or in preferences. Channels of which notify has published nothing are left out"
    )
    ids: list[str] | None = Field(
        description="Up to 20 ids that were merged into this customer; null for a customer's own token"
    )
