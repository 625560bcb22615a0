"""The customer card: the one read that a front end or a support agent needs."""

from datetime import datetime

from fastapi import APIRouter

from churn.domain.assessment import Assessment, assess
from churn.domain.customer import Customer
from churn.domain.orders import money
from churn.domain.purchases import from_us, mean_order_value
from churn.models.rows import load_terms
from churn.risk.routes import zone_of
from churn.risk.rows import CardParts, find_card, find_customer, models_of
from churn.schemas import ActivityPart, Card, OrdersPart, PartFreshness, risk_fields
from mandegar.database import as_shop
from mandegar.web import Ctx, CustomerRead
from mandegar.web.access import unknown_customer

router = APIRouter()

_NOTHING = CardParts(None, 0, None, None, [], None)


@router.get("/v1/customers/{customer_id}")
async def card(ctx: Ctx, who: CustomerRead) -> Card:
    """Risk at this moment with its reasons, orders, points and tier, last messages, and how fresh each part is."""
    now = ctx.clock.now()
    async with as_shop(ctx.web, who.shop) as connection:
        customer = await find_customer(connection, who.shop, who.customer_id)
        parts = await find_card(connection, who.shop, who.customer_id)
        if customer is None and parts is None:
            raise unknown_customer()
        known = customer or Customer(who.shop, who.customer_id, 0)
        model = (await models_of(connection, who.shop, {known.model_version}))[known.model_version]
        zone = await zone_of(connection, known)
        terms = (await load_terms(connection, {who.shop}))[who.shop]
    assessed = assess(known.orders, model, zone, now)
    said = parts or _NOTHING
    return Card(
        **risk_fields(known, model, assessed, now),
        currency=terms.currency,
        band_since=known.band_since,
        activity=_activity(known),
        orders=None if assessed is None else _orders(assessed),
        points=said.points,
        tier=said.tier,
        messages=[{name: value for name, value in message.items() if name != "event_id"} for message in said.messages],
        freshness=_freshness(known, said, now),
    )


def _activity(known: Customer) -> ActivityPart:
    return ActivityPart(
        interactions=known.interactions,
        last_interaction_at=known.last_interaction_at,
        tickets_opened=known.tickets_opened,
        tickets_closed=known.tickets_closed,
    )


def _orders(assessed: Assessment) -> OrdersPart:
    folded = assessed.statistics
    return OrdersPart(
        orders=folded.orders,
        total=f"{money(folded.net):.2f}",
        mean_order_value=mean_order_value(folded),
        last_order_at=from_us(folded.last_at_us),
    )


def _freshness(known: Customer, said: CardParts, now: datetime) -> dict[str, PartFreshness]:
    return {
        "risk": PartFreshness(as_of=now, version=known.version),
        "activity": PartFreshness(as_of=known.last_event_at),
        "points": PartFreshness(as_of=said.points_at, version=said.points_version or None),
        "messages": PartFreshness(as_of=said.messages_at),
    }
