"""A refund never raises what an order earns, whatever caps and conditions have left out of it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import DAYS, TEHRAN, Account, at, cancelled, paid, programme, refund, snapshot, tell
from builders.rules import as_ruled, ruled
from builders.stored_account import StoredAccount
from loyalty.domain import account as domain_account
from loyalty.domain import ceiling
from loyalty.domain.act_rules import Acts, Cap
from loyalty.domain.conditions import When
from loyalty.domain.credit_rules import CreditRules
from loyalty.domain.earning import Earning, Rule
from loyalty.domain.lines import NO_LINES, Line, Lines
from loyalty.domain.orders import CANCELLED, REFUND, Fact, Step
from loyalty.domain.programme import POINTS_MAX, Programme

STEP = 1000
PLAIN = programme(hold_days=5, expiry_days=60, window_days=90)
TIERS = (Decimal(1),) * len(PLAIN.tiers)
TEN = Earning((Rule("ten", Decimal(1), Decimal(10)),), TIERS)
# Below 1000 the first rule does not hold any more, and the second one gives more.
FIRST = Earning(
    (
        Rule("large", Decimal(1), Decimal(100), When(min_spend=1000 * 10**9)),
        Rule("any", Decimal(1), Decimal(10)),
        Rule("gift", Decimal(1), None, When(min_spend=1000 * 10**9)),
        Rule("more", Decimal(30), None),
    ),
    TIERS,
    stacking="first",
)


def capped(earning: Earning, *, truncates: bool) -> Programme:
    """At most 100 of each unit in a year."""
    caps = (
        Cap("most", 100, "year", truncates=truncates),
        Cap("credit", 100 * STEP, "year", frozenset(), truncates, True),
    )
    credit = CreditRules(STEP, earning, caps=caps[1:])
    return replace(PLAIN, earning=earning, credit=credit, acts=Acts((), caps[:1]))


# What they give once is told as the points of one rule.
EXACT = replace(PLAIN, tiers=PLAIN.tiers[:1], earning=replace(FIRST, rules=FIRST.rules[:2], tiers=TIERS[:1]))
GIFTS = Earning(
    (
        Rule("big", Decimal(5), None, When(min_spend=2000 * 10**9)),
        Rule("small", Decimal(20), None, When(min_spend=1000 * 10**9)),
    ),
    TIERS[:1],
    stacking="first",
)
IN_THE_APP = Lines(channel="app")
SHOES = Lines((Line("p", 1200 * 10**9, "shoes"),))
CAPPED = [capped(earning, truncates=truncates) for earning in (TEN, FIRST) for truncates in (True, False)]


def history_of(random: Random) -> list[tuple[str, Fact]]:
    """Facts of three orders, no two of one instant."""
    told = []
    for number in range(random.randint(2, 12)):
        order, name, day = f"o{random.randrange(3)}", f"e{number}", random.choice([0, 1, 2, 30, 59])
        amount = random.choice([100, 600, 1200, 2500])
        fact = random.choice(
            [
                paid(name, day, amount),
                paid(name, day, amount, random.randint(1, 4)),
                snapshot(name, day, amount, random.randint(1, 4)),
                refund(name, day, amount // 2, f"{order}-{random.randrange(3)}"),
                refund(name, day, amount // 2, f"{order}-{random.randrange(3)}"),
                cancelled(name, day, random.randint(1, 4)),
            ]
        )
        told.append((order, fact._replace(at=fact.at + number)))
    return told


def given_at(account: Account, rules: Sequence[Programme], now: int) -> dict[str, tuple[int, int]]:
    """What each order has earned by an instant, of each unit, and its net."""
    timeline = account.at(rules, TEHRAN, now)
    assert all(lot.given >= 0 for lot in (*timeline.lots, *timeline.credit))
    return {lot.order_id: (lot.given, lot.credit.given if lot.credit else 0) for lot in timeline.lots}


@given(st.integers(0, 2**40), st.sampled_from([*CAPPED, None]))
@settings(max_examples=400, deadline=None)
def test_an_order_that_is_worth_no_more_than_once_earns_no_more_and_changes_no_other(seed, rules):
    random = Random(seed)
    told = history_of(random)
    if rules is None:  # any rules
        rules = ruled(PLAIN, random, DAYS.day_of(at(0)))
        told = [as_ruled(each, random) for each in told]
    else:
        told = [(order, anywhere(fact, random)) for order, fact in told]
    account = Account({})
    for order, fact in told:
        tell(account, order, fact)
    # What each order was worth and earned when it was worth most, and the items that were stated meanwhile.
    highest: dict[str, tuple[int, tuple[int, int]]] = {}
    items: dict[str, set[object]] = {}
    for order, fact in sorted(told, key=lambda each: each[1].at):
        before, after = given_at(account, [rules], fact.at - 1), given_at(account, [rules], fact.at)
        if fact.kind in {REFUND, CANCELLED}:
            assert without(before, order) == without(after, order)
        if order not in after:
            continue
        step = step_at(account, order, fact.at)
        items.setdefault(order, set()).add(() if step.lines is None else step.lines.items)
        if order not in highest or step.net > highest[order][0]:
            highest[order] = step.net, after[order]
        elif len(items[order]) == 1:
            assert all(map(int.__le__, after[order], highest[order][1])), (order, fact)


def anywhere(fact: Fact, random: Random) -> Fact:
    """A fact that also states a channel, or not."""
    return (
        fact if fact.kind in {REFUND, CANCELLED} else fact._replace(lines=random.choice([None, NO_LINES, IN_THE_APP]))
    )


def without(given: dict[str, tuple[int, int]], order: str) -> dict[str, tuple[int, int]]:
    return {name: units for name, units in given.items() if name != order}


def step_at(account: Account, order: str, now: int) -> Step:
    """The last step of a paid order."""
    return next(lot for lot in account.at([PLAIN], TEHRAN, now).lots if lot.order_id == order).steps[-1]


@pytest.mark.parametrize(
    "later",
    [
        (refund("r", 1, 500, "R"), snapshot("u", 2, 1200, 2)._replace(lines=IN_THE_APP)),
        (refund("r", 1, 500, "R"), refund("c", 2, 499, "R")),
        (cancelled("c", 1, 2), snapshot("u", 2, 900, 3)),
        (snapshot("u", 1, 700, 2),),
        (snapshot("u", 1, 700, 2)._replace(lines=SHOES),),
    ],
)
@pytest.mark.parametrize("lines", [None, SHOES])
def test_what_a_cap_refused_is_given_neither_for_other_words_nor_by_a_corrected_refund(later, lines):
    account = Account({})
    tell(account, "o", paid("o", 0, 1200)._replace(lines=lines), *later)
    assert given_at(account, [CAPPED[1]], at(5)) == {"o": (0, 0)}


@pytest.mark.parametrize("event", [snapshot("u", 2, 1200, 2), snapshot("u", 2, 1400, 2)])
def test_other_items_for_no_less_are_judged_anew(event):
    """A rule that is about shoes pays once the shop states them; and so it does if they come in exchange."""
    rule = Rule("shoes", Decimal(1), Decimal(10), When(categories=frozenset({"shoes"})))
    shop = replace(PLAIN, earning=Earning((rule,), TIERS))
    account = Account({})
    tell(account, "o", paid("o", 0, 1200), event._replace(lines=SHOES))
    assert given_at(account, [shop], at(3))["o"][0] > 0


def test_an_order_is_told_by_the_rules_that_gave_what_it_has():
    account = Account({})
    tell(account, "o", paid("o", 0, 2500), refund("r", 1, 1600, "R"))  # 25 points, and "any" would give 90
    tell(account, "o", refund("t", 2, 880, "T"))  # a rest of 20
    (lot,) = account.at([EXACT], TEHRAN, at(1.5)).lots
    assert (lot.given, lot.purchase.by_rule) == (25, {"large": 25})
    assert [*lot.purchase.rules] == ["o"]
    (lot,) = account.at([EXACT], TEHRAN, at(3)).lots
    assert (lot.given, lot.purchase.by_rule) == (2, {"any": 2})
    tell(account, "o", refund("rr", 4, 100, "R"))  # worth 1520: at most what it once had
    (lot,) = account.at([EXACT], TEHRAN, at(5)).lots
    assert (lot.given, sum(lot.purchase.by_rule.values())) == (15, 15)


def test_what_the_old_law_gave_is_taken_back_with_the_next_order(monkeypatch):
    """An account of many orders is not gone on with from what another law remembered of it."""
    shop = replace(PLAIN, hold_days=0, expiry_days=None, tiers=PLAIN.tiers[:1], earning=GIFTS)
    stored = StoredAccount()
    with monkeypatch.context() as old:
        old.setattr(ceiling, "most", lambda *_: POINTS_MAX)
        old.setattr(domain_account, "MEANING", 5)
        many = [(f"o{number}", paid(f"e{number}", number, 1500)) for number in range(6)]
        stored.settle([*many, ("x", paid("x", 6, 2500))], [shop], TEHRAN, at(7))
        assert stored.settle([("x", refund("r", 8, 600))], [shop], TEHRAN, at(8.5)).balance.available == 7 * 20
    settled = stored.settle([("y", paid("y", 9, 1500))], [shop], TEHRAN, at(9.5))
    assert settled.balance.available == 7 * 20 + 5


def test_what_a_cap_refused_of_an_order_is_not_given_when_a_part_of_it_comes_back():
    account = Account({})
    tell(account, "o", paid("o", 0, 1200), refund("r", 1, 500))  # 120 points, then 70
    assert given_at(account, [CAPPED[1]], at(2)) == {"o": (0, 0)}


def test_room_that_a_refund_leaves_goes_to_what_is_bought_later():
    account = Account({})
    tell(account, "a", paid("a", 0, 800), refund("ra", 2, 600))
    tell(account, "b", paid("b", 1, 800), refund("rb", 3, 200))
    tell(account, "c", paid("c", 4, 800))
    given = given_at(account, [CAPPED[0]], at(5))
    assert given == {"a": (20, 20 * STEP), "b": (20, 20 * STEP), "c": (60, 60 * STEP)}
