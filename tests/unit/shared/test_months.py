"""Months of both calendars as spans of dates."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.months import (
    FIRST_DAY,
    LAST_DAY,
    days_between,
    month_number,
    month_of,
    months_between,
    numbered_month,
)


@pytest.mark.parametrize(
    ("calendar", "day", "label", "first", "last"),
    [
        ("gregorian", date(2024, 2, 29), "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("gregorian", date(2026, 12, 31), "2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("jalali", date(2025, 3, 20), "1403-12", date(2025, 2, 19), date(2025, 3, 20)),  # 30 Esfand of a leap year
        ("jalali", date(2025, 3, 21), "1404-01", date(2025, 3, 21), date(2025, 4, 20)),  # Nowruz
        ("jalali", date(2026, 3, 20), "1404-12", date(2026, 2, 20), date(2026, 3, 20)),  # 29 Esfand
        ("jalali", date(2026, 9, 22), "1405-06", date(2026, 8, 23), date(2026, 9, 22)),  # the last month of 31 days
    ],
)
def test_a_month_begins_and_ends_where_its_calendar_says(calendar, day, label, first, last):
    assert month_of(day, calendar) == (label, first, last + timedelta(days=1))


@given(st.dates(FIRST_DAY, LAST_DAY), st.integers(0, 800), st.sampled_from(["gregorian", "jalali"]))
def test_periods_have_every_day_of_their_span_once(first, days, calendar):
    last = min(first + timedelta(days=days), LAST_DAY)
    for between in (months_between, days_between):
        spans = list(between(first, last, calendar))
        assert spans[0].first == first
        assert spans[-1].end == last + timedelta(days=1)
        assert [span.end for span in spans[:-1]] == [span.first for span in spans[1:]]
        assert all(span.first < span.end for span in spans)


@given(st.dates(FIRST_DAY, LAST_DAY), st.sampled_from(["gregorian", "jalali"]))
def test_months_are_numbered_without_gaps(day, calendar):
    number, month = month_number(day, calendar), month_of(day, calendar)
    assert numbered_month(number, calendar) == month
    assert month_number(month.end - timedelta(days=1), calendar) == number
    assert month_number(month.end, calendar) == number + 1
