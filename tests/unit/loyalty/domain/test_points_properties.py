"""What must hold of every account, whatever happens to it and in whatever order it is told."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import (
    TEHRAN,
    at,
    cancelled,
    ended,
    granted,
    held,
    opened,
    opened_until,
    paid,
    programme,
    refund,
    settle,
    snapshot,
    tell,
)
from loyalty.domain.account import Account, balance_of
from loyalty.domain.opening import key_of_lot, key_of_tier
from loyalty.domain.orders import HELD, OPENED, PAID, RELEASED, RETURNED, SPENT, Fact
from loyalty.domain.posting import Balance, Entry
from loyalty.domain.settled import Settled

END = 900.0
PROGRAMMES = (
    programme(hold_days=5, expiry_days=60, window_days=90),
    programme(version=2, effective_from=at(150), hold_days=0, expiry_days=20, window_days=200, points=Decimal("1.3")),
    programme(version=3, effective_from=at(300), expiry_days=None, window_days=30),
)

days = st.integers(0, 1600).map(lambda quarter: quarter / 4) | st.integers(0, 13).map(lambda month: month * 30.0)
amounts = st.integers(0, 4000).map(lambda cents: Decimal(cents) / 2)


@st.composite
def facts_of_an_order(draw: st.DrawFn, order_id: str) -> list[tuple[str, Fact]]:
    """Some facts in no particular order; most orders are paid, some twice, and some refunds are repeated."""
    versions, facts = st.integers(1, 5), []
    for number in range(draw(st.integers(1, 5))):
        name, when = f"{order_id}-{number}", draw(days)
        kind = draw(st.sampled_from(["paid", "paid", "snapshot", "cancelled", "refund", "refund"]))
        if kind == "paid":
            facts.append(paid(name, when, draw(amounts), draw(versions)))
        elif kind == "snapshot":
            facts.append(snapshot(name, when, draw(amounts), draw(versions)))
        elif kind == "cancelled":
            facts.append(cancelled(name, when, draw(versions)))
        else:
            facts.append(refund(name, when, draw(amounts), f"{order_id}-r{draw(st.integers(1, 2))}"))
    return [(order_id, fact) for fact in facts]


@st.composite
def facts_of_a_lot(draw: st.DrawFn, lot_id: str) -> list[tuple[str, Fact]]:
    """A lot that was brought along, and its corrections, of which some were written ahead of our clock."""
    facts, points, end = [], st.integers(0, 300), st.none() | days
    for number in range(draw(st.integers(1, 3))):
        name, when = f"{lot_id}-{number}", draw(days)
        if draw(st.booleans()):
            facts.append(opened(name, when, draw(points), draw(end), draw(st.sampled_from([0, 0, 1]))))
        else:
            facts.append(opened_until(name, when, draw(points), draw(days)))
    return [(key_of_lot(lot_id), fact) for fact in facts]


@st.composite
def facts_of_grants(draw: st.DrawFn) -> list[tuple[str, Fact]]:
    tiers = st.sampled_from(["bronze", "silver", "silver", "gold", "unheard-of"])
    facts = [granted(f"g{each}", draw(days), draw(tiers), draw(days)) for each in range(draw(st.integers(0, 4)))]
    return [(key_of_tier(fact.refund_id), fact) for fact in facts]


@st.composite
def facts_of_redemptions(draw: st.DrawFn, told: list[tuple[str, Fact]]) -> list[tuple[str, Fact]]:
    """Redemptions that take from lots that are there, whether or not these have the points when all is told."""
    begins: dict[str, int] = {}
    for order_id, fact in told:
        if fact.kind in {PAID, OPENED}:
            begins[order_id] = min(fact.at, begins.get(order_id, fact.at))
    facts = []
    for number in range(draw(st.integers(0, 3))):
        name, begin = f"red{number}", draw(days)
        order_ids = [order_id for order_id, first in begins.items() if first <= at(begin)]
        if not order_ids:
            continue
        until, end = begin + draw(st.integers(1, 40)), draw(st.sampled_from([None, SPENT, SPENT, RELEASED]))
        ends = begin + draw(st.integers(0, 60))
        for order_id in draw(st.lists(st.sampled_from(order_ids), min_size=1, unique=True)):
            points = draw(st.integers(1, 120))
            facts.append((order_id, held(name, begin, points, until, number)))
            if end is not None:
                facts.append((order_id, ended(name, end, ends, points, place=number)))
            if end == SPENT and draw(st.booleans()):
                back = draw(st.integers(1, 60))
                facts += [
                    (order_id, ended(name, RETURNED, ends + back, min(points, 30), name=f"{each}", place=number))
                    for each in range(draw(st.integers(1, 2)))
                ]
    return facts


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, Fact]]:
    orders = range(draw(st.integers(1, 4)))
    facts = [fact for number in orders for fact in draw(facts_of_an_order(f"o{number}"))]
    facts += [fact for number in range(draw(st.integers(0, 2))) for fact in draw(facts_of_a_lot(f"l{number}"))]
    return facts + draw(facts_of_redemptions(facts)) + draw(facts_of_grants())


@dataclass
class Ledger:
    """The account as a service keeps it, and every entry it ever posted."""

    account: Account
    entries: list[Entry]

    def settle(self, day: float) -> Settled:
        settled = settle(self.account, day, *PROGRAMMES)
        self.entries += settled.entries
        return settled

    def sums(self) -> Counter[object]:
        sums: Counter[object] = Counter()
        for entry in self.entries:
            sums[(entry.order_id, entry.key)] += entry.points
        return Counter({key: points for key, points in sums.items() if points})


def told_at_once(facts: list[tuple[str, Fact]]) -> tuple[Ledger, Settled]:
    ledger = Ledger(Account({}), [])
    for order_id, fact in facts:
        tell(ledger.account, order_id, fact)
    return ledger, ledger.settle(END)


def effect(entry: Entry) -> Balance:
    """How an entry moves the balance, stated without the product's fold."""
    points = entry.points
    match entry.key[:2]:
        case ("earn", _) | ("reverse", "pending"):
            return Balance(pending=points, lifetime=points)
        case ("open", "available"):
            return Balance(available=points, lifetime=points)
        case ("activate", _):
            return Balance(pending=-points, available=points)
        case ("expire", _):
            return Balance(available=points)
        case ("repay", _):
            return Balance(available=points, debt=points)
        case ("hold", "held"):
            return Balance(available=-points, held=points)
        case ("hold", "debt"):
            return Balance(debt=points, held=points)
        case ("spend", "held"):
            return Balance(held=points)
        case ("spend", "available"):
            return Balance(available=points)
        case ("release", _):
            return Balance(available=points, held=-points)
        case ("reverse", "available"):
            return Balance(available=points, lifetime=points)
        case ("reverse", "debt"):
            return Balance(debt=-points, lifetime=points)
    raise AssertionError(entry)


