"""An order is judged by its total: what came back of it, and how a shop states it again, raises nothing."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import DAYS, TEHRAN, Account, at, cancelled, paid, programme, refund, snapshot, tell
from builders.rules import ruled
from loyalty.domain.act_rules import Acts, Cap
from loyalty.domain.conditions import When
from loyalty.domain.credit_rules import CreditRules
from loyalty.domain.earning import Earning, Rule
from loyalty.domain.lines import Line, Lines
from loyalty.domain.orders import CANCELLED, REFUND, Fact
from loyalty.domain.programme import Programme

UNIT = 10**9
PLAIN = programme(hold_days=5, expiry_days=60, window_days=90)
PLAIN = replace(PLAIN, tiers=PLAIN.tiers[:1])
ONE = (Decimal(1),)
TEN = Earning((Rule("ten", Decimal(1), Decimal(10)),), ONE)
GIFTS = Earning(
    (
        Rule("big", Decimal(5), None, When(min_spend=2000 * UNIT)),
        Rule("small", Decimal(20), None, When(min_spend=1000 * UNIT)),
    ),
    ONE,
    stacking="first",
)
OF_SHOES = Earning((Rule("shoes", Decimal(1), Decimal(10), When(categories=frozenset({"shoes"}))),), ONE)


def under(earning: Earning, truncates: bool | None = None) -> Programme:
    """A shop with rules, and at most 100 of each unit in a year, where a cap is asked for."""
    if truncates is None:
        return replace(PLAIN, earning=earning)
    caps = Cap("most", 100, "year", truncates=truncates), Cap("c", 100_000, "year", frozenset(), truncates, True)
    return replace(PLAIN, earning=earning, credit=CreditRules(1000, earning, caps=caps[1:]), acts=Acts((), caps[:1]))


P, Q = Line("p", 600 * UNIT, "a"), Line("q", 600 * UNIT, "b")
PQ, QP, SHOES = Lines((P, Q)), Lines((Q, P)), Lines((Line("s", 1200 * UNIT, "shoes"),))
CUT, REFUSED = under(TEN, truncates=True), under(TEN, truncates=False)


def earned(rules: Programme, *told: tuple[str, Fact], now: int = at(90)) -> dict[str, tuple[int, int]]:
    """What each order has earned in points and in credit."""
    account = Account({})
    for order, fact in told:
        tell(account, order, fact)
    lots = account.at([rules], TEHRAN, now).lots
    return {lot.order_id: (lot.given, lot.credit.given if lot.credit else 0) for lot in lots}


def points(rules: Programme, *told: Fact) -> int:
    return earned(rules, *[("o", fact) for fact in told])["o"][0]


@pytest.mark.parametrize("lines", [PQ, QP, None, SHOES])
def test_what_a_cap_cut_off_is_not_given_by_an_ordinary_snapshot(lines):
    told = [("a", paid("a", 0, 1000)), ("o", paid("o", 1, 1200)._replace(lines=PQ)), ("a", refund("r", 2, 1000))]
    again = snapshot("u", 3, 1200, 2)._replace(lines=lines)
    assert earned(CUT, *told, ("o", again))["o"] == (0, 0)
    assert earned(CUT, *told, ("o", again._replace(amount=1300 * UNIT)))["o"] == (100, 100_000)


def test_lines_in_another_order_do_not_make_a_higher_total_of_which_a_part_came_back_another_purchase():
    told = [("a", paid("a", 0, 1000)), ("o", paid("o", 1, 1200)._replace(lines=PQ)), ("a", refund("r", 2, 1000))]
    for lines in (PQ, QP):
        again = snapshot("u", 4, 1300, 2)._replace(lines=lines)
        assert earned(CUT, *told, ("o", refund("s", 3, 400)), ("o", again))["o"] == (0, 0)


@pytest.mark.parametrize("lines", [QP, None, SHOES])
@pytest.mark.parametrize("total", [2500, 2501])
def test_neither_a_refund_nor_its_correction_lets_another_rule_give_more(lines, total):
    shop, order = under(GIFTS), paid("o", 0, 2500)._replace(lines=PQ)
    again = snapshot("u", 2, total, 2)._replace(lines=lines)
    assert points(shop, order) == points(shop, order, again) == 5
    assert points(shop, order, refund("r", 1, 1400), again) == 5
    assert points(shop, order, again, refund("r", 3, 1400)) == 5
    assert points(shop, order, refund("r", 1, 2000, "R"), again, refund("c", 3, 1400, "R")) == 5
    assert points(shop, refund("r", 0, 1400), order._replace(at=at(1))) == 5


def test_a_higher_total_of_which_a_part_came_back_is_judged_without_the_refund():
    shop, order = under(GIFTS), paid("o", 0, 1500)
    assert points(shop, order) == 20
    assert points(shop, order, refund("r", 1, 600), snapshot("u", 2, 2500, 2)) == 5
    again = snapshot("u", 2, 1201, 2)._replace(lines=SHOES)
    assert points(REFUSED, paid("o", 0, 1200)._replace(lines=PQ), refund("r", 1, 400), again) == 0


def test_an_order_that_is_stated_while_it_is_cancelled_is_opened_again_as_it_was():
    order, end = paid("o", 0, 1200)._replace(lines=PQ, version=0), cancelled("c", 1, 0)
    again = snapshot("u", 2, 1201, 0)._replace(lines=SHOES)
    opened = snapshot("p", 3, 900, 0)._replace(status="open")
    assert points(REFUSED, order, end, opened) == points(REFUSED, order, end, again, opened) == 0


def test_items_that_are_stated_first_after_a_refund_earn_what_is_left_of_them():
    shop, order = under(OF_SHOES), paid("o", 0, 1200)
    again, back = snapshot("u", 2, 1200, 2)._replace(lines=SHOES), refund("r", 1, 100, "R")
    assert points(shop, order, again) == 120
    assert points(shop, order, back, again) == points(shop, order, again, back._replace(at=at(3))) == 110
    assert points(shop, order, back, again, refund("c", 3, 50, "R")) == 115
    assert points(shop, order, back, again._replace(amount=1100 * UNIT)) == 100
    # Without items in between, what they earn is not lost.
    assert points(shop, order, again, snapshot("v", 3, 1300, 3)) == 0
    last = snapshot("w", 4, 1300, 4)._replace(lines=SHOES)
    assert points(shop, order, again, snapshot("v", 3, 1300, 3), last) == 120


@pytest.mark.parametrize("back_to", [1000, 1100, 1200])
def test_items_that_are_stated_first_with_a_lower_total_take_nothing_for_good(back_to):
    order, lowered = paid("o", 0, 1200), snapshot("u", 1, 900, 2)._replace(lines=Lines((Line("p", 900 * UNIT, "a"),)))
    raised = snapshot("v", 2, back_to, 3)._replace(lines=Lines((Line("p", back_to * UNIT, "a"),)))
    for last in (raised, raised._replace(lines=lowered.lines), raised._replace(lines=None)):
        assert earned(under(TEN), *[("o", fact) for fact in (order, lowered)])["o"] == (90, 0)
        assert points(under(TEN), order, lowered, last) == back_to // 10
    assert points(under(GIFTS), paid("o", 0, 2500), lowered._replace(amount=1200 * UNIT)) == 5


def test_what_a_cap_refused_is_not_given_by_changing_the_items_to_and_fro():
    few = replace(OF_SHOES, rules=(*TEN.rules, *OF_SHOES.rules))
    shop, order = under(few, truncates=False), paid("o", 0, 600)._replace(lines=PQ)
    shoes = snapshot("u", 1, 600, 2)._replace(lines=SHOES)
    assert points(shop, order) == points(shop, order, shoes) == 60
    assert points(shop, order, shoes, snapshot("v", 2, 600, 3)._replace(lines=PQ), shoes._replace(at=at(3))) == 60


def story_of(random: Random, orders: int, *, states_items: bool) -> list[tuple[str, Fact]]:
    """Facts of orders, no two of one instant."""
    told = []
    for number in range(random.randint(2, 10)):
        order, name, day = f"o{random.randrange(orders)}", f"e{number}", random.choice([0, 1, 2, 30])
        amount = random.choice([100, 600, 1200, 2500])
        fact = random.choice(
            [
                paid(name, day, amount, random.randint(1, 4)),
                snapshot(name, day, amount, random.randint(1, 9)),
                refund(name, day, amount // 2, f"{order}-{random.randrange(3)}"),
                refund(name, day, amount // 2, f"{order}-{random.randrange(3)}"),
                cancelled(name, day, random.randint(1, 4)),
            ]
        )
        if states_items and fact.kind not in {REFUND, CANCELLED}:
            fact = fact._replace(lines=random.choice([PQ, PQ, QP, SHOES]))
        told.append((order, fact._replace(at=fact.at + number)))
    return told


def shops_of(random: Random) -> Programme:
    if random.random() < 0.3:
        return ruled(PLAIN, random, DAYS.day_of(at(0)))
    earning = random.choice([TEN, GIFTS, OF_SHOES, replace(GIFTS, rules=(*GIFTS.rules, *TEN.rules))])
    return under(earning, truncates=random.choice([None, True, False]))


def reordered(told: Sequence[tuple[str, Fact]]) -> list[tuple[str, Fact]]:
    """The same facts, heard the other way round, with the lines of every other snapshot in another order."""
    return [
        (order, fact if fact.lines is None or number % 2 else fact._replace(lines=Lines(fact.lines.items[::-1])))
        for number, (order, fact) in enumerate(reversed(told))
    ]


@given(st.integers(0, 2**40))
@settings(max_examples=300, deadline=None)
def test_no_order_of_arrival_or_of_lines_and_no_repetition_in_other_words_changes_what_is_earned(seed):
    random = Random(seed)
    rules, told = shops_of(random), story_of(random, 3, states_items=random.random() < 0.7)
    highest: dict[str, tuple[int, int]] = {}
    for _, last in sorted(told, key=lambda each: each[1].at):
        until = [each for each in told if each[1].at <= last.at]
        state = earned(rules, *until)
        assert earned(rules, *reordered(told), now=last.at) == earned(rules, *told, now=last.at)
        for order, units in state.items():
            highest[order] = highest.get(order, (0, 0))
            highest[order] = max(highest[order][0], units[0]), max(highest[order][1], units[1])
            stated = [fact for name, fact in until if name == order and fact.kind not in {REFUND, CANCELLED}]
            counts = max(stated, key=lambda fact: (fact.version, fact.at))
            for lines in (counts.lines, None):
                again = counts._replace(event_id="again", at=last.at + 1, lines=lines)
                after = earned(rules, *until, (order, again))
                assert {**after, order: ()} == {**state, order: ()}
                assert all(map(int.__le__, after[order], highest[order])), (order, lines)


@given(st.integers(0, 2**40))
@settings(max_examples=300, deadline=None)
def test_an_order_earns_no_more_than_if_nothing_of_it_had_come_back(seed):
    random = Random(seed)
    rules, told = shops_of(random), story_of(random, 1, states_items=random.random() < 0.7)
    # Of a cancellation with a number, older totals were never in force.
    told = [(order, fact._replace(version=fact.at) if fact.kind == CANCELLED else fact) for order, fact in told]
    kept = [each for each in told if each[1].kind not in {REFUND, CANCELLED}]
    most = (0, 0)
    for now in sorted(fact.at for _, fact in told):
        whole, rest = earned(rules, *kept, now=now).get("o0", (0, 0)), earned(rules, *told, now=now).get("o0", (0, 0))
        most = max(most[0], whole[0]), max(most[1], whole[1])
        assert all(map(int.__le__, rest, most)), (rest, most)
