"""The books of a span of days: what moved in each period, and what was owed before and behind it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from loyalty.books.schemas import CreditPeriod, CreditStanding, Period, Standing
from loyalty.domain.books import Sums, add, balance_of_sums, liability, movements_of, of_credit
from loyalty.domain.money import credit_text
from loyalty.domain.posting import Balance
from mandegar.months import Span
from mandegar.quantities import decimal_of
from mandegar.web.csv_answer import Cell

COLUMNS = (
    *("period", "first_day", "last_day"),
    *("issued", "brought", "activated", "spent", "expired", "reversed", "repaid", "adjusted"),
    *("opening_available", "opening_pending", "opening_held", "opening_debt", "opening_liability"),
    *("closing_available", "closing_pending", "closing_held", "closing_debt", "closing_liability"),
    *("credit_issued", "credit_brought", "credit_activated", "credit_spent", "credit_expired", "credit_reversed"),
    *("credit_repaid", "credit_adjusted"),
    *(f"credit_opening_{figure}" for figure in CreditStanding.model_fields),
    *(f"credit_closing_{figure}" for figure in CreditStanding.model_fields),
    "currency",
)


def bounds_of(spans: Sequence[Span]) -> list[date]:
    """The first days of all spans, and the day behind the last."""
    return [*(span.first for span in spans), spans[-1].end]


def periods_of(spans: Sequence[Span], sums: Mapping[int, Sums]) -> list[Period]:
    """The periods of ``spans``, of which the sums are given from 1; under 0 that of all before."""
    periods, standing = [], balance_of_sums(sums.get(0, {}))
    credit = balance_of_sums(of_credit(sums.get(0, {})))
    had_credit = bool(of_credit(sums.get(0, {})))
    for number, span in enumerate(spans, start=1):
        moved = sums.get(number, {})
        opening, standing = standing, add(standing, balance_of_sums(moved))
        before, credit = credit, add(credit, balance_of_sums(of_credit(moved)))
        had_credit = had_credit or bool(of_credit(moved))
        periods.append(
            Period(
                period=span.label,
                first_day=span.first,
                last_day=span.end - timedelta(days=1),
                **movements_of(moved)._asdict(),
                opening=standing_of(opening),
                closing=standing_of(standing),
                credit=_credit(before, of_credit(moved), credit) if had_credit else None,
            )
        )
    return periods


def standing_of(balance: Balance) -> Standing:
    """A balance of all customers, as the books show it."""
    return Standing(
        available=balance.available,
        pending=balance.pending,
        held=balance.held,
        debt=balance.debt,
        liability=liability(balance),
    )


def _credit(opening: Balance, moved: Sums, closing: Balance) -> CreditPeriod:
    return CreditPeriod(
        **{name: credit_text(amount) for name, amount in movements_of(moved)._asdict().items()},
        opening=credit_standing_of(opening),
        closing=credit_standing_of(closing),
    )


def credit_standing_of(balance: Balance) -> CreditStanding:
    """The credit of all customers, as the books show it."""
    return CreditStanding(**{name: credit_text(amount) for name, amount in standing_of(balance).model_dump().items()})


def row_of(period: Period, currency: str) -> list[Cell]:
    """A line of the CSV, by ``COLUMNS``."""
    points = _cells(period)
    if period.credit is None:
        return [*points, *[None] * (len(COLUMNS) - len(points))]
    return [*points, *_cells_of_credit(period.credit), currency]


def _cells(period: Period) -> list[Cell]:
    return [*period.model_dump(exclude={"opening", "closing", "credit"}).values(), *_standings(period)]


def _cells_of_credit(period: CreditPeriod) -> list[Cell]:
    moved = period.model_dump(exclude={"opening", "closing"}).values()
    return [decimal_of(text) for text in (*moved, *_standings(period))]


def _standings(period: Period | CreditPeriod) -> list[Any]:
    return [*period.opening.model_dump().values(), *period.closing.model_dump().values()]