def total(entries: list[Entry]) -> Balance:
    effects = [effect(entry) for entry in entries]
    return Balance(*(sum(column) for column in zip(*effects, strict=True))) if effects else Balance()


@given(facts=histories(), seed=st.integers(0, 1 << 30), moments=st.lists(days, max_size=30))
@settings(max_examples=150, deadline=None)
def test_the_ledger_is_the_same_in_any_order_of_arrival_with_repeats_and_settling_between(
    facts: list[tuple[str, Fact]], seed: int, moments: list[float]
) -> None:
    once, settled_once = told_at_once(facts)
    shuffled = facts + facts[: seed % (len(facts) + 1)]
    Random(seed).shuffle(shuffled)
    slow = Ledger(Account({}), [])
    for number, (order_id, fact) in enumerate(shuffled):
        tell(slow.account, order_id, fact)
        for moment in sorted(moments)[number * 3 : number * 3 + 3]:
            slow.settle(moment)
    settled_slow = slow.settle(END)

    assert once.sums() == slow.sums()
    assert settled_once.balance == settled_slow.balance
    assert (settled_once.tier, settled_once.next_expiry) == (settled_slow.tier, settled_slow.next_expiry)
    assert (settled_once.tier_until, settled_once.due_at) == (settled_slow.tier_until, settled_slow.due_at)
    assert {
        order_id: (lot.pending, lot.available, lot.held, lot.given) for order_id, lot in settled_once.lots.items()
    } == {order_id: (lot.pending, lot.available, lot.held, lot.given) for order_id, lot in settled_slow.lots.items()}


