"""Contracts and trials: what they count for follows from their facts, whatever order these come in."""

from datetime import date, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from builders.contracts import expired, subscribed, trial, trial_over, unsubscribed
from builders.events import NOON
from churn.domain.contract_counting import counts_of_contracts
from churn.domain.contract_figures import ContractMonth, Running, contract_months_of, running_now
from churn.domain.contracts import FACTS_MAX, LATE_US, Fact, fact_of, spans_of, together, trials_of
from churn.domain.counting import ZERO, Count, Counts, Place
from faults.recompute.contracts import contract_differences, state_on
from mandegar.calendar import shop_days
from mandegar.events import Event
from mandegar.months import CALENDARS, month_number
from mandegar.quantities import to_us

TEHRAN = shop_days("Asia/Tehran")
DAY = timedelta(days=1)
START = to_us(NOON)
DAY_US = 86_400_000_000
NOVEMBER = 2026 * 12 + 10
TODAY = NOON.date().toordinal()

instants = st.integers(0, 150).map(lambda day: START + day * DAY_US)
facts = st.lists(
    st.builds(
        lambda kind, name, at, event_id, start, length, monthly: Fact(
            kind, name, at, event_id, start + length * DAY_US if kind == "paid" else start, start, monthly
        ),
        st.sampled_from(["paid", "paid", "cancelled", "expired"]),
        st.sampled_from(["a", "b"]),
        instants,
        st.integers(0, 99).map(str),
        instants,
        st.sampled_from([1, 7, 30, 31, 90]),
        st.sampled_from(["0", "10", "20", str(10**21)]),
    ),
    max_size=8,
    unique_by=lambda fact: fact.event_id,
)


def summed(*customers: Counts) -> Counts:
    sums: Counts = {}
    for counts in customers:
        for place, count in counts.items():
            sums[place] = sums.get(place, ZERO).plus(count)
    return sums


def counted(*events: Event) -> Counts:
    return counts_of_contracts(together(fact for e in events if (fact := fact_of(e)) is not None), TEHRAN)


def months(counts: Counts, number: int = 4) -> list[ContractMonth]:
    mine = {place: count for place, count in counts.items() if place.calendar == "gregorian"}
    return contract_months_of(mine, NOVEMBER, NOVEMBER + number - 1)


@given(st.lists(facts, max_size=3), st.sampled_from(CALENDARS))
def test_they_are_those_of_a_reader_who_goes_day_by_day(people, calendar):
    counts = summed(*(counts_of_contracts(together(each), TEHRAN) for each in people))
    mine = {place: count for place, count in counts.items() if place.calendar == calendar}
    first = month_number(NOON.date(), calendar)
    assert not [*contract_differences(people, mine, TEHRAN, calendar, range(first, first + 12))]
    for day in range(TODAY, TODAY + 250, 3):
        so_far = {place: count for place, count in mine.items() if place.kind == "contract_day" and place.one <= day}
        states = [state_on(each, day, TEHRAN) for each in people]
        contracts, monthly = ([state[part] for state in states] for part in (0, 1))
        assert running_now(so_far) == Running(sum(map(bool, contracts)), sum(contracts), sum(monthly))


@given(facts, st.randoms(use_true_random=False), st.integers(0, 8))
def test_any_order_repetition_and_division_keeps_the_same_facts(given_facts, random: Random, cut):
    once = together(given_facts)
    shuffled = [*given_facts, *given_facts]
    random.shuffle(shuffled)
    assert together([*together(shuffled[:cut]), *together(shuffled[cut:])]) == once
    assert counts_of_contracts(tuple(random.sample(once, len(once))), TEHRAN) == counts_of_contracts(once, TEHRAN)


def test_a_contract_that_nobody_renews_ends_by_itself():
    november, december, january, _ = months(counted(subscribed(amount=99, until=30)))
    assert (november.new, november.at_end) == (Count(1, 1, 990_000), Running(1, 1, 990_000))
    assert (december.churned, december.at_end) == (Count(1, -1, -990_000), Running())
    assert january.at_start == Running()


@pytest.mark.parametrize(("late", "new_in"), [(0, "november"), (14, "november"), (15, "december")])
def test_a_renewal_that_is_a_little_late_interrupts_nothing(late, new_in):
    november, december, *_ = months(counted(subscribed(until=6), subscribed(days=6 + late, until=70)))
    assert (november.new.customers, december.new.customers) == ((1, 0) if new_in == "november" else (0, 1))
    assert december.at_end == Running(1, 1, 1_000_000)


