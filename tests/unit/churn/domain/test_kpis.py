"""The sums of what customers count for are the figures that the orders give one by one, whatever changes."""

from datetime import date
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from churn.domain.counting import ZERO, Count, Counts, counts_of, difference
from churn.domain.kpis import cohorts_of, ladder_of, months_of
from churn.domain.purchases import Paid
from churn.domain.turnover import change, pack_turnover, stamp, turnover_of, unpack_turnover
from faults.recompute.figures import Bought, differences
from mandegar.calendar import shop_days
from mandegar.months import CALENDARS, month_number

TEHRAN = shop_days("Asia/Tehran")
# Around Nowruz of a leap year and the ends of months of both calendars.
NETS = st.sampled_from([0, 1, 10_000, 2**64 - 1, 10**21])
INSTANTS = st.builds(
    lambda day, hour: TEHRAN.start_of(day) + hour * 3_600_000_000,
    st.sampled_from(
        [date(2024, 12, 31), date(2025, 1, 1), date(2025, 3, 20), date(2025, 3, 21), date(2025, 4, 20)]
    ).map(date.toordinal)
    | st.integers(date(2024, 1, 1).toordinal(), date(2026, 12, 31).toordinal()),
    st.integers(0, 22),
)
ORDERS = st.lists(st.builds(Paid, INSTANTS, NETS), max_size=12)


def summed(people: list[list[Paid]]) -> Counts:
    sums: Counts = {}
    for orders in people:
        for place, count in counts_of(turnover_of(orders, TEHRAN)).items():
            sums[place] = sums.get(place, ZERO).plus(count)
    return sums


def bought(orders: list[Paid], calendar: str) -> list[Bought]:
    return [Bought(month_number(date.fromordinal(TEHRAN.day_of(at)), calendar), net) for at, net in orders]


@given(st.lists(ORDERS, max_size=5), st.sampled_from(CALENDARS))
def test_they_are_those_of_a_reader_of_all_orders(people, calendar):
    found = {place: count for place, count in summed(people).items() if place.calendar == calendar}
    assert not [*differences([bought(orders, calendar) for orders in people if orders], found)]


@given(st.lists(ORDERS, max_size=4), st.integers(1, 24))
def test_who_was_current_is_lost_or_current_and_nobody_else_but_the_new_and_those_won_back(people, window):
    counts = summed(people)
    for calendar in CALENDARS:
        mine = {place: count for place, count in counts.items() if place.calendar == calendar}
        if not mine:
            continue
        first, last = min(place.one for place in mine), max(place.one for place in mine)
        for month in months_of(mine, first, last + window + 1, window):
            assert month.current == month.at_start - month.lost + month.new + month.won_back
            assert 0 <= month.lost <= month.at_start
            assert month.retention_rate is None or month.retention_rate + month.churn_rate == 1
        assert month.current == 0


@given(ORDERS, ORDERS, st.integers(0, 10**6))
def test_a_turnover_that_changed_order_by_order_is_that_of_all_orders(before, after, seed):
    turnover, changes = turnover_of(before, TEHRAN), [*((one, None) for one in before), *((None, one) for one in after)]
    Random(seed).shuffle(changes)
    whole = turnover_of([*before, *after], TEHRAN)
    for was, is_ in sorted(changes, key=lambda each: each[1] is None):
        change(turnover, was, is_, TEHRAN)
    assert turnover == turnover_of(after, TEHRAN)
    counts = counts_of(whole)
    for place, count in difference(whole, turnover).items():
        counts[place] = counts.get(place, ZERO).plus(Count(*count))
    assert {place: count for place, count in counts.items() if count != ZERO} == counts_of(turnover)


@given(ORDERS)
def test_the_bytes_of_a_row_give_the_turnover_back(orders):
    turnover = turnover_of(orders, TEHRAN)
    assert unpack_turnover(stamp(b"orders", "Asia/Tehran") + pack_turnover(turnover)) == turnover


def test_nobody_has_no_ladder_and_no_cohort():
    assert (ladder_of({}), cohorts_of({}, 0, 100, 100), counts_of({})) == ([], [], {})
    [month] = months_of({}, 5, 5, 3)
    assert (month.customers, month.average_order_value, month.churn_rate, month.retention_point_value) == (
        0,
        None,
        None,
        None,
    )