@given(facts=histories(), moments=st.lists(days, min_size=1, max_size=12))
@settings(max_examples=100, deadline=None)
def test_the_balance_is_the_sum_of_all_entries_and_never_below_zero(
    facts: list[tuple[str, Fact]], moments: list[float]
) -> None:
    ledger = Ledger(Account({}), [])
    for number, moment in enumerate(sorted(moments)):
        for order_id, fact in facts[number::12]:
            tell(ledger.account, order_id, fact)
        settled = ledger.settle(moment)

        assert total(ledger.entries) == settled.balance
        assert min(settled.balance) >= 0
        assert (
            min((min(lot.pending, lot.available, lot.held, lot.given) for lot in settled.lots.values()), default=0) >= 0
        )
        assert settled.balance.debt == 0 or settled.balance.available == 0
        assert sum(lot.held for lot in settled.lots.values()) == settled.balance.held


@given(facts=histories(), moments=st.lists(days, min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_no_reservation_outlives_its_time_and_none_gives_back_more_than_it_took(
    facts: list[tuple[str, Fact]], moments: list[float]
) -> None:
    ends = {fact.refund_id: fact.version for _, fact in facts if fact.kind == HELD}
    wanted: Counter[str] = Counter()
    for _, fact in facts:
        wanted[fact.refund_id] += fact.amount if fact.kind == HELD else 0
    ledger = Ledger(Account({}), [])
    for order_id, fact in facts:
        tell(ledger.account, order_id, fact)
    for moment in [*sorted(moments), END]:
        settled = ledger.settle(moment)
        now = ledger.account.settled_at or 0
        assert settled.balance.held <= sum(points for name, points in wanted.items() if ends.get(name, 0) > now)
    given = {fact.event_id: fact.refund_id for _, fact in facts if fact.kind in {HELD, SPENT, RELEASED, RETURNED}}
    left: Counter[str] = Counter()
    for entry in ledger.entries:
        kind, bucket, cause = entry.key
        if kind in {"hold", "release"} or (kind, bucket) == ("spend", "available"):
            left[given.get(cause, cause)] += entry.points if kind == "hold" else -entry.points
    assert all(points >= 0 for points in left.values())


@given(facts=histories())
@settings(max_examples=100, deadline=None)
def test_no_order_is_taken_more_than_it_gave(facts: list[tuple[str, Fact]]) -> None:
    ledger, settled = told_at_once(facts)
    given_by_cause: Counter[str] = Counter()
    orders = {fact.event_id: order_id for order_id, fact in facts}
    for entry in ledger.entries:
        if entry.key[0] in {"earn", "open", "reverse"}:
            given_by_cause[orders[entry.key[2]]] += entry.points

    assert all(points >= 0 for points in given_by_cause.values())
    assert sum(given_by_cause.values()) == settled.balance.lifetime


@given(facts=histories(), moments=st.lists(days, min_size=2, max_size=12))
@settings(max_examples=80, deadline=None)
def test_without_news_every_entry_is_posted_once_and_stays(facts: list[tuple[str, Fact]], moments: list[float]) -> None:
    ledger, lots = Ledger(Account({}), []), set[str]()
    for order_id, fact in facts:
        if order_id not in lots:  # a lot that is stated anew may expire at another instant than it did
            tell(ledger.account, order_id, fact)
        lots |= {order_id} if fact.kind == OPENED else set()
    for moment in sorted(moments):
        ledger.settle(moment)

    assert all(entry.nth == 0 for entry in ledger.entries)
    assert all(entry.at <= at(max(moments)) for entry in ledger.entries)


@given(facts=histories(), first=days)
@settings(max_examples=80, deadline=None)
def test_nothing_changes_before_the_next_due_instant(facts: list[tuple[str, Fact]], first: float) -> None:
    ledger = Ledger(Account({}), [])
    for order_id, fact in facts:
        tell(ledger.account, order_id, fact)
    settled = ledger.settle(first)
    until = settled.due_at - 1 if settled.due_at is not None else at(END)
    later = ledger.account.settle(PROGRAMMES, TEHRAN, until)

    assert ([], settled.balance, settled.tier, None, []) == (
        later.entries,
        later.balance,
        later.tier,
        later.tier_move,
        later.warnings,
    )


@given(facts=histories(), moments=st.lists(days, min_size=1, max_size=8), asked=st.lists(days, min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_entries_that_took_effect_up_to_an_instant_are_the_balance_at_it(
    facts: list[tuple[str, Fact]], moments: list[float], asked: list[float]
) -> None:
    # A lot that is stated anew expires at another instant, for all of its time: only the first statement counts.
    first = {order_id: fact for order_id, fact in sorted(facts, key=lambda told: -told[1].at) if fact.kind == OPENED}
    facts = [told for told in facts if told[1].kind != OPENED or told[1] is first[told[0]]]
    ledger = Ledger(Account({}), [])
    together: defaultdict[str, list[tuple[str, Fact]]] = defaultdict(list)
    for order_id, fact in facts:  # what a redemption takes from several lots is told at once
        together[fact.event_id].append((order_id, fact))
    for number, moment in enumerate(sorted(moments)):
        for some in [*together.values()][number :: len(moments)]:
            for order_id, fact in some:
                tell(ledger.account, order_id, fact)
        ledger.settle(moment)
    for day in asked:
        if day <= max(moments):
            effective = [entry for entry in ledger.entries if entry.at <= at(day)]
            assert total(effective) == balance_of(ledger.account.at(PROGRAMMES, TEHRAN, at(day)))


months = st.integers(0, 13).map(lambda month: month * 30.0)
nets = st.sampled_from([0, 400, 700, 1000, 2500])
crowded = st.lists(st.tuples(months, nets, months, nets), min_size=3, max_size=8)
grants = st.dictionaries(st.sampled_from(["silver", "gold", "unheard-of"]), st.tuples(months, months), max_size=2)
NAMES = ("bronze", "silver", "gold")


@given(orders=crowded, given_tiers=grants)
@settings(max_examples=250, deadline=None)
def test_the_tier_of_an_order_is_reckoned_from_what_had_happened_when_it_was_paid(
    orders: list[tuple[float, int, float, int]], given_tiers: dict[str, tuple[float, float]]
) -> None:
    facts = [
        (f"o{number}", fact)
        for number, (when, total, later, changed) in enumerate(orders)
        for fact in (paid(f"p{number}", when, total), snapshot(f"u{number}", max(when, later), changed, 2))
    ]
    for tier, (when, until) in given_tiers.items():
        facts.append((key_of_tier(tier), granted(f"g-{tier}", when, tier, until)))
    _, settled = told_at_once(facts)
    for lot in settled.lots.values():
        paid_at, rules = lot.earned_at, lot.programme
        before = [
            [step.net for step in other.steps if step.at <= paid_at][-1]
            for other in settled.lots.values()
            if paid_at - rules.window < other.earned_at < paid_at
        ]

        held = [
            NAMES.index(tier)
            for tier, (when, until) in given_tiers.items()
            if tier in NAMES and at(when) <= paid_at < at(until)
        ]
        assert max([rules.tier_index(sum(before)), *held]) == lot.tier
        assert rules.points_due(lot.steps[-1].net, lot.tier) == lot.given
