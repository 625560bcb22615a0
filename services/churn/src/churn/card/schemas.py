"""The answer of the customer card. Times are UTC, money is decimal strings in the shop's currency."""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from churn.card.part_schemas import GlanceParts
from churn.card.parts import of_own, parts_of
from churn.card.read_rows import CardReading, CardRow
from churn.domain.assessment import assess
from churn.domain.customer import Customer
from churn.domain.forecast.words import Language
from churn.domain.orders import money
from churn.domain.purchases import Statistics
from churn.risk.schemas import RiskAnswer, risk_fields
from mandegar.quantities import from_us

# Risk grows with every second of silence. A card whose tag is the same shows it as exactly as a front end does.
RISK_DIGITS = 3
WEIGHT_DIGITS = 2
UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {
        "description": "Since the answer whose `ETag` was sent in `If-None-Match`, nothing has changed but `as_of`, "
        "`risk` by less than 0.001, and `rise`, weights of reasons and expected purchases by less than 0.01"
    }
}
_EMPTY = CardRow(None, 0, None, None, [], None)


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


class Card(GlanceParts, RiskAnswer):
    """One customer at a glance. Parts of which no event has arrived yet are null or empty."""

    currency: str
    activity: ActivityPart
    orders: OrdersPart | None = Field(description="Null before the first purchase")
    points: dict[str, Any] | None = Field(description="Balance as loyalty published it last")
    credits: list[dict[str, str]] = Field(
        description="Credit in money as loyalty published it last: `unit`, and the sums of `points` as decimal text; "
        "empty: the customer has never had any"
    )
    tier: str | None
    messages: list[dict[str, Any]] = Field(
        description="The ten newest messages sent or withheld, newest first; for a customer's own token those sent"
    )
    freshness: dict[str, PartFreshness] = Field(
        description="By part: risk, activity, points, credits, messages, last_items, consents; and, except for a "
        "customer's own token, segments, tickets, answers, ids"
    )


class BatchedCard(Card):
    """The card of a customer, and the id by which the request asked for it."""

    id: str = Field(description="As the request gives it; customer_id is the id under which the customer is stored")


class CardBatch(BaseModel):
    """Several customers at a glance."""

    customers: list[BatchedCard] = Field(description="In the order of the request, each id once")
    unknown: list[str] = Field(description="Ids of which no event has been applied here, as the request gives them")
    as_of: datetime


def card_fields(
    shop: str, read: CardReading, now: datetime, language: Language = "en", *, own: bool = False
) -> dict[str, Any] | None:
    """The fields of ``Card`` as JSON encoders take them; None if nothing is known of the customer.

    ``own``: for the customer's own token.
    """
    reading, row, glance = read
    if reading.state is None and row is None and not any(glance):
        return None
    state, row = reading.state or Customer(shop, reading.customer_id, 0), row or _EMPTY
    row = of_own(row) if own else row
    terms = reading.terms
    assessed = assess(state, terms.model, terms.days, now, language)
    parts, fresh = parts_of(glance, state, terms, assessed, now, own=own)
    return {
        **risk_fields(state, terms, assessed, now, language),
        **parts,
        "currency": terms.currency,
        "activity": {
            "interactions": state.interactions,
            "last_interaction_at": state.last_interaction_at,
            "tickets_opened": state.tickets_opened,
            "tickets_closed": state.tickets_closed,
        },
        "orders": None if assessed is None else _orders(assessed.statistics),
        "points": row.points,
        "credits": [] if row.credit is None else [row.credit],
        "tier": row.tier,
        "messages": row.messages,
        "freshness": {
            "risk": {"as_of": now, "version": state.version},
            "activity": {"as_of": state.last_event_at, "version": None},
            "points": {"as_of": row.points_at, "version": row.points_version or None},
            "credits": {"as_of": row.credit_at, "version": row.credit_version or None},
            "messages": {"as_of": row.messages_at, "version": None},
            **fresh,
        },
    }


def steady_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """What the tag of a card covers: all that a reader sees but the time, risk and weights as exactly as stated."""
    freshness = fields["freshness"]
    return {
        **fields,
        "as_of": None,
        "risk": None if fields["risk"] is None else round(fields["risk"], RISK_DIGITS),
        "rise": None if fields["rise"] is None else round(fields["rise"], WEIGHT_DIGITS),
        "reasons": [{**reason, "weight": round(reason["weight"], WEIGHT_DIGITS)} for reason in fields["reasons"]],
        "expected": None if fields["expected"] is None else _steady(fields["expected"]),
        "freshness": {**freshness, "risk": freshness["risk"]["version"]},
    }


def _steady(expected: dict[str, Any]) -> list[float]:
    return [round(each["purchases"], WEIGHT_DIGITS) for each in (expected, expected["year"])]


def _orders(statistics: Statistics) -> dict[str, Any]:
    return {
        "orders": statistics.orders,
        "total": f"{money(statistics.net):.2f}",
        "mean_order_value": statistics.mean_order_value,
        "last_order_at": from_us(statistics.last_at_us),
    }
