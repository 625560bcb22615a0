"""Each unit is an account of its own: what happens to the other one changes nothing of it."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from random import Random
from uuid import NAMESPACE_OID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import at, cancelled, ended, held, lot_of, paid, programme, refund, settle, tell
from loyalty.domain.account import Account
from loyalty.domain.act_rules import Acts, Cap
from loyalty.domain.credit_rules import CreditRules
from loyalty.domain.earning import Earning, Rule
from loyalty.domain.ids import credit_lot_id
from loyalty.domain.opening import INSTANT, key_of_adjustment
from loyalty.domain.orders import OPENED, RELEASED, RETURNED, SPENT, TAKEN, TAKINGS, Fact
from loyalty.domain.posting import Balance
from loyalty.domain.programme import Tier
from loyalty.domain.settled import Settled
from loyalty.domain.units import credit_kind, is_credit, key_of_credit, kind_of, without_unit

END = 400.0
STEP = 1000
PLAIN = programme(hold_days=5, expiry_days=60, window_days=90)
BACK = Earning((Rule("back", Decimal(10), Decimal(100)),), (Decimal(1),) * len(PLAIN.tiers))
BOTH = replace(PLAIN, credit=CreditRules(STEP, BACK, expiry_days=60))
# The same credit, as points of a programme whose tiers multiply nothing.
AS_POINTS = programme(
    hold_days=5, expiry_days=60, window_days=90, points=Decimal(10), per=Decimal(100),
    tiers=tuple(Tier(tier.name, tier.spend, Decimal(1)) for tier in PLAIN.tiers),
)  # fmt: skip

# The same three with caps: each unit has its own.
CAPPED = (
    replace(BOTH, acts=Acts((), (Cap("most", 300, "year"),)),
            credit=CreditRules(STEP, BACK, expiry_days=60, caps=(Cap("most", 450 * STEP, "year", of_credit=True),))),
    replace(PLAIN, acts=Acts((), (Cap("most", 300, "year"),))),
    replace(AS_POINTS, acts=Acts((), (Cap("most", 450, "year"),))),
)  # fmt: skip

Told = list[tuple[str, Fact]]
days = st.integers(0, 1200).map(lambda quarter: quarter / 4)
amounts = st.integers(0, 8000).map(lambda cents: Decimal(cents) / 2)


@st.composite
def histories(draw: st.DrawFn) -> Told:
    """Orders, refunds, redemptions and adjustments of either unit; no two facts are of one instant."""
    told: Told = []
    for number in range(draw(st.integers(0, 3))):
        told.append(draw(adjustments(f"adj{number}")))
    for order in (f"o{number}" for number in range(draw(st.integers(1, 4)))):
        first = draw(days)
        told.append((order, paid(f"{order}-paid", first, draw(amounts))))
        for number in range(draw(st.integers(0, 3))):
            when, name = draw(days), f"{order}-{number}"
            fact = cancelled(name, when, 2) if draw(st.booleans()) else refund(name, when, draw(amounts), name)
            told.append((order, fact))
        for number in range(draw(st.integers(0, 2))):
            key = draw(st.sampled_from([order, key_of_credit(order)]))
            told += [
                (key, fact) for fact in draw(redemptions(f"{key}-red{number}", first, STEP if is_credit(key) else 1))
            ]
    return [(key, fact._replace(at=fact.at + place)) for place, (key, fact) in enumerate(told)]


@st.composite
def adjustments(draw: st.DrawFn, name: str) -> tuple[str, Fact]:
    """What staff gives, for ever or for forty days, or takes of an order."""
    when, amount = draw(days), draw(st.integers(1, 120))
    own, gives, of_credit = key_of_adjustment(uuid5(NAMESPACE_OID, name)), draw(st.booleans()), draw(st.booleans())
    key = own if gives else "o0"
    fact = Fact(at(when), name, TAKEN, amount, 0, name)
    if gives:
        fact = Fact(at(when), name, OPENED, amount)
        if draw(st.booleans()):
            fact = fact._replace(version=at(when + 40), status=INSTANT)
    return (key_of_credit(key), fact._replace(amount=amount * STEP)) if of_credit else (key, fact)


@st.composite
def redemptions(draw: st.DrawFn, name: str, first: float, unit: int) -> list[Fact]:
    begin, points = first + draw(st.integers(0, 80)), draw(st.integers(1, 120)) * unit
    facts = [held(name, begin, points, begin + 30)]
    end = draw(st.sampled_from([None, SPENT, SPENT, RELEASED]))
    if end is not None:
        facts.append(ended(name, end, begin + draw(st.integers(1, 40)), points))
    if end == SPENT and draw(st.booleans()):
        facts.append(ended(name, RETURNED, begin + 50, max(points // unit // 2, 1) * unit))
    return facts


def told_to(told: Told, rules: object, until: float = END) -> Settled:
    account = Account({})
    for key, fact in told:
        tell(account, key, fact)
    for order in account.orders.values():
        if is_credit(order.order_id):
            order.lot_id = credit_lot_id(lot_of(without_unit(order.order_id)))
    return settle(account, until, rules)


@given(histories(), st.integers(0, 400), st.sampled_from([(BOTH, PLAIN, AS_POINTS), CAPPED]))
@settings(max_examples=400)
def test_a_unit_is_what_it_would_be_without_the_other(told, until, programmes):
    of_both, of_points, of_credit = programmes
    points = [each for each in told if not is_credit(each[0])]
    orders = [each for each in points if each[1].kind not in {*TAKINGS, OPENED}]
    taken = [(without_unit(key), fact._replace(amount=fact.amount // STEP)) for key, fact in told if is_credit(key)]

    both, alone = told_to(told, of_both, until), told_to(points, of_points, until)
    as_points = told_to(orders + taken, of_credit, until)

    assert (both.balance, both.tier, both.next_expiry) == (alone.balance, alone.tier, alone.next_expiry)
    credit = Balance() if both.credit is None else both.credit.balance
    assert credit == Balance(*(figure * STEP for figure in as_points.balance))


@given(
    histories(), st.integers(0, 2**32), st.lists(st.integers(0, 400), max_size=3), st.sampled_from([BOTH, CAPPED[0]])
)
@settings(max_examples=250)
def test_any_order_of_arrival_and_settling_posts_the_same(told, seed, instants, rules):
    random = Random(seed)
    at_once, account, posted = told_to(told, rules), Account({}), Counter[tuple[str, object]]()
    some = [*told, *random.sample(told, len(told) // 2)]
    random.shuffle(some)
    stops = [*sorted(instants), END]
    settled = None
    for place, stop in enumerate(stops):
        for key, fact in some[place * len(some) // len(stops) : (place + 1) * len(some) // len(stops)]:
            tell(account, key, fact)
        for order in account.orders.values():
            if is_credit(order.order_id):
                order.lot_id = credit_lot_id(lot_of(without_unit(order.order_id)))
        settled = settle(account, stop, rules)
        for entry in settled.entries:
            posted[entry.order_id, entry.key] += entry.points

    assert settled is not None
    assert (settled.balance, settled.credit) == (at_once.balance, at_once.credit)
    wanted = Counter[tuple[str, object]]()
    for entry in at_once.entries:
        wanted[entry.order_id, entry.key] += entry.points
    assert {key: n for key, n in posted.items() if n} == {key: n for key, n in wanted.items() if n}


def test_entries_of_credit_come_first_and_have_kinds_of_their_own():
    settled = told_to([("o", paid("p", 1, 1000))], BOTH, 100)

    assert [is_credit(entry.order_id) for entry in settled.entries] == [True] * 3 + [False] * 3
    kinds = [kind_of(entry.order_id, entry.key[0]) for entry in settled.entries]
    assert kinds == ["credit.earn", "credit.activate", "credit.expire", "earn", "activate", "expire"]
    assert [credit_kind(kind) for kind in kinds] == ["earn", "activate", "expire", None, None, None]
    assert at(1) == settled.entries[0].at