def test_an_end_that_is_stated_ends_the_contract_and_a_later_renewal_begins_again():
    told = [subscribed(until=365, amount=1200, period=12), unsubscribed(days=3, until=20)]
    november, december, *_ = months(counted(*told))
    assert (november.at_end.monthly, december.churned.customers) == (1_000_000, 1)
    again = months(counted(*told, subscribed(days=60, until=100)))
    assert (again[1].churned.customers, again[2].reactivated.customers) == (1, 1)
    assert months(counted(subscribed(until=40), unsubscribed(days=2))) == months(counted(subscribed(until=40)))


@pytest.mark.parametrize(
    ("told", "runs"),
    [
        # What was announced is withdrawn before it begins; the contract that runs then ends as it is said.
        ([subscribed(starts=20, until=50), unsubscribed(days=9, until=9)], []),
        ([subscribed(until=5), subscribed(starts=5, until=35), unsubscribed(days=2, until=3)], [0, 1, 2]),
        # A platform that closes a span tells that after the renewal, and does not end that.
        ([subscribed(until=5), subscribed(days=5.1, starts=5, until=8), expired(days=5.2, until=5)], [*range(8)]),
        # Told at one instant, whatever the ids of the events are.
        *[([subscribed(until=30, name=name), unsubscribed(until=2)], [0, 1]) for name in "pqrs"],
        *[([expired(days=3, until=3), subscribed(days=3, until=5, name=name)], [3, 4]) for name in "pqrs"],
        *[
            ([subscribed(until=30), *[unsubscribed(days=1, until=end, name=name + str(end)) for end in (4, 2)]], [0, 1])
            for name in "pqrs"
        ],
        # The newest cancellation counts, and an expiry lengthens nothing.
        ([subscribed(until=30), unsubscribed(days=1, until=2), unsubscribed(days=1.5, until=4)], [0, 1, 2, 3]),
        ([subscribed(until=30), unsubscribed(days=1, until=2), expired(days=6)], [0, 1]),
        ([subscribed(until=30), expired(days=4)], [0, 1, 2, 3]),
    ],
)
def test_an_end_is_of_what_runs_or_is_announced_when_it_is_told(told, runs):
    known = together(fact for each in told if (fact := fact_of(each)) is not None)
    found = [day for span in spans_of(known, TEHRAN) for day in range(span.first - TODAY, span.last + 1 - TODAY)]
    assert found == runs
    assert [day for day in range(60) if state_on(known, TODAY + day, TEHRAN)[0]] == runs


@pytest.mark.parametrize("name", "pqrstuv")
def test_of_two_prices_that_are_told_in_one_second_the_lower_one_counts_whatever_the_ids_of_events_are(name):
    told = [subscribed(until=30, amount=amount, name=f"{name}{amount}") for amount in (20, 10)]
    for arrived in permutations(told):
        assert months(counted(*arrived))[0].at_end.monthly == 100_000


@pytest.mark.parametrize("name", "pqrstuv")
def test_a_trial_of_which_two_ends_are_told_in_one_second_converted_if_one_says_so(name):
    ends = [trial_over(days=7, converted=converted, name=f"{name}{converted}") for converted in (False, True)]
    known = together(fact for each in (trial(until=7), *ends) if (fact := fact_of(each)) is not None)
    assert [each.converted for each in trials_of(known, TEHRAN)] == [True]


def test_what_was_told_later_is_decided_by_the_clock_of_the_shop_also_where_it_runs_ahead():
    def ahead(told: Event, seconds: int) -> Event:
        return structs.replace(told, data=structs.replace(told.data, written_at=to_us(told.time) + seconds * 1_000_000))

    told = [ahead(subscribed(until=30, amount=10), 2), ahead(subscribed(until=20, amount=30), 3)]
    for arrived in permutations(told):
        assert months(counted(*arrived))[0].new.revenue == 300_000


def test_an_end_without_a_date_ends_what_was_told_before_it_also_where_the_clock_of_the_shop_runs_ahead():
    def ahead(told: Event, hours: float = 3.5) -> Event:
        written = to_us(told.time) + int(hours * 3_600_000_000)
        return structs.replace(told, data=structs.replace(told.data, written_at=written))

    announced = [subscribed(until=30), subscribed(days=25, starts=30, until=60), expired(days=25.1)]
    begun = [subscribed(days=0, starts=0.14, until=30), expired(days=0.08)]
    for told in (announced, begun):
        assert months(counted(*map(ahead, told)))[1].at_end == Running()


