"""What comes back of several redemptions of one order follows from what happened to it, not from how it was told."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loyalty.domain import proportion
from loyalty.domain.orders import CANCELLED, MOVED, PAID, PLACED, REFUND, STAYED, UPDATED, Fact, add_fact
from loyalty.domain.proportion import Payment, moments_of
from mandegar.events.orders import BEFORE_ANY


class Made(NamedTuple):
    """What a redemption that was reserved and then made pays of an order."""

    at: int
    amount: int
    reserved_at: int = BEFORE_ANY


def payments_of(made: Sequence[Made], facts: Sequence[Fact]) -> list[Payment]:
    return [Payment(at, amount, moments_of(facts, reserved_at)) for at, amount, reserved_at in made]


def come_back(made: Sequence[Made], facts: Sequence[Fact], coin: int = 1) -> list[int]:
    return proportion.come_back(payments_of(made, facts), coin)


def still_due(made: Sequence[Made], returned: Sequence[int], facts: Sequence[Fact], coin: int = 1) -> list[int]:
    return proportion.still_due(payments_of(made, facts), returned, coin)


TOTALS = st.integers(1, 10**18)
PAYMENTS = st.lists(
    st.builds(
        lambda at, amount, since: Made(at, amount, at - since),
        st.integers(0, 12),
        st.integers(0, 10**9),
        st.integers(0, 12),
    ),
    min_size=1,
    max_size=4,
)
COINS = st.sampled_from([1, 10, 1000])
# Which facts are told together: a cut after each of these numbers of facts.
CUTS = st.lists(st.integers(1, 4), max_size=20)


def fact(at: int, kind: str, amount: int = 0, *, version: int | None = None, of: str = "") -> Fact:
    return Fact(at, f"{kind}-{at}-{amount}-{of}", kind, amount, at if version is None else version, of)


def told(payments: Sequence[Made], facts: Sequence[Fact], cuts: Sequence[int] = (), coin: int = 1) -> list[int]:
    """What has come back after facts were told one after the other, some of them together."""
    returned, known, left = [0] * len(payments), list[Fact](), [*facts]
    for cut in [*cuts, *[1] * len(facts)]:
        for each in left[:cut]:
            add_fact(known, each)
        left = left[cut:]
        due = still_due(payments, returned, known, coin)
        assert all(each >= 0 for each in due)
        returned = [before + more for before, more in zip(returned, due, strict=True)]
    assert all(back <= payment.amount for back, payment in zip(returned, payments, strict=True))
    return returned


@st.composite
def refunds_in_any_order(draw: st.DrawFn) -> list[Fact]:
    """An order with refunds and maybe a cancellation, told in any order and partly twice."""
    total = draw(TOTALS)
    parts = draw(st.lists(st.integers(0, total), max_size=5))
    facts = [fact(draw(st.integers(0, 20)), REFUND, part, of=str(number)) for number, part in enumerate(parts)]
    facts.append(fact(draw(st.integers(0, 20)), PAID, total))
    if draw(st.booleans()):
        facts.append(fact(25, CANCELLED))
    return draw(st.permutations([*facts, *draw(st.lists(st.sampled_from(facts), max_size=3))]))


@given(PAYMENTS, refunds_in_any_order(), CUTS, COINS)
@example([Made(0, 1), Made(0, 1), Made(0, 1)], [fact(1, PAID, 100), fact(2, REFUND, 40), fact(3, REFUND, 20)], [], 1)
def test_however_refunds_are_told_the_same_comes_back(payments, facts, cuts, coin):
    in_time = come_back(payments, sorted(set(facts)), coin)
    assert told(payments, facts, cuts, coin) == told(payments, facts, [len(facts)], coin) == in_time


HAPPENINGS = st.one_of(
    st.tuples(st.sampled_from([PAID, UPDATED]), st.integers(0, 10**6), st.just("")),
    st.tuples(st.just(REFUND), st.integers(0, 10**6), st.sampled_from("abc")),
    st.tuples(st.sampled_from([CANCELLED, MOVED]), st.just(0), st.just("")),
)


@given(PAYMENTS, st.lists(HAPPENINGS, max_size=12), CUTS, COINS)
def test_whatever_happens_to_an_order_how_it_is_cut_into_batches_changes_nothing(payments, happenings, cuts, coin):
    """Corrections of refunds to less, raised and opened orders, redemptions in between."""
    facts = [fact(at, kind, amount, of=of) for at, (kind, amount, of) in enumerate(happenings)]
    payments = sorted(payments)
    returned, made = [0] * len(payments), 0
    for until, cut in _cut(facts, cuts):
        made = sum(payment.at <= until for payment in payments)
        due = still_due(payments[:made], returned[:made], cut, coin)
        returned[:made] = [before + more for before, more in zip(returned, due, strict=False)]
    if made == len(payments):
        assert returned == come_back(payments, facts, coin)


def _cut(facts: Sequence[Fact], cuts: Sequence[int]) -> list[tuple[int, Sequence[Fact]]]:
    """What is known after each batch, and until when it was told."""
    ends, end = [], 0
    for cut in [*cuts, *[1] * 20]:
        end += cut
        ends.append((end - 1, facts[:end]))
    return ends


@given(PAYMENTS, TOTALS, st.lists(st.integers(0, 10**18), max_size=6), COINS)
def test_whole_coins_come_back_and_together_exactly_what_was_taken(payments, total, nets, coin):
    payments = [Made(0, payment.amount * coin) for payment in payments]
    facts, returned = [fact(0, PAID, total)], [0] * len(payments)
    for at, net in enumerate(sorted([min(net, total) for net in nets], reverse=True), start=1):
        facts.append(fact(at, UPDATED, net))
        returned = come_back(payments, facts, coin)
        assert all(each % coin == 0 for each in returned)
        kept = sum(payment.amount for payment in payments) - sum(returned)
        exact = sum(payment.amount for payment in payments) * Fraction(net, total)
        assert exact - coin < kept <= exact
    assert come_back(payments, [*facts, fact(9, CANCELLED)], coin) == [payment.amount for payment in payments]


@given(PAYMENTS, st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_rest_below_a_coin_from_before_comes_back_too(payments, net, total):
    facts = [fact(0, PAID, total), fact(20, UPDATED, min(net, total))]
    back = come_back(payments, facts, 1000)
    assert sum(back) == 0 or net < total
    assert come_back(payments, [*facts, fact(21, CANCELLED)], 1000) == [payment.amount for payment in payments]


@pytest.mark.parametrize(
    ("facts", "returned"),
    [
        ([fact(1, PAID, 100), fact(2, REFUND, 25)], [0, 50]),
        ([fact(1, PAID, 100), fact(2, REFUND, 75)], [50, 100]),
        ([fact(1, PAID, 100), fact(2, REFUND, 75, of="r"), fact(3, REFUND, 25, of="r")], [50, 100]),
        ([fact(1, PAID, 80), fact(2, UPDATED, 100), fact(3, REFUND, 25)], [0, 50]),
        ([fact(1, PAID, 0), fact(2, REFUND, 0)], [0, 0]),
        ([fact(1, PAID, 0), fact(2, CANCELLED)], [100, 100]),
        ([fact(1, CANCELLED)], [100, 100]),
        ([fact(1, REFUND, 75)], [0, 0]),
        ([], [0, 0]),
    ],
)
def test_the_redemption_that_was_made_last_gives_back_first(facts, returned):
    assert come_back([Made(0, 100), Made(0, 100)], facts) == returned


def test_a_redemption_of_an_order_that_was_opened_again_comes_back_by_itself():
    facts = [fact(1, PAID, 100), fact(2, CANCELLED), fact(3, PAID, 100), fact(5, REFUND, 50)]
    assert come_back([Made(0, 100), Made(4, 60)], facts) == [100, 30]


def test_what_is_given_back_by_hand_counts_for_the_other_redemptions_of_the_order():
    facts = [fact(1, PAID, 100), fact(2, REFUND, 50)]
    payments = [Made(0, 100), Made(0, 100)]
    assert still_due(payments, [40, 0], facts) == [0, 60]
    assert still_due(payments, [100, 40], facts) == [0, 0]
    assert still_due(payments, [150, 0], facts) == [0, 0]  # of which 50 were the price of a reward


@pytest.mark.parametrize(
    ("happened", "back"),
    [
        ([fact(1, PLACED, 150), fact(2, UPDATED, 100)], 0),  # edited before the till saw it
        ([fact(1, PLACED, 150), fact(2, UPDATED, 100), fact(6, REFUND, 50)], 50),
        ([fact(1, PLACED, 150), fact(2, UPDATED, 100), fact(4, UPDATED, 80)], 20),  # between reservation and payment
        ([fact(1, PLACED, 150), fact(2, UPDATED, 100), fact(6, UPDATED, 200), fact(7, REFUND, 50)], 25),
        ([fact(4, PLACED, 150), fact(6, UPDATED, 75)], 50),
        ([fact(6, PAID, 100, version=2), fact(7, UPDATED, 200, version=1)], 0),  # retried late: never in force
        ([fact(6, PLACED, 200), fact(6, PAID, 100)], 0),  # at one instant the payment counts
    ],
)
def test_points_are_held_against_the_order_as_it_was_when_they_were_reserved(happened, back):
    assert come_back([Made(5, 100, 3)], happened) == [back]


@pytest.mark.parametrize("moved", [MOVED, STAYED])
@pytest.mark.parametrize(("refunded", "back"), [(0, 0), (30, 30)])
def test_an_order_that_became_another_customers_gives_nothing_back_by_that(moved, refunded, back):
    """Both may be one person, who is known as such later: then the move was none."""
    happened = [fact(1, PAID, 100), fact(3, REFUND, refunded), fact(4, moved)]
    assert come_back([Made(2, 100)], happened) == [back]
    assert still_due([Made(2, 100)], [back], [*happened[:2], fact(4, STAYED)]) == [0]
