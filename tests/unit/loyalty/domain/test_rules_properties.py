"""What must hold under rules of every kind, whatever happens to orders and in whatever order it is told."""

from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import DAYS, at, cancelled, paid, programme, refund, snapshot, tell
from builders.any_order import settled_at, sums, told_in_two_orders
from builders.rules import as_ruled, lines_of, ruled, when_of
from loyalty.domain.account import Account
from loyalty.domain.conditions import Moment
from loyalty.domain.earning import Earning
from loyalty.domain.orders import DELIVERED, Fact
from loyalty.domain.programme import Programme

END = 900.0
FIRST_DAY = DAYS.day_of(at(0))
seeds = st.integers(0, 1 << 40)


def programmes_of(random: Random) -> tuple[Programme, ...]:
    versions = [programme(hold_days=5, expiry_days=60, window_days=90), programme(version=2, effective_from=at(60))]
    return tuple(ruled(version, random, FIRST_DAY) for version in versions)


def history_of(random: Random) -> list[tuple[str, Fact]]:
    """Some facts of four orders in no particular order."""
    facts: list[tuple[str, Fact]] = []
    for number in range(random.randint(1, 14)):
        order_id, name, day = (
            f"o{random.randrange(4)}",
            f"e{number}",
            random.choice([0, 1, 1, 5, 30, 59.75, 60, 61, 400]),
        )
        amount = random.choice([0, 100, 999, 1500, 4000])
        told = random.choice(
            [
                paid(name, day, amount),
                paid(name, day, amount, random.randint(1, 4)),
                snapshot(name, day, amount, random.randint(1, 4)),
                refund(name, day, amount // 2, f"r{random.randrange(2)}"),
                cancelled(name, day, random.randint(1, 4)),
                Fact(at(day), name, DELIVERED, 0),
            ]
        )
        facts.append(as_ruled((order_id, told), random))
    return facts


@given(seed=seeds)
@settings(max_examples=300, deadline=None)
def test_any_order_of_arrival_repeats_and_settling_between_lead_to_one_state(seed: int) -> None:
    random = Random(seed)
    programmes, facts = programmes_of(random), history_of(random)
    once, slow = told_in_two_orders(random, facts, programmes, END)
    at_once, slowly = once.settled, slow.settled

    assert sums(once.entries) == sums(slow.entries)
    assert (at_once.balance, at_once.tier, at_once.due_at) == (slowly.balance, slowly.tier, slowly.due_at)
    by_rule = [
        {order_id: lot.purchase and lot.purchase.by_rule for order_id, lot in settled.lots.items()}
        for settled in (at_once, slowly)
    ]
    assert by_rule[0] == by_rule[1]


@given(seed=seeds)
@settings(max_examples=300, deadline=None)
def test_no_order_is_taken_more_than_it_gave_and_its_points_are_those_of_its_rules(seed: int) -> None:
    random = Random(seed)
    programmes, facts = programmes_of(random), history_of(random)
    account, entries = Account({}), []
    for order_id, fact in facts:
        tell(account, order_id, fact)
    settled = settled_at(account, END, programmes, entries)

    orders, given_by = {fact.event_id: order_id for order_id, fact in facts}, Counter[str]()
    for entry in entries:
        if entry.key[0] in {"earn", "reverse"}:
            given_by[orders[entry.key[2]]] += entry.points
    for order_id, lot in settled.lots.items():
        assert lot.purchase is not None
        assert min(lot.purchase.by_rule.values(), default=1) > 0
        assert given_by[order_id] == lot.given == sum(lot.purchase.by_rule.values())
    assert min(settled.balance) >= 0


@given(seed=seeds, share=st.integers(0, 100))
@settings(max_examples=300, deadline=None)
def test_what_is_left_of_an_order_never_earns_more_than_the_whole(seed: int, share: int) -> None:
    random = Random(seed)
    earning = ruled(programme(), random, FIRST_DAY).earning
    assert earning is not None
    total = random.choice([1, 999, 10**6]) * 10**9
    lines = lines_of(random, total)
    moment = Moment(FIRST_DAY + random.randrange(400), random.randrange(1440))
    asked = (lines, random.randrange(3), moment)
    whole, part = (earning.points_by_rule(net, total, *asked, first=True) for net in (total, total * share // 100))

    # One line may be counted by another rule when a minimum is no longer reached.
    if earning.stacking == "add" and earning.multiplier_stacking == "add":
        assert all(points <= whole.get(name, 0) for name, points in part.items())
    if share == 0:
        assert part == {}


@given(seed=seeds)
@settings(max_examples=200, deadline=None)
def test_rules_that_add_up_give_what_each_would_give_alone(seed: int) -> None:
    random = Random(seed)
    earning = ruled(programme(), random, FIRST_DAY).earning
    assert earning is not None
    earning = replace(earning, stacking="add", multipliers=())
    total = random.choice([1, 999, 10**6]) * 10**9
    asked = (total, total, lines_of(random, total), random.randrange(3), Moment(FIRST_DAY, 700))

    alone: dict[str, int] = {}
    for rule in earning.rules:
        alone |= Earning(rules=(rule,), tiers=earning.tiers, rounding=earning.rounding).points_by_rule(
            *asked, first=True
        )
    assert earning.points_by_rule(*asked, first=True) == alone


def test_conditions_of_every_kind_are_drawn() -> None:
    drawn = [when_of(Random(seed), 3, FIRST_DAY) for seed in range(200)]

    for name in ("tiers", "first_order", "channels", "branches", "weekdays", "categories", "products"):
        assert {getattr(when, name) is None for when in drawn} == {True, False}
    assert {bool(when.windows) for when in drawn} == {bool(when.hours) for when in drawn} == {True, False}
