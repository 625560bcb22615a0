"""Makes answers of figures: months with their names and days, shares and money as decimal text."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from churn.domain.alarms import Alarm
from churn.domain.contract_figures import ContractMonth, Running
from churn.domain.counting import Count
from churn.domain.kpis import VERSION, Cohort, Month, Rung, ratio
from churn.kpis.schemas import (
    AlarmAnswer,
    CohortAnswer,
    CohortMonth,
    Cohorts,
    Kpis,
    MonthAnswer,
    OrderFigures,
    PartAnswer,
    PartsFrom,
    RungAnswer,
    SegmentOfPart,
)
from mandegar.months import Calendar, Span, numbered_month
from mandegar.quantities import unscaled
from mandegar.shops import Shop

_UNIT_DIGITS = 4
_SHARE_DIGITS, _CENT_DIGITS, _POINT_DIGITS = 4, 2, 1


class Asked(NamedTuple):
    """Of which shop, in which calendar, on which day of the shop and at which instant an answer is asked for."""

    shop: Shop
    calendar: Calendar
    today: date
    as_of: datetime

    def span(self, number: int) -> Span:
        """The month with a number."""
        return numbered_month(number, self.calendar)

    def is_over(self, span: Span) -> bool:
        """Whether a month is over in the shop."""
        return span.end <= self.today


class Part(NamedTuple):
    """The customers with one value of a dimension, None for everybody else, of all time and by month."""

    value: str | None
    ever: Count
    months: Sequence[Month]
    segment: SegmentOfPart | None = None


class Parts(NamedTuple):
    """The parts of an answer, and what they are from; ``asked`` has the instant and the day that they are of."""

    source: PartsFrom
    asked: Asked | None
    parts: Sequence[Part]


def kpis_answer(
    asked: Asked,
    months: Sequence[Month],
    contracts: Sequence[ContractMonth],
    running: Running,
    ladder: Sequence[Rung],
    alarms: Sequence[Alarm],
    *,
    by: str,
    parts: Parts,
    being_counted: bool,
) -> Kpis:
    """The answer of ``/v1/kpis``; ``months`` (at least one), ``contracts`` and those of parts are the same."""
    return Kpis(
        definitions=VERSION,
        calendar=asked.calendar,
        zone=asked.shop.zone,
        currency=asked.shop.currency,
        window=months[0].window,
        months=[_month(asked, *each, running) for each in zip(months, contracts, strict=True)],
        by=by,
        parts_from=parts.source,
        parts_as_of=None if parts.asked is None else parts.asked.as_of,
        parts=[] if parts.asked is None else [_part(parts.asked, each) for each in parts.parts],
        ladder=[
            RungAnswer(order=each.order, customers=each.customers, next=each.next, probability=share(each.probability))
            for each in ladder
        ],
        alarms=[_alarm(asked, each) for each in alarms],
        being_counted=being_counted,
        as_of=asked.as_of,
    )


def cohorts_answer(asked: Asked, cohorts: Sequence[Cohort]) -> Cohorts:
    """The answer of ``/v1/cohorts``."""
    return Cohorts(
        definitions=VERSION,
        calendar=asked.calendar,
        zone=asked.shop.zone,
        currency=asked.shop.currency,
        cohorts=[_cohort(asked, each) for each in cohorts],
        as_of=asked.as_of,
    )


def cohort_lines(answer: Cohorts) -> Iterator[list[str | int]]:
    """The lines of the CSV, by ``COHORT_COLUMNS``: one for each cohort and month."""
    for cohort in answer.cohorts:
        for each in cohort.months:
            yield [
                cohort.cohort,
                cohort.customers,
                each.since,
                each.month,
                "yes" if each.complete else "no",
                *(each.customers, each.retention, each.orders, each.revenue, each.revenue_per_customer),
            ]


def money(units: int) -> str:
    """An amount in units as text, exactly."""
    return f"{unscaled(units, _UNIT_DIGITS):f}"


def share(part: Fraction | None) -> str | None:
    """A share to four decimals."""
    return None if part is None else _rounded(part, _SHARE_DIGITS)


def cents(units: Fraction | None) -> str | None:
    """An amount in units as text, to two decimals."""
    return None if units is None else _rounded(units / 10**_UNIT_DIGITS, _CENT_DIGITS)


def _rounded(number: Fraction, digits: int) -> str:
    """A fraction that is not negative with so many digits behind the point, rounded half to even."""
    return _quotient(number.numerator, number.denominator, digits)


def _quotient(part: int, of: int, digits: int) -> str:
    """As ``_rounded``, without a fraction: a cohort answer has thousands of them."""
    scale: int = 10**digits
    whole, rest = divmod(part * scale, of)
    if 2 * rest > of or (2 * rest == of and whole % 2):
        whole += 1
    return f"{whole // scale}.{whole % scale:0{digits}}"


def _signed(number: Fraction, digits: int) -> str:
    """As ``_rounded``, of any fraction."""
    text = _rounded(abs(number), digits)
    return f"-{text}" if number < 0 and text.strip("0.") else text


def _month(asked: Asked, month: Month, contracts: ContractMonth, now: Running) -> MonthAnswer:
    over = asked.is_over(asked.span(month.number))
    running = contracts.at_end if over else now
    return MonthAnswer(
        **_order_figures(asked, month),
        nps=None if month.nps is None else _signed(month.nps, _POINT_DIGITS),
        nps_answers=month.nps_answers.customers,
        csat=share(month.csat),
        csat_answers=month.csat_answers.customers,
        visitors=month.visitors,
        new_visitors=month.new_visitors,
        returning_visitors=month.returning_visitors,
        returning_visitor_share=share(month.returning_visitor_share),
        retention_point_value=cents(month.retention_point_value) if over else None,
        mrr=money(running.monthly),
        mrr_at_start=money(contracts.at_start.monthly),
        new_mrr=money(contracts.new.revenue),
        expansion_mrr=money(contracts.expansion.revenue),
        contraction_mrr=money(-contracts.contraction.revenue) if over else None,
        churned_mrr=money(-contracts.churned.revenue) if over else None,
        reactivated_mrr=money(contracts.reactivated.revenue),
        contracts=running.contracts,
        contract_customers=running.customers,
        contract_customers_at_start=contracts.at_start.customers,
        new_contract_customers=contracts.new.customers,
        churned_contract_customers=contracts.churned.customers if over else None,
        reactivated_contract_customers=contracts.reactivated.customers,
        contract_churn_rate=share(contracts.churn_rate) if over else None,
        mrr_churn_rate=share(contracts.revenue_churn_rate) if over else None,
        net_mrr_retention_rate=share(contracts.net_retention_rate) if over else None,
        trials_started=contracts.trials_started,
        trials_ended=contracts.trials_ended if over else None,
        trials_converted=contracts.trials_converted if over else None,
        trial_conversion_rate=share(contracts.conversion_rate) if over else None,
    )


def _order_figures(asked: Asked, month: Month) -> dict[str, Any]:
    """The fields of ``OrderFigures``."""
    span = asked.span(month.number)
    over = asked.is_over(span)
    return {
        "month": span.label,
        "first_day": span.first,
        "last_day": span.end - timedelta(days=1),
        "complete": over,
        "customers": month.customers,
        "new_customers": month.new,
        "returning_customers": month.returning,
        "orders": month.orders,
        "revenue": money(month.revenue),
        "average_order_value": cents(month.average_order_value),
        "purchase_frequency": share(month.purchase_frequency),
        "repeat_purchase_rate": share(month.repeat_purchase_rate),
        "returning_revenue_share": share(month.returning_revenue_share),
        "customers_at_start": month.at_start,
        "lost_customers": month.lost if over else None,
        "won_back_customers": month.won_back,
        "current_customers": month.current if over else None,
        "retention_rate": share(month.retention_rate) if over else None,
        "churn_rate": share(month.churn_rate) if over else None,
        "revenue_churn_rate": share(month.revenue_churn_rate) if over else None,
    }


def _part(asked: Asked, part: Part) -> PartAnswer:
    ever = part.ever
    return PartAnswer(
        value=part.value,
        customers=ever.customers,
        orders=ever.orders,
        revenue=money(ever.revenue),
        average_order_value=cents(ratio(ever.revenue, ever.orders)),
        repeat_purchase_rate=share(ratio(ever.again, ever.customers)),
        segment=part.segment,
        months=[OrderFigures(**_order_figures(asked, month)) for month in part.months],
    )


def _alarm(asked: Asked, alarm: Alarm) -> AlarmAnswer:
    name, owner, act, _ = alarm.figure
    told = cents if name in {"revenue", "average_order_value"} else share
    return AlarmAnswer(
        figure=name,
        month=asked.span(alarm.number).label,
        value=told(alarm.value),
        usual=told(alarm.usual),
        owner=owner,
        act=act,
    )


def _cohort(asked: Asked, cohort: Cohort) -> CohortAnswer:
    span = asked.span(cohort.number)
    months, spent = [], 0
    for since, count in enumerate(cohort.months):
        of_month = asked.span(cohort.number + since)
        spent += count.revenue
        months.append(
            CohortMonth.model_construct(
                since=since,
                month=of_month.label,
                complete=asked.is_over(of_month),
                customers=count.customers,
                retention=_quotient(count.customers, cohort.customers, _SHARE_DIGITS),
                orders=count.orders,
                revenue=money(count.revenue),
                revenue_per_customer=_quotient(spent, cohort.customers * 10**_UNIT_DIGITS, _CENT_DIGITS),
            )
        )
    return CohortAnswer(
        cohort=span.label,
        first_day=span.first,
        last_day=span.end - timedelta(days=1),
        complete=asked.is_over(span),
        customers=cohort.customers,
        months=months,
    )
