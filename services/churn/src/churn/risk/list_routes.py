"""Customers by band: how many there are, and a list of them, most value at risk first."""

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Query

from churn.customers.rows import read_what_is_needed
from churn.domain.assessment import assess
from churn.domain.bands import BANDS
from churn.domain.customer import NO_CURRENCY, Customer, Terms
from churn.models.rows import load_terms, models_of
from churn.risk.rows import Position, count_bands, list_by_value
from churn.risk.schemas import BandCounts, CustomerList, ListedRisk, listed_fields
from mandegar.calendar import shop_days
from mandegar.database import as_shop_reporting
from mandegar.events.churn import Band
from mandegar.quantities import decimal_of
from mandegar.tokens import Principal
from mandegar.web import Ctx, Router, require
from mandegar.web.language import AcceptLanguage, Lang, language_of
from mandegar.web.paging import read_cursor, stored_text, write_cursor

router = Router()

Reader = Annotated[Principal, require("customers:read")]


@router.get("/v1/bands", summary="Customers per band")
async def bands(ctx: Ctx, who: Reader) -> BandCounts:
    """Returns the number of customers in each band. Customers without a purchase are in none."""
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        counts = await count_bands(connection, who.shop)
        model = (await load_terms(connection, {who.shop}))[who.shop].model
    by_band: dict[Band, int] = {band: counts.get(band, 0) for band in BANDS}
    return BandCounts(bands=by_band, model_version=model.version, as_of=ctx.clock.now())


@router.get("/v1/customers", summary="Customers of a band")
async def customers(
    ctx: Ctx,
    who: Reader,
    band: Annotated[Band, Query(description="Band as published last")] = "at_risk",
    sort: Annotated[  # noqa: ARG001  the only order there is
        Literal["value_at_risk"], Query(description="The only order: highest value at risk first")
    ] = "value_at_risk",
    limit: Annotated[int, Query(ge=1, le=200, description="Customers per page, at most 200")] = 50,
    cursor: Annotated[str | None, Query(max_length=1000, description="next_cursor of the previous page")] = None,
    lang: Lang = None,
    accept_language: AcceptLanguage = "",
) -> CustomerList:
    """Returns the customers of a band, highest value at risk first, each with the same figures as their own `risk`
    has but `expected`, `confidence` and `act`.

    `value_at_risk` is that of the crossing into the band, so that the order holds while you page; the rest is as of
    now. A customer who leaves the band while you ask may be missing, so a page may be shorter than `limit`.
    """
    now, language = ctx.clock.now(), language_of(lang, accept_language)
    after = None if cursor is None else Position(*read_cursor(cursor, decimal_of, stored_text))
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        page = await list_by_value(connection, who.shop, band, after, limit)
        models = await models_of(connection, who.shop, {customer.model_version for customer in page})
        await read_what_is_needed(connection, page)
    listed = []
    for customer in page:
        terms = Terms(models[customer.model_version], shop_days(customer.zone or "UTC"), NO_CURRENCY)
        assessed = assess(customer, terms.model, terms.days, now, language)
        if assessed is not None and assessed.band == band:
            listed.append(ListedRisk(**listed_fields(customer, terms, assessed, now, language)))
    more = _cursor(page[-1]) if len(page) == limit else None
    return CustomerList(customers=listed, next_cursor=more, as_of=now)


def _cursor(last: Customer) -> str:
    return write_cursor(last.value_at_risk or Decimal(0), last.customer_id)
