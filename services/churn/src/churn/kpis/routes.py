"""The figures of a shop by month, and its cohorts, from sums that are kept as orders change."""

from collections.abc import Collection
from datetime import date
from typing import Annotated, Literal, TypeAlias

from fastapi import Depends, Query, Request, Response

from churn.domain.alarms import MONTHS_COMPARED, alarms_of
from churn.domain.contract_figures import contract_months_of, running_now
from churn.domain.dimensions import VALUE_CHARS_MAX, Dimension, ever_of, rest_of, value_of
from churn.domain.kpis import WINDOW_DEFAULT, WINDOW_MAX, cohorts_of, ladder_of, months_of
from churn.kpis.answers import Asked, Part, Parts, cohort_lines, cohorts_answer, kpis_answer
from churn.kpis.by_segment import segment_parts
from churn.kpis.columns import COHORT_COLUMNS
from churn.kpis.part_rows import largest_parts, parts_of_months
from churn.kpis.rows import counts_of_months, counts_of_shop, is_being_counted
from churn.kpis.schemas import Cohorts, Kpis
from mandegar.calendar import shop_days
from mandegar.database import ReadConnection, as_shop_reporting
from mandegar.events.identity import opaque_spellings
from mandegar.months import FIRST_DAY, GREGORIAN, JALALI, LAST_DAY, Calendar, month_number
from mandegar.quantities import to_us
from mandegar.shops import Shop, load_shops
from mandegar.tokens import Principal
from mandegar.web import Ctx, Problem, Router, errors, require
from mandegar.web.csv_answer import ALSO_CSV, WithBom, csv_answer, one_page, wants_csv

MONTHS_MAX = 120
MONTHS_DEFAULT = 12

router = Router(
    tags=["kpis"],
    responses=errors(
        (404, "unknown_segment", "the shop has no such segment"),
        (404, "unknown_shop", "the settings of the shop have not arrived yet"),
        (422, "no_dimension", "a value was asked for, and no dimension"),
        (422, "invalid_span", "the span of days is empty, begins in the future, or has too many months"),
    ),
)
Reader = Annotated[Principal, require("customers:read")]


class Wanted:
    """Which months are asked for, and in which calendar."""

    def __init__(
        self,
        first: Annotated[
            date | None,
            Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="A day of the first month; default: a year ago"),
        ] = None,
        last: Annotated[
            date | None,
            Query(alias="to", ge=FIRST_DAY, le=LAST_DAY, description="A day of the last month; default: today"),
        ] = None,
        calendar: Annotated[
            Calendar | None,
            Query(
                description="The calendar of the months; default: that of the shop, Jalali if its locale is Persian. "
                "`from` and `to` are Gregorian days in any case"
            ),
        ] = None,
    ) -> None:
        self._first, self._last, self._calendar = first, last, calendar

    def calendar_of(self, shop: Shop) -> Calendar:
        """The calendar that is asked for, or that the shop lives by."""
        return self._calendar or (JALALI if shop.locale.lower().startswith("fa") else GREGORIAN)

    def months(self, asked: Asked) -> range:
        """The numbers of the months that are asked for, none of the future; a 422 problem for none and too many."""
        present = month_number(asked.today, asked.calendar)
        last = present if self._last is None else min(month_number(self._last, asked.calendar), present)
        first = last + 1 - MONTHS_DEFAULT if self._first is None else month_number(self._first, asked.calendar)
        if first > last:
            raise Problem(422, "invalid_span", "The span has no month", "Give `from` up to today and before `to`")
        if last - first >= MONTHS_MAX:
            raise Problem(422, "invalid_span", f"An answer has at most {MONTHS_MAX} months", "Ask for a shorter span")
        return range(first, last + 1)


Span = Annotated[Wanted, Depends(Wanted)]
ByMonth = Annotated[Literal["month"], Query(description="The length of a period")]
By: TypeAlias = Literal["month", Dimension, "segment"]


