"""An order is a fold of its facts, whatever their order of arrival."""

from itertools import permutations

import pytest

from builders.accounts import at, cancelled, money, paid, refund, snapshot
from loyalty.domain.orders import Fact, Step, add_fact, net_steps


def steps_of(*facts: Fact) -> list[tuple[int, int, str]]:
    known: list[Fact] = []
    for fact in facts:
        add_fact(known, fact)
    return [tuple(step) for step in net_steps(known)]


def test_an_order_nobody_paid_is_worth_nothing() -> None:
    assert steps_of(snapshot("placed", 0, 100, 1), refund("r", 1, 5)) == []


def test_a_paid_order_is_worth_its_total_from_its_payment_on() -> None:
    assert steps_of(paid("p", 1, 100)) == [Step(at(1), money(100), "p", money(100))]


def test_the_earliest_payment_counts_whichever_arrives_first() -> None:
    assert [at(1)] == [step[0] for step in steps_of(paid("late", 3, 100), paid("early", 1, 100))][:1]


def test_the_newest_version_wins_and_of_two_at_one_time_the_lower_total() -> None:
    newest = steps_of(
        paid("p", 0, 100, 1), snapshot("a", 1, 120, 2), snapshot("b", 1, 130, 2), snapshot("old", 2, 1, 1)
    )

    assert newest[-1][1] == money(120)


def test_refunds_add_up_by_refund_id_and_never_below_zero() -> None:
    facts = (paid("p", 0, 100), refund("r1", 1, 30), refund("r1-again", 2, 30, "r1"), refund("r2", 3, 90))

    assert [step[1] for step in steps_of(*facts)] == [money(100), money(70), money(70), 0]


def test_a_second_amount_under_one_refund_id_is_a_correction() -> None:
    facts = (paid("p", 0, 100), refund("r1", 1, 10, "r"), refund("r2", 2, 4, "r"))

    assert [step[1] for step in steps_of(*facts)] == [money(100), money(90), money(96)]


def test_a_fact_that_comes_again_is_kept_once() -> None:
    known: list[Fact] = []

    assert [add_fact(known, fact) for fact in (paid("p", 1, 100), refund("r", 2, 5)) * 2] == [True, True, False, False]
    assert len(known) == 2


def test_a_cancelled_order_is_worth_nothing_until_a_newer_version_comes() -> None:
    facts = (paid("p", 0, 100, 1), cancelled("c", 1, 2), snapshot("stale", 2, 100, 1), snapshot("again", 3, 80, 3))

    assert [step[1] for step in steps_of(*facts)] == [money(100), 0, 0, money(80)]


def test_a_refund_before_the_payment_lowers_what_the_payment_is_worth() -> None:
    assert steps_of(refund("r", 0, 40), paid("p", 1, 100)) == [Step(at(1), money(60), "p", money(100))]


def test_facts_of_one_instant_make_one_step_named_for_the_payment() -> None:
    assert steps_of(snapshot("z-placed", 0, 90, 1), paid("p", 0, 100, 2)) == [Step(at(0), money(100), "p", money(100))]


@pytest.mark.parametrize(
    "facts", list(permutations([paid("p", 1, 100), snapshot("u", 2, 150, 2), cancelled("c", 3, 3)]))
)
def test_every_order_of_arrival_gives_the_same_steps(facts: tuple[Fact, ...]) -> None:
    assert steps_of(*facts, *facts) == steps_of(paid("p", 1, 100), snapshot("u", 2, 150, 2), cancelled("c", 3, 3))
