"""One customer's risk, computed for the moment of the question or for another instant."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

from churn.customers.rows import find_customer, read_what_is_needed
from churn.domain.assessment import assess, assess_as_of
from churn.models.rows import calendar_of, models_of
from churn.risk.schemas import RiskAnswer, risk_fields
from mandegar.database import as_shop
from mandegar.web import Ctx, CustomerRead, Router
from mandegar.web.customers import unknown_customer

router = Router()

AT_MIN = datetime(1971, 1, 1, tzinfo=UTC)
AT_MAX = datetime(2500, 1, 1, tzinfo=UTC)
At = Annotated[
    AwareDatetime | None,
    Query(
        ge=AT_MIN, le=AT_MAX, description="Instant of the assessment, defaults to now; orders paid later are left out"
    ),
]


@router.get("/v1/customers/{customer_id}/risk", summary="Risk of one customer")
async def risk(ctx: Ctx, customer: CustomerRead, at: At = None) -> RiskAnswer:
    """Returns the probability that the customer does not buy within the horizon, its reasons, and the next crossing."""
    async with as_shop(ctx.web, customer.shop) as connection:
        state = await find_customer(connection, customer)
        if state is None:
            raise unknown_customer()
        model = (await models_of(connection, customer.shop, {state.model_version}))[state.model_version]
        days = await calendar_of(connection, state)
        await read_what_is_needed(connection, [state], as_of=at is not None)
    instant = (at or ctx.clock.now()).astimezone(UTC)
    assessed = assess(state, model, days, instant) if at is None else assess_as_of(state, model, days, instant)
    return RiskAnswer(**risk_fields(state, model, assessed, instant))
