"""Routes of a shop's books: periods, liability, and the entries behind them, as JSON or CSV."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from loyalty.books import entry_rows, liability, periods
from loyalty.books.csv_rows import UNIT_COLUMNS, entry_pages
from loyalty.books.liability import Asked, liability_of
from loyalty.books.periods import bounds_of, periods_of
from loyalty.books.rows import sums_of_lots, sums_of_periods
from loyalty.books.schemas import Liability, Periods
from loyalty.domain.programme import in_force
from loyalty.programme.announced import UNKNOWN_SHOP, announced_shop
from loyalty.programme.rows import rules_of
from mandegar.calendar import shop_days
from mandegar.database import as_shop, as_shop_reporting
from mandegar.months import FIRST_DAY, LAST_DAY, Calendar, days_between, months_between
from mandegar.quantities import decimal_of, from_us, to_us
from mandegar.shops import Shop
from mandegar.tokens import Principal
from mandegar.web import Ctx, Problem, Router, errors, require
from mandegar.web.csv_answer import ALSO_CSV, WithBom, csv_answer, one_page, wants_csv

PERIODS_MAX = 400
VALUE_MAX = Decimal("1e12")

router = Router(
    prefix="/v1/books",
    tags=["books"],
    responses=errors(
        UNKNOWN_SHOP,
        (422, "invalid_span", "the span of days is empty, or has too many periods"),
    ),
)
Bookkeeper = Annotated[Principal, require("books:read")]
First = Annotated[date, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="The first day, as 2027-01-31")]
Last = Annotated[date, Query(alias="to", ge=FIRST_DAY, le=LAST_DAY, description="The last day, which is included")]
InCalendar = Annotated[
    Calendar,
    Query(description="The calendar of months and of labels; `from` and `to` are Gregorian days in any case"),
]


class Span:
    """The days that are asked for."""

    def __init__(self, first: First, last: Last) -> None:
        if last < first:
            raise Problem(422, "invalid_span", "`to` is before `from`", "Give the first and the last day of the span")
        self.first, self.last = first, last


Spanned = Annotated[Span, Depends(Span)]


class Wanted:
    """Which periods of a span are asked for."""

    def __init__(
        self,
        span: Spanned,
        by: Annotated[str, Query(pattern="^(day|month)$", description="The length of a period")] = "month",
        calendar: InCalendar = "gregorian",
    ) -> None:
        between = days_between if by == "day" else months_between
        if by == "day" and (span.last - span.first).days >= PERIODS_MAX:
            raise _too_many()
        self.spans = list(between(span.first, span.last, calendar))
        if len(self.spans) > PERIODS_MAX:
            raise _too_many()
        self.calendar = calendar


def _too_many() -> Problem:
    return Problem(
        422, "invalid_span", f"An answer has at most {PERIODS_MAX} periods", "Ask for a shorter span, or by month"
    )


@router.get(
    "/periods",
    summary="Get the points of each day or month, with the liability before and after it",
    responses=ALSO_CSV,
)
async def get_periods(
    ctx: Ctx,
    who: Bookkeeper,
    wanted: Annotated[Wanted, Depends(Wanted)],
    request: Request,
    bom: WithBom = False,
) -> Periods:
    """Each period begins with what the one before ends with. The totals are those of the ledger, entry by entry.

    An entry belongs to the day on which it was posted, in the zone that the shop had then, whenever it took effect:
    late events are booked when they arrive, and a period that is over never changes. Of erased customers points stay
    counted if the shop keeps books (`keep_books`); otherwise they leave the periods as they leave the ledger.
    """
    answer = await _periods(ctx, who, wanted)
    if wants_csv(request):
        return _periods_csv(answer, bom=bom)  # type: ignore[return-value]  # a response is sent as it is
    return answer


@router.get("/periods.csv", summary="Get the points of each day or month as CSV", response_class=Response)
async def get_periods_csv(
    ctx: Ctx, who: Bookkeeper, wanted: Annotated[Wanted, Depends(Wanted)], bom: WithBom = False
) -> Response:
    """As `/v1/books/periods`, one line for each period. Behind points stand the same figures of credit (`credit_issued`
    and so on, empty if the shop has never had any) and their `currency`.
    """
    return _periods_csv(await _periods(ctx, who, wanted), bom=bom)


async def _periods(ctx: Ctx, who: Principal, wanted: Wanted) -> Periods:
    shop, as_of = await _shop(ctx, who), ctx.clock.now()
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        sums = await sums_of_periods(connection, who.shop, bounds_of(wanted.spans))
    return Periods(
        calendar=wanted.calendar,
        zone=shop.zone,
        currency=shop.currency,
        periods=periods_of(wanted.spans, sums),
        as_of=as_of,
    )


def _periods_csv(answer: Periods, *, bom: bool) -> Response:
    rows = [periods.row_of(period, answer.currency) for period in answer.periods]
    return csv_answer(periods.COLUMNS, one_page(rows), file_name="periods.csv", bom=bom)


def _value(
    value_per_point: Annotated[
        str | None,
        Query(
            max_length=32,
            description="What a point is worth, in the currency of the shop: 0.5. Without it what the programme in "
            "force says (`spend.value`, else `guards.value_per_point`)",
        ),
    ] = None,
) -> Decimal | None:
    if value_per_point is None:
        return None
    try:
        value = decimal_of(value_per_point)
    except ValueError as error:
        raise Problem(422, "invalid_value", f"value_per_point {error}") from error
    if not 0 <= value <= VALUE_MAX:
        raise Problem(422, "invalid_value", f"value_per_point must be from 0 to {VALUE_MAX:f}")
    return value


Value = Annotated[Decimal | None, Depends(_value)]
INVALID_VALUE = errors((422, "invalid_value", "`value_per_point` is no number, or out of bounds"))


@router.get(
    "/liability", summary="Get what the shop owes in points, by month of expiry", responses=ALSO_CSV | INVALID_VALUE
)
async def get_liability(
    ctx: Ctx,
    who: Bookkeeper,
    request: Request,
    value: Value,
    calendar: InCalendar = "gregorian",
    bom: WithBom = False,
) -> Liability:
    """Usable, pending and reserved points by the month of their last day, and debt apart.

    Breakage, the share that expires unused, is taken from the months of this shop that are over.
    """
    answer = await _liability(ctx, who, value, calendar)
    if wants_csv(request):
        return _liability_csv(answer, bom=bom)  # type: ignore[return-value]  # a response is sent as it is
    return answer


@router.get(
    "/liability.csv",
    summary="Get what the shop owes in points as CSV",
    response_class=Response,
    responses=INVALID_VALUE,
)
async def get_liability_csv(
    ctx: Ctx, who: Bookkeeper, value: Value, calendar: InCalendar = "gregorian", bom: WithBom = False
) -> Response:
    """As `/v1/books/liability`: a line for each month, then those of the totals. In the last columns stand the `credit`
    with the same end (in the line `debt` what is owed) and its `currency`; empty if the shop has never had any.
    """
    return _liability_csv(await _liability(ctx, who, value, calendar), bom=bom)


async def _liability(ctx: Ctx, who: Principal, value: Decimal | None, calendar: Calendar) -> Liability:
    shop, as_of = await _shop(ctx, who), ctx.clock.now()
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        rows = await sums_of_lots(connection, who.shop)
        if value is None:
            rules = await rules_of(connection, who.shop)
            value = in_force(rules.programmes, to_us(as_of)).point_value
    return liability_of(rows, Asked(shop.currency, value, calendar, _today(shop, as_of), as_of))


def _liability_csv(answer: Liability, *, bom: bool) -> Response:
    return csv_answer(liability.COLUMNS, one_page(liability.rows_of(answer)), file_name="liability.csv", bom=bom)


@router.get("/entries.csv", summary="Get the entries that were posted in a span as CSV", response_class=Response)
async def get_entries(ctx: Ctx, who: Bookkeeper, span: Spanned, bom: WithBom = False) -> Response:
    """One line for each entry, in order of posting, whatever their number. `unit` is `points` or, of credit, the
    currency; `points` is then 0, and `amount` says how much.

    The days are those of the shop's present zone. An answer that ends before the end of the span was interrupted: ask
    again.
    """
    shop = await _shop(ctx, who)
    days = shop_days(shop.zone)
    begin, end = from_us(days.start_of(span.first.toordinal())), from_us(days.end_of(span.last.toordinal()))
    found = entry_rows.entries_between(ctx.reporting, who.shop, begin, min(end, ctx.clock.now() + _NOW_INCLUDED))
    return csv_answer(
        (*entry_rows.COLUMNS, *UNIT_COLUMNS), entry_pages(found, shop.currency), file_name="entries.csv", bom=bom
    )


_NOW_INCLUDED = timedelta(microseconds=1)


def _today(shop: Shop, now: datetime) -> date:
    return date.fromordinal(shop_days(shop.zone).day_of(to_us(now)))


async def _shop(ctx: Ctx, who: Principal) -> Shop:
    async with as_shop(ctx.web, who.shop) as connection:
        return await announced_shop(connection, who.shop)
