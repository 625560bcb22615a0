"""An estimate of a segment's size is near the size, and its interval holds it."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.events import NOON
from churn.domain.purchases import Purchase, statistics
from churn.domain.segments.facts import Lines
from churn.segments.estimate import SAMPLE_MAX, size_of
from churn.segments.measure import LINE_MAX, has_moved, lines_of
from churn.segments.read_rows import bits_for
from mandegar.calendar import shop_days
from mandegar.quantities import to_us


@pytest.mark.parametrize("share", [0.0005, 0.02, 0.3, 0.9])
def test_the_interval_holds_the_size_in_about_95_of_100_samples(share):
    random, customers, sampled, held = Random(7), 20_000, 1_250, 0
    everybody = [number < share * customers for number in range(customers)]
    for _ in range(1_500):
        size = size_of(sum(random.sample(everybody, sampled)), 0, sampled, customers)
        held += size.at_least <= sum(everybody) <= size.at_most

    assert held >= 0.935 * 1_500


@given(st.integers(0, 5_000_000))
def test_a_sample_is_at_most_what_is_looked_at_and_never_needlessly_small(customers):
    expected = customers / 2 ** bits_for(customers, SAMPLE_MAX)

    assert expected <= SAMPLE_MAX
    assert customers <= SAMPLE_MAX or expected > SAMPLE_MAX / 2 - 1


@given(st.integers(1, 500), st.data())
def test_a_size_is_within_its_interval_and_the_shop(sampled, data):
    customers = data.draw(st.integers(sampled, 10**6))
    members = data.draw(st.integers(0, sampled))
    size = size_of(members, 0, sampled, customers)

    assert members <= size.at_least <= size.customers <= size.at_most <= customers


def test_lines_that_move_by_less_than_a_tenth_stay():
    assert not has_moved(Lines(10, 1000, 2000), Lines(11, 1050, 1900))
    assert has_moved(Lines(3, 1000, 2000), Lines(4, 1000, 2000))
    assert has_moved(Lines(3, 1000, 2000), Lines(3, 0, 2000))


def test_lines_are_those_of_the_upper_fifth_and_the_middle_and_fit_into_their_columns():
    days = shop_days("UTC")
    noon = to_us(NOON)
    buyers = []
    for number in range(1, 11):
        bought = [Purchase(740_000 + day, noon, number * 10**18, 1, noon, 5, 1) for day in range(number)]
        folded = statistics(bought, days)
        assert folded is not None
        buyers.append(folded)

    assert lines_of([]) is None
    assert lines_of(buyers[:1]) == Lines(3, 10**18, 10**18)
    assert lines_of(buyers) == Lines(9, LINE_MAX, LINE_MAX)
