"""The customer card: everything a front end or a support agent needs, in one read."""

from datetime import datetime

from churn.card.rows import CardRow, find_card
from churn.card.schemas import ActivityPart, Card, OrdersPart, PartFreshness
from churn.customers.rows import find_customer, read_what_is_needed
from churn.domain.assessment import assess
from churn.domain.customer import Customer
from churn.domain.orders import money
from churn.domain.purchases import Statistics
from churn.models.rows import calendar_of, load_terms, models_of
from churn.risk.schemas import risk_fields
from mandegar.database import as_shop
from mandegar.quantities import from_us
from mandegar.web import Ctx, CustomerRead, Router
from mandegar.web.customers import unknown_customer

router = Router()

_EMPTY = CardRow(None, 0, None, None, [], None)


@router.get("/v1/customers/{customer_id}", summary="Customer card")
async def card(ctx: Ctx, customer: CustomerRead) -> Card:
    """Returns risk with its reasons, orders, activity, points, tier and the last messages of one customer.

    Risk is as of now; `freshness` tells how current each other part is.
    """
    now = ctx.clock.now()
    async with as_shop(ctx.web, customer.shop) as connection:
        state = await find_customer(connection, customer)
        row = await find_card(connection, customer)
        if state is None and row is None:
            raise unknown_customer()
        state, row = state or Customer(customer.shop, customer.customer_id, 0), row or _EMPTY
        model = (await models_of(connection, customer.shop, {state.model_version}))[state.model_version]
        days = await calendar_of(connection, state)
        await read_what_is_needed(connection, [state])
        terms = (await load_terms(connection, {customer.shop}))[customer.shop]
    assessed = assess(state, model, days, now)
    return Card(
        **risk_fields(state, model, assessed, now),
        currency=terms.currency,
        activity=_activity(state),
        orders=None if assessed is None else _orders(assessed.statistics),
        points=row.points,
        tier=row.tier,
        messages=[{name: value for name, value in message.items() if name != "event_id"} for message in row.messages],
        freshness=_freshness(state, row, now),
    )


def _activity(state: Customer) -> ActivityPart:
    return ActivityPart(
        interactions=state.interactions,
        last_interaction_at=state.last_interaction_at,
        tickets_opened=state.tickets_opened,
        tickets_closed=state.tickets_closed,
    )


def _orders(statistics: Statistics) -> OrdersPart:
    return OrdersPart(
        orders=statistics.orders,
        total=f"{money(statistics.net):.2f}",
        mean_order_value=statistics.mean_order_value,
        last_order_at=from_us(statistics.last_at_us),
    )


def _freshness(state: Customer, row: CardRow, now: datetime) -> dict[str, PartFreshness]:
    return {
        "risk": PartFreshness(as_of=now, version=state.version),
        "activity": PartFreshness(as_of=state.last_event_at),
        "points": PartFreshness(as_of=row.points_at, version=row.points_version or None),
        "messages": PartFreshness(as_of=row.messages_at),
    }
