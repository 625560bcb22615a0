"""The months of visits are those of a calendar on the wall, in whatever order, however often, and of two as of one."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from churn.domain.signals.state import Signals, pack_signals
from churn.domain.signals.visited import DAY_MAX, visited_on
from churn.domain.visit_months import (
    counts_of_visits,
    months_visited,
    visited_by_both,
    with_days,
    with_remembered,
    with_visit,
)
from mandegar.months import CALENDARS, month_number
from mandegar.quantities import DAY_US

DAYS = st.lists(st.integers(0, DAY_MAX) | st.integers(20_000, 20_100), max_size=20)
DAY_0 = date(1970, 1, 1).toordinal()


def months(days, calendar):
    return sorted({month_number(date.fromordinal(DAY_0 + day), calendar) for day in days})


def test_each_day_is_in_its_month_of_both_calendars():
    for day in range(DAY_MAX + 1):
        for calendar in CALENDARS:
            assert months_visited(with_visit(b"", day * DAY_US), calendar) == months([day], calendar)


@given(DAYS, DAYS)
def test_they_are_those_of_a_reader_of_all_days(mine, theirs):
    together = visited_by_both(with_days(b"", mine), with_days(b"", theirs))
    assert together == with_days(with_days(b"", theirs), reversed(mine))
    assert with_days(together, mine) == together
    counts = counts_of_visits(together)
    for calendar in CALENDARS:
        expected = months([*mine, *theirs], calendar)
        assert months_visited(together, calendar) == expected
        found = {place.one: count for place, count in counts.items() if place.calendar == calendar}
        assert sorted(found) == expected
        assert [month for month, count in found.items() if count.orders] == expected[:1]
        assert {count.customers for count in found.values()} <= {1}


@given(st.lists(st.integers(20_000, 20_100), max_size=20), st.integers(19_750, 20_300))
def test_what_an_earlier_release_remembered_alone_is_caught_up(days, newer):
    known, signals = with_days(b"", days), pack_signals(Signals(visited_on([*days, newer])))
    assert with_remembered(b"", signals) == with_days(known, [newer])
    if newer >= max(days, default=0):
        assert with_remembered(known, signals) == with_days(known, [newer])
    assert with_remembered(known, b"") == with_remembered(known, pack_signals(Signals())) == known


def test_what_lies_outside_the_days_is_left_out():
    assert with_visit(b"", -1) == with_days(b"", [DAY_MAX + 1, -5]) == b""
