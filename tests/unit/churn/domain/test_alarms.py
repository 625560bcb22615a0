"""A figure alarms when it is worse than it has been, and not because a season comes again."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from churn.domain.alarms import CUSTOMERS_MIN, MONTHS_MIN, WATCHED, alarms_of
from churn.domain.counting import ZERO
from churn.domain.kpis import Month


def month(number: int, revenue: int, *, customers: int = 100, lost: int = 10) -> Month:
    return Month(
        number=number, window=3, customers=customers, new=20, again=50, orders=150, revenue=revenue, new_revenue=1_000,
        at_start=200, lost=lost, won_back=5, current=215, revenue_at_start=30_000, lost_revenue=1_000,
        nps_answers=ZERO, csat_answers=ZERO, visitors=0, new_visitors=0,
    )  # fmt: skip


def alarming(*months: Month) -> set[str]:
    return {alarm.figure.name for alarm in alarms_of(months)}


def test_a_month_like_the_others_alarms_nobody():
    assert alarming(*(month(number, 10_000) for number in range(13))) == set()


def test_what_is_worse_than_in_all_months_before_alarms():
    before = [month(number, 10_000 + number) for number in range(12)]
    assert alarming(*before, month(12, 8_000)) == {"revenue", "average_order_value"}
    assert alarming(*before, month(12, 10_000, lost=60)) == {"retention_rate"}
    [alarm, _] = alarms_of([*before, month(12, 8_000)])
    assert (alarm.number, alarm.value, alarm.usual) == (12, 8_000, Fraction(20_011, 2))


def test_a_little_worse_is_chance():
    assert alarming(*(month(number, 10_000) for number in range(12)), month(12, 9_000)) == set()
    assert alarming(*(month(number, 10_000) for number in range(12)), month(12, 8_999)) >= {"revenue"}


def test_a_short_history_and_a_small_shop_alarm_nobody():
    assert alarming(*(month(number, 10_000) for number in range(MONTHS_MIN - 1)), month(9, 1)) == set()
    small = [month(number, 10_000, customers=CUSTOMERS_MIN - 1) for number in range(12)]
    assert alarming(*small, month(12, 1, customers=CUSTOMERS_MIN - 1)) == set()
    assert alarming() == set()


@given(st.lists(st.integers(0, 10**9), min_size=12, max_size=12), st.integers(0, 11))
def test_a_season_that_comes_again_alarms_nobody(year, start):
    months = [month(number, year[number % 12]) for number in range(start, start + 13)]
    assert alarming(*months) == set()


def test_each_alarm_says_whose_it_is_and_what_to_do():
    assert all(figure.owner and figure.act for figure in WATCHED)
    assert len({figure.name for figure in WATCHED}) == len(WATCHED)
