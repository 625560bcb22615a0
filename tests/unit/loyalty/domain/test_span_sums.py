"""Sums at the places of a row are what adding to each place comes to."""

from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.span_sums import SpanSums


@given(st.integers(0, 40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(-9, 50))))
def test_the_last_place_with_enough_is_found(places, changes):
    sums, plain = SpanSums(places), [0] * places
    for one, other, amount in changes:
        first, end = sorted((min(one, places), min(other, places)))
        if first == end:
            continue
        amount = max(amount, -min(plain[first:end]))
        sums.add((first, end), amount)
        plain[first:end] = [each + amount for each in plain[first:end]]
        for line in (1, amount, max(plain), max(plain) + 1):
            if line > 0:
                assert sums.last_with(line) == max([at for at in range(places) if plain[at] >= line], default=None)
