"""A refund never raises what an order earns, whatever caps and conditions have left out of it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import DAYS, TEHRAN, Account, at, cancelled, paid, programme, refund, snapshot, tell
from builders.rules import as_ruled, ruled
from loyalty.domain.act_rules import Acts, Cap
from loyalty.domain.conditions import When
from loyalty.domain.credit_rules import CreditRules
from loyalty.domain.earning import Earning, Rule
from loyalty.domain.orders import CANCELLED, REFUND, Fact
from loyalty.domain.programme import Programme

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
def test_a_refund_raises_nothing_and_changes_no_other_order(seed, rules):
    random = Random(seed)
    told = history_of(random)
    if rules is None:  # any rules
        rules = ruled(PLAIN, random, DAYS.day_of(at(0)))
        told = [as_ruled(each, random) for each in told]
    account = Account({})
    for order, fact in told:
        tell(account, order, fact)
    for order, fact in sorted(told, key=lambda each: each[1].at):
        before, after = given_at(account, [rules], fact.at - 1), given_at(account, [rules], fact.at)
        assert {name: given for name, given in before.items() if name != order} == {
            name: given for name, given in after.items() if name != order
        }
        if fact.kind in {REFUND, CANCELLED} and not is_raised(account, order, fact.at):
            assert all(map(int.__ge__, before.get(order, (0, 0)), after.get(order, (0, 0)))), (order, fact)


def is_raised(account: Account, order: str, now: int) -> bool:
    """Whether an order is worth more since an instant: a refund may be stated anew, and lower than before."""
    nets = [
        sum(lot.net for lot in account.at([PLAIN], TEHRAN, when).lots if lot.order_id == order)
        for when in (now - 1, now)
    ]
    return nets[1] > nets[0]


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