@router.get("/v1/kpis", summary="The figures that a shop is led by, month by month")
async def get_kpis(
    ctx: Ctx,
    who: Reader,
    wanted: Span,
    window: Annotated[
        int,
        Query(
            ge=1, le=WINDOW_MAX, description="For how many months an order keeps a customer current, its own included"
        ),
    ] = WINDOW_DEFAULT,
    by: Annotated[
        By,
        Query(
            description="Divides the customers, for `parts`: `member` (loyalty has told of points, credit or a tier), "
            "`source` (channel of the first paid order that names one), `first_category` (its category, of the dearest "
            "line), `segment` (who is in it now, as of the last snapshot)"
        ),
    ] = "month",
    value: Annotated[
        str | None,
        Query(max_length=VALUE_CHARS_MAX, description="One value of the dimension, instead of the largest 50"),
    ] = None,
) -> Kpis:
    """Customers, orders, revenue, repeat purchases, retention and churn of whole months of the shop's calendar.

    An order counts in the month in which it was paid, in the zone of the shop, with its present net: a refund, an
    edit or a cancellation changes the month of its order whenever it comes. Erased customers are in no figure.
    Recurring revenue is that of contracts, which are counted beside orders.

    By a dimension, the figures of orders are also those of each of its values alone, and of everybody else.

    By segment they are those of a snapshot, which is taken once a day and after segments were stored or removed:
    `parts_as_of` says when. A customer counts in each segment that they were in then, with all that they ever did, so
    parts overlap, and there is none for everybody else. Before the first snapshot `parts_from` is `awaited`.
    """
    if value is not None and by == "month":
        raise Problem(422, "no_dimension", "A value is one of a dimension", "Name the dimension in `by`")
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        asked = await _asked(ctx, connection, who.shop, wanted)
        months = wanted.months(asked)
        over = month_number(asked.today, asked.calendar) - 1
        compared = range(over - MONTHS_COMPARED, over + 1)
        needed = range(min(months[0], compared[0]), max(months[-1], over) + 1)
        counts = await counts_of_months(connection, who.shop, asked.calendar, needed, window, asked.today)
        being_counted = await is_being_counted(connection, who.shop)
        if by == "segment":
            parts = await segment_parts(connection, asked, value, months, window)
        else:
            named = None if value is None else _names_of(ctx, who, value)
            parts = Parts("live", asked, await _parts(connection, asked, by, named, months, window))
    found = months_of(counts, months[0], months[-1], window)
    alarms = alarms_of(months_of(counts, compared[0], over, window))
    contracts = contract_months_of(counts, months[0], months[-1])
    return kpis_answer(
        *(asked, found, contracts, running_now(counts), ladder_of(counts), alarms),
        by=by,
        parts=parts,
        being_counted=being_counted,
    )


def _names_of(ctx: Ctx, who: Principal, value: str) -> list[str]:
    """What may be stored of a value: events have a hash of what does not look like an id."""
    published = opaque_spellings(value, shop=who.shop, key=ctx.identity_key)
    return [*dict.fromkeys([value_of(value) or "", *published])]


async def _parts(
    connection: ReadConnection,
    asked: Asked,
    by: Literal["month", Dimension],
    wanted: Collection[str] | None,
    months: range,
    window: int,
) -> list[Part]:
    """The parts of the shop's customers: one, or the largest and everybody else; by month there are none."""
    if by == "month":
        return []
    shop, calendar = asked.shop.shop, asked.calendar
    values = await largest_parts(connection, shop, calendar, by) if wanted is None else [*wanted]
    of = await parts_of_months(connection, shop, calendar, (by, values), months, window, asked.today)
    whole = of.pop(None)
    if wanted is None:
        of[None] = rest_of(whole, of.values())
    return [
        Part(name, ever_of(mine), months_of(mine, months[0], months[-1], window))
        for name, mine in of.items()
        if ever_of(mine).customers or name is None
    ]


@router.get("/v1/cohorts", summary="Cohorts by the month of their first order", responses=ALSO_CSV)
async def get_cohorts(
    ctx: Ctx,
    who: Reader,
    wanted: Span,
    request: Request,
    by: ByMonth = "month",  # noqa: ARG001
    bom: WithBom = False,
) -> Cohorts:
    """Customers whose first order is of one month: who of them ordered again in which month, and for how much.

    `from` and `to` are the months of first orders; each cohort goes on up to the present month.
    """
    answer = await _cohorts(ctx, who, wanted)
    if wants_csv(request):
        return _csv(answer, bom=bom)  # type: ignore[return-value]  # a response is sent as it is
    # Written once: else the framework would check and copy some thousand cells before.
    return Response(answer.model_dump_json(), media_type="application/json")  # type: ignore[return-value]


@router.get("/v1/cohorts.csv", summary="Cohorts as CSV", response_class=Response)
async def get_cohorts_csv(
    ctx: Ctx,
    who: Reader,
    wanted: Span,
    by: ByMonth = "month",  # noqa: ARG001
    bom: WithBom = False,
) -> Response:
    """As `/v1/cohorts`, one line for each cohort and month."""
    return _csv(await _cohorts(ctx, who, wanted), bom=bom)


async def _cohorts(ctx: Ctx, who: Principal, wanted: Wanted) -> Cohorts:
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        asked = await _asked(ctx, connection, who.shop, wanted)
        months = wanted.months(asked)
        counts = await counts_of_shop(connection, who.shop, asked.calendar, kind="cohort")
    present = month_number(asked.today, asked.calendar)
    return cohorts_answer(asked, cohorts_of(counts, months[0], months[-1], present))


def _csv(answer: Cohorts, *, bom: bool) -> Response:
    return csv_answer(COHORT_COLUMNS, one_page(cohort_lines(answer)), file_name="cohorts.csv", bom=bom)


async def _asked(ctx: Ctx, connection: ReadConnection, name: str, wanted: Wanted) -> Asked:
    shop = (await load_shops(connection, [name])).get(name)
    if shop is None:
        raise Problem(404, "unknown_shop", "This shop has not been announced yet")
    now = ctx.clock.now()
    today = date.fromordinal(shop_days(shop.zone).day_of(to_us(now)))
    return Asked(shop, wanted.calendar_of(shop), today, now)
