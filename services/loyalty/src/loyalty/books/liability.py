"""What a shop owes in points, by the month of their last day, and how much of that its history says will expire."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from loyalty.books.periods import credit_standing_of
from loyalty.books.rows import UNKNOWN_DAY, LotSum
from loyalty.books.schemas import BreakageAnswer, CohortAnswer, CreditStanding, Debt, Liability, Month, Outstanding
from loyalty.domain.books import (
    COHORTS_MAX,
    Breakage,
    Cohort,
    add,
    balance_of_sums,
    breakage_of,
    cohort_of,
    in_money,
    is_over,
    of_credit,
    outstanding,
)
from loyalty.domain.lots import EARN, OPEN
from loyalty.domain.money import credit_text
from loyalty.domain.posting import Balance
from mandegar.months import Calendar, Span, month_of

COLUMNS = (
    *("month", "first_day", "last_day", "available", "pending", "held", "points", "value"),
    *("expected_breakage", "credit", "currency"),
)


class Asked(NamedTuple):
    """In which currency, value and calendar an answer is asked for, and as of when."""

    currency: str
    value_per_point: Decimal | None
    calendar: Calendar
    today: date
    as_of: datetime
    has_credit: bool = False


class _Counted(NamedTuple):
    """What lots with the same end come to: of points, of ``credit``, and how much of them expired."""

    balance: Balance
    cohort: Cohort
    credit: Balance

    @property
    def is_empty(self) -> bool:
        return not outstanding(self.balance) and not outstanding(self.credit)


def liability_of(rows: Sequence[LotSum], asked: Asked) -> Liability:
    """The answer, from the sums of all lots by their last day."""
    by_day: defaultdict[date | None, list[LotSum]] = defaultdict(list)
    for row in rows:
        by_day[row.last_day].append(row)
    of_erased = _counted("", by_day.pop(None, []))
    unknown = _counted("", by_day.pop(UNKNOWN_DAY, []))
    endless = _counted("", by_day.pop(date.max, []))
    months: defaultdict[Span, list[LotSum]] = defaultdict(list)
    for day, some in by_day.items():
        if day is not None:
            months[month_of(day, asked.calendar)] += some
    counted = {span: _counted(span.label, months[span]) for span in sorted(months, key=_first)}
    past = [each.cohort for span, each in counted.items() if is_over(span.end, asked.today)]
    breakage = breakage_of(past)
    every = [*counted.values(), unknown, endless]
    total = _Counted(_sum(each.balance for each in every), endless.cohort, _sum(each.credit for each in every))
    credit = _credit(rows)
    asked = asked._replace(has_credit=credit is not None)
    expected = {span: _expected(breakage, each) for span, each in counted.items()}
    return Liability(
        currency=asked.currency,
        value_per_point=in_money(1, asked.value_per_point),
        calendar=asked.calendar,
        months=[
            Month(
                month=span.label,
                first_day=span.first,
                last_day=span.end - timedelta(days=1),
                **_outstanding(each, asked, expected[span]).model_dump(),
            )
            for span, each in counted.items()
            if not each.is_empty
        ],
        no_expiry=_outstanding(endless, asked),
        expiry_unknown=_outstanding(unknown, asked),
        total=_outstanding(total, asked, None if breakage is None else sum(each or 0 for each in expected.values())),
        debt=Debt(points=total.balance.debt, value=in_money(total.balance.debt, asked.value_per_point)),
        of_erased=_outstanding(of_erased, asked),
        breakage=_told(breakage, past),
        credit=credit,
        as_of=asked.as_of,
    )


def _credit(rows: Sequence[LotSum]) -> CreditStanding | None:
    """What is owed in credit; of the erased it is among the sums once."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        if row.last_day is not None:
            sums[row.kind, row.bucket] += row.points
    credit = of_credit(sums)
    return credit_standing_of(balance_of_sums(credit)) if credit else None


def rows_of(answer: Liability) -> Iterator[list[str | int | date | None]]:
    """The lines of the CSV, by ``COLUMNS``."""
    currency = None if answer.credit is None else answer.currency
    for month in answer.months:
        yield [month.month, month.first_day, month.last_day, *_cells(month), currency]
    for name in ("no_expiry", "expiry_unknown", "total", "of_erased"):
        yield [name, None, None, *_cells(getattr(answer, name)), currency]
    owed = None if answer.credit is None else answer.credit.debt
    yield ["debt", None, None, None, None, None, answer.debt.points, answer.debt.value, None, owed, currency]


def _cells(each: Outstanding) -> list[str | int | date | None]:
    return [each.available, each.pending, each.held, each.points, each.value, each.expected_breakage, each.credit]


def _counted(label: str, rows: Iterable[LotSum]) -> _Counted:
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    gave = 0
    for row in rows:
        sums[row.kind, row.bucket] += row.points
        gave += row.entries if row.kind in {EARN, OPEN} else 0
    return _Counted(balance_of_sums(sums), cohort_of(label, sums, gave), balance_of_sums(of_credit(sums)))


def _expected(breakage: Breakage | None, each: _Counted) -> int | None:
    return None if breakage is None else breakage.expected(each.cohort, outstanding(each.balance))


def _outstanding(each: _Counted, asked: Asked, expected: int | None = None) -> Outstanding:
    balance = each.balance
    points = outstanding(balance)
    return Outstanding(
        available=balance.available,
        pending=balance.pending,
        held=balance.held,
        points=points,
        value=in_money(points, asked.value_per_point),
        expected_breakage=expected,
        credit=credit_text(outstanding(each.credit)) if asked.has_credit else None,
    )


def _told(breakage: Breakage | None, past: Sequence[Cohort]) -> BreakageAnswer:
    cohorts = past[-COHORTS_MAX:] if breakage is None else breakage.cohorts
    return BreakageAnswer(
        share=None if breakage is None else _share(breakage),
        given=sum(cohort.given for cohort in cohorts),
        expired=sum(cohort.expired for cohort in cohorts),
        cohorts=[CohortAnswer(month=each.month, given=each.given, expired=each.expired) for each in cohorts],
        reason="too_little_history" if breakage is None else None,
    )


def _share(breakage: Breakage) -> str:
    parts = breakage.expired * 10_000 // breakage.given
    return f"{parts // 10_000}.{parts % 10_000:04}"


def _sum(balances: Iterable[Balance]) -> Balance:
    total = Balance()
    for balance in balances:
        total = add(total, balance)
    return total


def _first(span: Span) -> date:
    return span.first
