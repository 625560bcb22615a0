"""A customer's visits, for front ends that welcome somebody back."""

from churn.customers.rows import find_customer
from churn.models.rows import calendar_of
from churn.visits.rules import days_since_last_visit
from churn.visits.schemas import Visits
from mandegar.database import as_shop
from mandegar.web import Ctx, CustomerRead, Router
from mandegar.web.customers import unknown_customer

router = Router()


@router.get("/v1/customers/{customer_id}/visits", summary="Get the visits of a customer")
async def visits(ctx: Ctx, customer: CustomerRead) -> Visits:
    """Returns how often the customer interacted with the shop, and when they did so last."""
    now = ctx.clock.now()
    async with as_shop(ctx.web, customer.shop) as connection:
        state = await find_customer(connection, customer)
        if state is None:
            raise unknown_customer()
        days = await calendar_of(connection, state)
    last_visit_at = state.last_interaction_at
    return Visits(
        customer_id=state.customer_id,
        visits=state.interactions,
        last_visit_at=last_visit_at,
        days_since_last_visit=days_since_last_visit(last_visit_at, now, days),
        as_of=now,
    )
