"""What comes back of a payment is a whole number of coins, and all of it once nothing is left of the order."""

import pytest
from babel.numbers import get_currency_precision, list_currencies
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.coins import coin_of
from loyalty.domain.part_payment import still_spent


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=4),
    st.integers(1, 10**18),
    st.lists(st.integers(0, 10**18), max_size=6),
    st.sampled_from([1, 10, 1000]),
)
def test_refunds_give_back_whole_coins_and_together_exactly_what_was_taken(coins, base, nets, coin):
    taken = [number * coin for number in coins]
    returned = [0] * len(taken)
    for net in [*sorted([min(net, base) for net in nets], reverse=True), 0]:
        kept = still_spent(taken, net, base, coin)
        due = [max(one - left - back, 0) for one, left, back in zip(taken, kept, returned, strict=True)]
        assert all(each % coin == 0 for each in due)
        assert all(0 <= left <= one for one, left in zip(taken, kept, strict=True))
        assert sum(kept) <= sum(taken) * net // base
        returned = [back + more for back, more in zip(returned, due, strict=True)]
    assert returned == taken


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=3), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_rest_below_a_coin_from_before_comes_back_too(taken, net, base):
    kept = still_spent(taken, net, base, 1000)
    assert all(0 <= left <= one for one, left in zip(taken, kept, strict=True))
    assert still_spent(taken, 0, base, 1000) == [0] * len(taken)
    assert still_spent(taken, base, base, 1000) == taken


@pytest.mark.parametrize(("currency", "coin"), [("IRR", 1000), ("EUR", 10), ("JPY", 1000), ("KWD", 1), ("XXX", 10)])
def test_coins_are_those_of_the_currency(currency, coin):
    assert coin_of(currency) == coin


def test_no_coin_is_larger_than_the_one_that_people_use():
    for currency in list_currencies():
        assert coin_of(currency) <= 10 ** (3 - min(get_currency_precision(currency), 3)), currency
