"""Versions of a programme come and go while credit is out; orders and redemptions arrive in any order."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import at, cancelled, ended, held, lot_of, paid, programme, refund, settle, tell
from loyalty.domain.account import Account
from loyalty.domain.conditions import When
from loyalty.domain.credit_rules import CreditRules
from loyalty.domain.earning import Earning, Rule
from loyalty.domain.ids import credit_lot_id
from loyalty.domain.lots import EntryKey
from loyalty.domain.orders import RELEASED, RETURNED, SPENT, Fact
from loyalty.domain.posting import Balance, Entry, moved_by
from loyalty.domain.units import is_credit, key_of_credit, without_unit

PLAIN = programme(hold_days=5, expiry_days=60, window_days=90)


def back(rate: str, step: int, *more: Rule) -> CreditRules:
    ones = (Decimal(1),) * len(PLAIN.tiers)
    return CreditRules(
        step,
        Earning((Rule("back", Decimal(rate), Decimal(100) * step / 1000), *more), ones, rounding="nearest"),
        expiry_days=40,
    )


V = (
    PLAIN,
    replace(
        PLAIN,
        version=2,
        effective_from=at(60),
        credit=back("10", 1000, Rule("hello", Decimal(3), None, When(first_order=True))),
    ),
    replace(PLAIN, version=3, effective_from=at(120), credit=back("7", 7)),
    replace(PLAIN, version=4, effective_from=at(200), points=Decimal(3)),
    replace(
        PLAIN, version=5, effective_from=at(250), credit=replace(back("33", 333_333), hold_days=0, expiry_days=None)
    ),
)
ALONE = tuple(replace(each, credit=None) for each in V)
Told = list[tuple[str, Fact]]
days = st.integers(0, 1200).map(lambda quarter: quarter / 4)
amounts = st.integers(0, 800_000).map(lambda cents: Decimal(cents) / 100)


@st.composite
def histories(draw: st.DrawFn) -> Told:
    told: Told = []
    for order in (f"o{number}" for number in range(draw(st.integers(1, 4)))):
        first = draw(days)
        told.append((order, paid(f"{order}-paid", first, draw(amounts), 2)))
        if draw(st.booleans()):
            told.append((order, paid(f"{order}-early", draw(days), draw(amounts), 1)))
        for number in range(draw(st.integers(0, 2))):
            when, name = draw(days), f"{order}-{number}"
            told.append(
                (order, cancelled(name, when, 3) if draw(st.booleans()) else refund(name, when, draw(amounts), name))
            )
        for number in range(draw(st.integers(0, 2))):
            key = draw(st.sampled_from([order, key_of_credit(order), key_of_credit(order)]))
            told += [(key, f) for f in draw(redemptions(f"{key}-red{number}", first, 997 if is_credit(key) else 1))]
    return [(key, fact._replace(at=fact.at + place)) for place, (key, fact) in enumerate(told)]


@st.composite
def redemptions(draw: st.DrawFn, name: str, first: float, unit: int) -> list[Fact]:
    begin, points = first + draw(st.integers(0, 80)), draw(st.integers(1, 120)) * unit
    facts = [held(name, begin, points, begin + 30)]
    end = draw(st.sampled_from([None, SPENT, SPENT, RELEASED]))
    if end is not None:
        facts.append(ended(name, end, begin + draw(st.integers(1, 29)), points))
    if end == SPENT and draw(st.booleans()):
        facts.append(ended(name, RETURNED, begin + 50, max(points // 2, 1)))
    return facts


def put(account: Account, some: Told) -> None:
    for key, fact in some:
        tell(account, key, fact)
    for order in account.orders.values():
        if is_credit(order.order_id):
            order.lot_id = credit_lot_id(lot_of(without_unit(order.order_id)))


def sums(posted: Counter[tuple[str, EntryKey]], *, credit: bool) -> Balance:
    total = Balance()
    for (order_id, key), points in posted.items():
        if is_credit(order_id) == credit:
            total = Balance(*map(sum, zip(total, moved_by(Entry("", key, points, 0, 0)), strict=True)))
    return total


@given(histories(), st.integers(0, 2**32), st.lists(st.integers(0, 500), max_size=4))
@settings(max_examples=150)
def test_any_order_of_arrival_under_changing_versions_posts_the_same(told, seed, instants):
    random = Random(seed)
    account, posted = Account({}), Counter[tuple[str, EntryKey]]()
    some = [*told, *random.sample(told, len(told) // 2)]
    random.shuffle(some)
    stops = [*sorted(instants), 520]
    settled = None
    for place, stop in enumerate(stops):
        put(account, some[place * len(some) // len(stops) : (place + 1) * len(some) // len(stops)])
        settled = settle(account, stop, *V)
        for entry in settled.entries:
            posted[entry.order_id, entry.key] += entry.points
        assert settled.remembered is None or settled.credit is None
        credit = Balance() if settled.credit is None else settled.credit.balance
        assert min(*credit, *settled.balance) >= 0
        assert sums(posted, credit=True) == credit
        assert sums(posted, credit=False) == settled.balance
        for lot in settled.lots.values():
            assert min(lot.available, lot.pending, lot.held) >= 0
        again = settle(account, stop, *V)
        assert (again.entries, again.credit) == ([], settled.credit)
    assert settled is not None
    once = Account({})
    put(once, told)
    whole = settle(once, 520, *V)
    assert (settled.balance, settled.credit, settled.tier) == (whole.balance, whole.credit, whole.tier)
    points = Account({})
    put(points, [each for each in told if not is_credit(each[0])])
    alone = settle(points, 520, *ALONE)
    assert (alone.balance, alone.next_expiry) == (settled.balance, settled.next_expiry)
