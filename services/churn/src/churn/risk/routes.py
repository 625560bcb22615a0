"""One customer's risk: computed when it is asked for, for now or for another instant."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from churn.domain.assessment import assess
from churn.domain.customer import Customer
from churn.models.rows import load_terms
from churn.risk.rows import find_customer, models_of
from churn.schemas import RiskAnswer, risk_fields
from mandegar.database import Connection, as_shop
from mandegar.web import Ctx, CustomerRead
from mandegar.web.access import unknown_customer

router = APIRouter()

AT_MIN = datetime(1971, 1, 1, tzinfo=UTC)
AT_MAX = datetime(2500, 1, 1, tzinfo=UTC)
At = Annotated[
    AwareDatetime | None,
    Query(ge=AT_MIN, le=AT_MAX, description="Default: now. In the past, purchases after it are left out"),
]


@router.get("/v1/customers/{customer_id}/risk")
async def risk(ctx: Ctx, who: CustomerRead, at: At = None) -> RiskAnswer:
    """The probability that a customer does not buy within the horizon, with its reasons and its next crossing."""
    async with as_shop(ctx.web, who.shop) as connection:
        customer = await find_customer(connection, who.shop, who.customer_id)
        if customer is None:
            raise unknown_customer()
        model = (await models_of(connection, who.shop, {customer.model_version}))[customer.model_version]
        zone = await zone_of(connection, customer)
    instant = (at or ctx.clock.now()).astimezone(UTC)
    assessed = assess(customer.orders, model, zone, instant, as_of=at is not None)
    return RiskAnswer(**risk_fields(customer, model, assessed, instant))


async def zone_of(connection: Connection, customer: Customer) -> ZoneInfo:
    """The calendar a customer was computed under last, else the shop's."""
    if customer.zone is not None:
        return ZoneInfo(customer.zone)
    return (await load_terms(connection, {customer.shop}))[customer.shop].zone
