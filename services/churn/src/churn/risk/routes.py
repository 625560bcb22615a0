"""One customer's risk, computed for the moment of the question or for another instant."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query, Response
from pydantic import AwareDatetime

from churn.domain.assessment import assess, assess_as_of
from churn.models.rows import model_at
from churn.risk.read_rows import READ_CUSTOMERS, read_of_roots, read_whole, reading_of, with_what_is_needed
from churn.risk.schemas import RiskAnswer, risk_fields
from mandegar.database import as_shop
from mandegar.web import Ctx, CustomerRead, Router
from mandegar.web.customers import unknown_customer
from mandegar.web.json_answer import json_answer
from mandegar.web.language import AcceptLanguage, Lang, language_of

router = Router()

AT_MIN = datetime(1971, 1, 1, tzinfo=UTC)
AT_MAX = datetime(2500, 1, 1, tzinfo=UTC)
At = Annotated[
    AwareDatetime | None,
    Query(
        ge=AT_MIN, le=AT_MAX, description="Instant of the assessment, defaults to now; orders paid later are left out"
    ),
]


@router.read("/v1/customers/{customer_id}/risk", RiskAnswer, summary="Get the risk of a customer")
async def risk(
    ctx: Ctx, customer: CustomerRead, at: At = None, lang: Lang = None, accept_language: AcceptLanguage = ""
) -> Response:
    """Returns the probability that the customer does not buy within the horizon, its reasons, and the next crossing.

    With `at`, it is computed by the version of the model that was the shop's newest at that instant.
    """
    ids, language = [customer.customer_id], language_of(lang, accept_language)
    if at is not None:
        [(_, state, terms)] = await read_whole(ctx, customer.shop, ids)
        if state is None:
            raise unknown_customer()
        instant = at.astimezone(UTC)
        if instant <= ctx.clock.now():
            async with as_shop(ctx.web, customer.shop) as connection:
                terms = terms._replace(model=await model_at(connection, customer.shop, instant))
        assessed = assess_as_of(state, terms.model, terms.days, instant, language)
        return json_answer(risk_fields(state, terms, assessed, instant, language))
    [row], as_of = await read_of_roots(ctx, READ_CUSTOMERS, customer.shop, ids)
    [(_, state, terms)] = await with_what_is_needed(ctx, customer.shop, [reading_of(row)])
    if state is None:
        raise unknown_customer()
    assessed = assess(state, terms.model, terms.days, as_of, language)
    return json_answer(risk_fields(state, terms, assessed, as_of, language))
