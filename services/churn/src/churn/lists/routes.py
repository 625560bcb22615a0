"""Customers by band: how many there are, and lists of them as JSON and CSV."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query, Request, Response

from churn.counts.rows import counts_of, lifecycles_in, stages_in
from churn.customers.rows import read_what_is_needed
from churn.domain.assessment import assess
from churn.domain.bands import BANDS
from churn.domain.customer import NO_CURRENCY, Terms
from churn.lists.rows import NOT_HEALTHY, Filter, Position, Sort, band_of, read_in_order, walk_list
from churn.models.rows import load_terms, models_of
from churn.risk.schemas import BandCounts, CustomerList, ListedCustomer, customer_fields
from churn.segments.routes import SEGMENT_NAME, UNKNOWN, require_segment
from mandegar.calendar import shop_days
from mandegar.database import as_shop_reporting
from mandegar.events.churn import Band, Lifecycle, Stage
from mandegar.quantities import decimal_of
from mandegar.service.context import Context
from mandegar.tokens import Principal
from mandegar.web import Ctx, Problem, Router, errors, require
from mandegar.web.csv_answer import ALSO_CSV, Cell, WithBom, csv_answer, wants_csv
from mandegar.web.language import AcceptLanguage, Lang, language_of
from mandegar.web.paging import read_cursor, stored_text, write_cursor

router = Router()

Reader = Annotated[Principal, require("customers:read")]
CSV_PAGE = 200
CSV_COLUMNS = (
    "customer_id",
    "band",
    "band_since",
    "risk",
    "value_at_risk",
    "last_order_at",
    "next_band",
    "next_crossing_at",
    "reason",
    "sorted_by",
)


@router.get("/v1/bands", summary="Get the number of customers in each band, lifecycle and stage")
async def bands(ctx: Ctx, who: Reader) -> BandCounts:
    """Returns the number of customers in each band, lifecycle and stage of the journey.

    Customers without a purchase are in no band and no lifecycle. Customers who are in no other stage are in
    `awareness`.
    """
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        counts = await counts_of(connection, who.shop)
        model = (await load_terms(connection, {who.shop}))[who.shop].model
    by_band: dict[Band, int] = {band: counts.get(band, 0) for band in BANDS}
    return BandCounts(
        bands=by_band,
        lifecycles=lifecycles_in(counts),
        stages=stages_in(counts),
        model_version=model.version,
        as_of=ctx.clock.now(),
    )


class Asked:
    """Which customers a list shall have, in which order and language, and from where on."""

    def __init__(
        self,
        band: Annotated[
            Band | None,
            Query(
                description="Band as published last; default: that of `lifecycle`, any where `segment`, `tier` or "
                "`stage` is given, else at_risk"
            ),
        ] = None,
        segment: Annotated[
            str | None, Query(pattern=SEGMENT_NAME, description="Only customers in this segment, for example won_back")
        ] = None,
        tier: Annotated[
            str | None,
            Query(
                pattern=r"^[^\x00]{1,200}$", description="Only customers with this tier, as loyalty published it last"
            ),
        ] = None,
        lifecycle: Annotated[
            Lifecycle | None, Query(description="Only customers with this lifecycle, as published last")
        ] = None,
        stage: Annotated[
            Stage | None, Query(description="Only customers in this stage of the journey, as published last")
        ] = None,
        sort: Annotated[
            Sort,
            Query(
                description="Highest value at risk first; of cooling, at_risk or lost also latest order first, or "
                "highest risk or value of the next 52 weeks first, both as of band_since"
            ),
        ] = "value_at_risk",
        cursor: Annotated[str | None, Query(max_length=1000, description="next_cursor of the previous page")] = None,
        lang: Lang = None,
        accept_language: AcceptLanguage = "",
    ) -> None:
        if band is None and lifecycle is not None:
            band = band_of(lifecycle)
        elif band is None and segment is None and tier is None and stage is None:
            band = "at_risk"
        self.wanted = Filter(band, segment, tier, lifecycle, stage)
        self.sort, self.language = sort, language_of(lang, accept_language)
        if sort != "value_at_risk" and self.wanted.band not in NOT_HEALTHY:
            raise Problem(
                422,
                "invalid_sort",
                f"Only a list of one of the bands cooling, at_risk and lost is sorted by {sort}",
                "Name such a band, or sort by value_at_risk",
            )
        self.after = None if cursor is None else _position(sort, cursor)


@router.get(
    "/v1/customers",
    summary="List the customers of a band, a lifecycle, a stage, a segment or a tier",
    responses={
        **ALSO_CSV,
        **errors(UNKNOWN, (422, "invalid_sort", "the customers of this list are not sorted by that")),
    },
)
async def customers(
    ctx: Ctx,
    who: Reader,
    asked: Annotated[Asked, Depends(Asked)],
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200, description="Customers per page, at most 200")] = 50,
    bom: WithBom = False,
) -> CustomerList:
    """Returns customers with the same figures as their own `risk` has but `expected`, `confidence` and `act`.

    `value_at_risk` is that of the crossing into the band, so that the order holds while you page, and so are the risk
    and the value by which `sort` may sort (`sorted_by` tells them); the rest is as of now. A customer who leaves the
    band while you ask may be missing, so a page may be shorter than `limit`. With `segment`, `tier`, `stage`, or a
    lifecycle of who is healthy, a page looks at 1,000 customers at most, so it may even be empty before the last: go on
    until `next_cursor` is null. Who has never bought is in no list: ask for the members of a segment (`considering`,
    `deciding`). With `Accept: text/csv` the answer has all customers behind the cursor.
    """
    if wants_csv(request):
        first = await _page(ctx, who.shop, asked, asked.after, CSV_PAGE)
        pages = _lines(ctx, who.shop, asked, first)
        answer: Response = csv_answer(CSV_COLUMNS, pages, file_name="customers.csv", bom=bom)
        return answer  # type: ignore[return-value]  # a response is sent as it is
    page = await _page(ctx, who.shop, asked, asked.after, limit)
    listed = [ListedCustomer(**customer) for customer in page.customers]
    return CustomerList(customers=listed, next_cursor=_cursor(page.last), as_of=page.as_of)


class _Page(NamedTuple):
    """The fields of the customers of a page, and the place behind which the next one begins."""

    customers: list[dict[str, Any]]
    last: Position | None
    as_of: datetime


async def _page(ctx: Context, shop: str, asked: Asked, after: Position | None, limit: int) -> _Page:
    now = ctx.clock.now()
    async with as_shop_reporting(ctx.reporting, shop) as connection:
        if asked.wanted.segment is not None:
            await require_segment(connection, shop, asked.wanted.segment)
        walked = await walk_list(connection, shop, asked.sort, asked.wanted, after, limit)
        page = await read_in_order(connection, shop, walked.keys)
        models = await models_of(connection, shop, {customer.model_version for customer in page})
        await read_what_is_needed(connection, page)
    listed = []
    for customer in page:
        terms = Terms(models[customer.model_version], shop_days(customer.zone or "UTC"), NO_CURRENCY)
        assessed = assess(customer, terms.model, terms.days, now, asked.language)
        if assessed is not None and asked.wanted.band in {None, assessed.band}:
            fields = customer_fields(customer, terms, assessed, now, asked.language)
            listed.append(fields | {"sorted_by": _text(walked.keys[customer.customer_id])})
    return _Page(listed, walked.last, now)


async def _lines(ctx: Context, shop: str, asked: Asked, page: _Page) -> AsyncIterator[Sequence[Sequence[Cell]]]:
    """The lines of a CSV answer; each page is read in a transaction of its own, so a slow reader holds none."""
    while True:
        yield [_line(customer) for customer in page.customers]
        if page.last is None:
            return
        page = await _page(ctx, shop, asked, page.last, CSV_PAGE)


def _line(customer: dict[str, Any]) -> tuple[Cell, ...]:
    coming, reasons = customer["next_crossing"] or {}, customer["reasons"]
    return (
        customer["customer_id"],
        customer["band"],
        customer["band_since"],
        f"{customer['risk']:.6f}",
        customer["value_at_risk"],
        customer["last_order_at"],
        coming.get("band"),
        coming.get("at"),
        reasons[0]["text"] if reasons else None,
        customer["sorted_by"],
    )


def _cursor(last: Position | None) -> str | None:
    if last is None:
        return None
    return write_cursor(_text(last.key), last.customer_id)


def _text(key: Decimal | int) -> str:
    return f"{key:f}" if isinstance(key, Decimal) else date.fromordinal(key).isoformat()


def _position(sort: Sort, cursor: str) -> Position:
    key: Callable[[str], Decimal | int] = _day if sort == "last_order" else decimal_of
    return Position(*read_cursor(cursor, key, stored_text))


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal()