def test_contracts_that_are_swapped_on_the_last_day_of_a_month_are_one_at_its_end():
    last = date(2026, 11, 30).toordinal() - TODAY
    november, december, *_ = months(
        counted(
            subscribed("a", 100, days=-9, until=last + 40),
            unsubscribed("a", days=last, until=last),
            subscribed("b", 120, days=last, until=last + 300),
        )
    )
    assert (november.at_end, december.contraction) == (Running(1, 1, 1_200_000), ZERO)


def test_a_price_that_changes_is_expansion_or_contraction_of_the_customer():
    counts = counted(
        subscribed("a", 30, until=30),
        subscribed("b", 30, until=200),
        subscribed("a", 10, days=30, until=80),
        subscribed("b", 90, days=50, until=200),
    )
    november, december, january, february = months(counts)
    assert (november.new.revenue, december.contraction.revenue) == (600_000, -200_000)
    assert (january.expansion.revenue, january.at_end.contracts) == (600_000, 2)
    # One contract less, and its price.
    assert (february.contraction, february.at_end) == (Count(1, -1, -100_000), Running(1, 1, 900_000))
    assert january.net_retention_rate == 1 + 600_000 / 400_000


@pytest.mark.parametrize(
    ("amount", "period", "unit", "monthly"),
    [("100", 12, "months", 83_333), ("7", 7, "days", 304_369), ("0", 1, "months", 0), ("1e15", 1, "days", 0)],
)
def test_the_price_of_a_month_is_that_of_the_period_by_its_length(amount, period, unit, monthly):
    [fact] = [fact_of(subscribed(amount=amount, period=period, unit=unit, until=9))]
    assert fact is not None
    assert int(fact.monthly) == (monthly or (304_368_750_000_000_000_000 if amount == "1e15" else 0))


def test_a_contract_of_nothing_runs_as_any():
    [november, *_] = months(counted(subscribed(amount=0, until=30)))
    assert (november.at_end, november.churn_rate, november.revenue_churn_rate) == (Running(1, 1, 0), None, None)


def test_a_contract_may_run_for_as_long_as_the_calendars_reach():
    counts = counted(subscribed(until=63_000, starts=-20_000))
    assert len([place for place in counts if place.kind == "contract"]) == 4
    assert running_now({place: c for place, c in counts.items() if place.calendar == "jalali"}) == Running()


@pytest.mark.parametrize(
    ("told", "converted"),
    [
        ([], 0),
        ([subscribed(days=3, until=40)], 1),
        ([subscribed(days=20, until=40)], 1),
        ([subscribed(days=23, until=50)], 0),
        ([subscribed(days=-2, until=50)], 0),
        ([subscribed(amount=0, days=3, until=40)], 0),
        ([trial_over(days=4, converted=True)], 1),
        ([subscribed(days=3, until=40), trial_over(days=4, converted=False)], 0),
        ([subscribed(days=3, until=40), unsubscribed(days=4, until=3)], 0),
        ([subscribed(days=3, until=40), subscribed(amount=0, days=4, starts=3, until=40)], 0),
        ([subscribed(days=-90, until=-60), subscribed(days=3, until=40)], 1),
        ([subscribed(amount=0, days=-9, until=3), subscribed(days=3, until=40)], 1),
    ],
)
def test_a_trial_converts_if_it_says_so_or_a_contract_follows(told, converted):
    started, ended, found = (
        sum(getattr(month, f"trials_{what}") for month in months(counted(trial(until=8), *told)))
        for what in ("started", "ended", "converted")
    )
    assert (started, ended, found) == (1, 1, converted)


def test_a_trial_of_which_only_the_end_is_known_ended():
    [month, *_] = months(counted(trial_over(days=2), subscribed(days=2, until=40)))
    assert (month.trials_started, month.trials_ended, month.trials_converted, month.conversion_rate) == (0, 1, 0, 0)


def test_of_too_many_facts_the_newest_are_kept():
    many = [Fact("paid", "a", START + n, str(n), START + n + 5, START + n) for n in range(FACTS_MAX + 7)]
    assert together(many) == tuple(many[-FACTS_MAX:])
    assert LATE_US == 14 * DAY_US


def test_days_are_those_of_the_shop():
    """What ends with November in Tehran, which is an evening in Greenwich, has run until the end of that month."""
    until = (date(2026, 12, 1).toordinal() - TODAY) - 12 / 24
    for over, running in ((0, 1), (-1, 0)):
        counts = counted(subscribed(until=until + over, days=-1))
        assert months(counts)[0].at_end.contracts == running
    assert Place("gregorian", "contract_day", TODAY - 1, 0) in counts
