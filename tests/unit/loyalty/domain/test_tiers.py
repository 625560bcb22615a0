"""Tiers of every kind: computed in one pass, the same as by their definition, in any order of arrival."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import (
    TEHRAN,
    account_of,
    at,
    cancelled,
    granted,
    money,
    opened,
    paid,
    programme,
    refund,
    snapshot,
    tell,
)
from loyalty.domain.account import Account
from loyalty.domain.at_risk import coming_drop
from loyalty.domain.opening import key_of_lot, key_of_tier
from loyalty.domain.orders import Fact
from loyalty.domain.programme import Programme
from loyalty.domain.qualifying import COUNTED, INVOICE, NEVER, ONE_STEP, ORDERS, POINTS, Qualifying, Terms
from loyalty.domain.settled import Settled
from mandegar.quantities import DAY_US

TERMS = (
    None,
    Terms("gregorian", 1, 1),
    Terms("gregorian", 3, 0),
    Terms("jalali", 6, 1),
    Terms("jalali", 12, 0),
    Terms("jalali", 1, 0),
)
LINES = {"spend": (1000, 3000), "invoice": (700, 2000), "points": (80, 300), "orders": (2, 3)}


def ruled(
    measure: str = "spend", terms: Terms | None = None, grace: int = 0, losing: str = "to_fit", window_days: int = 60
) -> Programme:
    """Bronze, silver and gold by a measure."""
    silver, gold = LINES[measure]
    rule = Qualifying(measure, terms, grace, losing)  # type: ignore[arg-type]
    tiers = programme().tiers
    return programme(
        window_days=window_days,
        tiers=(tiers[0], replace(tiers[1], spend=silver), replace(tiers[2], spend=gold)),
        qualifying=None if rule.is_plain else rule,
    )


KINDS = [
    ruled(measure, terms, grace, losing)
    for measure, terms, grace, losing in product(LINES, TERMS, (0, 12), ("to_fit", "one_step", "never"))
    if not (grace and losing == "never")
]
kinds = st.sampled_from(KINDS)
END = 700.0

# Some meet at the ends of terms and windows.
days = st.integers(0, 80).map(lambda each: each * 7.5) | st.integers(0, 18).map(lambda each: each * 30.0)
totals = st.sampled_from([0, 300, 700, 1000, 2500, 4000])


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, Fact]]:
    """Orders that are paid, changed, refunded and cancelled."""
    facts: list[tuple[str, Fact]] = []
    for number in range(draw(st.integers(1, 6))):
        order, when = f"o{number}", draw(days)
        facts.append((order, paid(f"{order}-p", when, draw(totals))))
        later = when + draw(st.integers(0, 90))
        match draw(st.sampled_from(["", "", "", "snapshot", "refund", "cancelled"])):
            case "snapshot":
                facts.append((order, snapshot(f"{order}-s", later, draw(totals), 2)))
            case "refund":
                facts.append((order, refund(f"{order}-r", later, draw(totals))))
            case "cancelled":
                facts.append((order, cancelled(f"{order}-c", later, 3)))
    return facts


@st.composite
def grants(draw: st.DrawFn) -> list[tuple[str, Fact]]:
    tiers = st.sampled_from(["silver", "gold", "unheard-of"])
    facts = [granted(f"g{each}", draw(days), draw(tiers), draw(days)) for each in range(draw(st.integers(0, 2)))]
    return [(key_of_tier(fact.refund_id), fact) for fact in facts]


def told(facts: Sequence[tuple[str, Fact]]) -> Account:
    account = Account({})
    for order_id, fact in facts:
        tell(account, order_id, fact)
    return account


def walked(facts: Sequence[tuple[str, Fact]], kind: Programme, now: int) -> Settled:
    return told(facts).settle((kind,), TEHRAN, now)


def levels_of(values: Sequence[int], kind: Programme) -> int:
    """The level that orders of these values reach together."""
    assert kind.qualifying is not None or kind.measure == "spend"
    total = max(values, default=0) if kind.measure == INVOICE else sum(values)
    silver, gold = kind.lines[1:]
    return (total >= silver) + (total >= gold)


def by_definition(facts: Sequence[tuple[str, Fact]], kind: Programme, now: int, *, before: bool = False) -> int:
    """Of all past instants the highest level, by what is left of the orders, less what time has taken."""
    known = [(order_id, fact) for order_id, fact in facts if fact.at < now or (fact.at == now and not before)]
    lots = walked(known, kind, now).lots.values() if known else ()
    values = {POINTS: lambda lot: lot.given, ORDERS: lambda lot: int(lot.net > 0)}
    value = values.get(kind.measure, lambda lot: lot.net)
    orders = [(lot.earned_at, value(lot)) for lot in lots]
    rule = kind.qualifying or Qualifying()
    held = 0
    if rule.terms is None:
        instants = {now, *[paid_at for paid_at, _ in orders], *[paid_at + kind.window - 1 for paid_at, _ in orders]}
        for instant in (instant for instant in instants if instant <= now):
            level = levels_of([one for paid_at, one in orders if instant - kind.window < paid_at <= instant], kind)
            late = now - instant - rule.grace_days * DAY_US
            steps = 0 if late <= 0 else 1 + (late - 1) // kind.window
            held = max(held, after(level, steps, rule))
        return held
    for term in {rule.terms.number(TEHRAN.day_of(paid_at)) + more for paid_at, _ in orders for more in (0, -1)}:
        last = rule.terms.last_day(term)
        within = range(rule.terms.last_day(term - 1) + 1, last + rule.grace_days + 1)
        level = levels_of([one for paid_at, one in orders if TEHRAN.day_of(paid_at) in within], kind)
        day, steps = TEHRAN.day_of(now), 0
        while day > rule.terms.last_day(term + rule.terms.kept + steps) + rule.grace_days:
            steps += 1
        held = max(held, after(level, steps, rule))
    return held


def after(level: int, steps: int, rule: Qualifying) -> int:
    if rule.losing == NEVER or not steps:
        return level
    return max(level - steps, 0) if rule.losing == ONE_STEP else 0


def names(kind: Programme, tier: int) -> str:
    return kind.tiers[tier].name


@given(facts=histories(), kind=kinds, day=days)
@settings(max_examples=300, deadline=None)
def test_the_tier_is_the_one_by_definition(facts: list[tuple[str, Fact]], kind: Programme, day: float) -> None:
    settled = walked(facts, kind, at(day))

    assert settled.tier == names(kind, by_definition(facts, kind, at(day)))


@given(facts=histories(), kind=kinds)
@settings(max_examples=150, deadline=None)
def test_an_order_earns_in_the_tier_that_was_held_before_it(facts: list[tuple[str, Fact]], kind: Programme) -> None:
    moved = [(order_id, fact._replace(at=fact.at + place)) for place, (order_id, fact) in enumerate(facts)]
    for lot in walked(moved, kind, at(END)).lots.values():
        assert lot.tier == by_definition(moved, kind, lot.earned_at, before=True)


@given(
    facts=histories(),
    given_tiers=grants(),
    kind=kinds,
    seed=st.integers(0, 1 << 30),
    moments=st.lists(days, max_size=20),
)
@settings(max_examples=200, deadline=None)
def test_any_order_of_arrival_with_repeats_and_settling_between_leads_to_one_state(
    facts: list[tuple[str, Fact]],
    given_tiers: list[tuple[str, Fact]],
    kind: Programme,
    seed: int,
    moments: list[float],
) -> None:
    facts = facts + given_tiers
    once = walked(facts, kind, at(END))
    shuffled = facts + facts[: seed % (len(facts) + 1)]
    Random(seed).shuffle(shuffled)
    slow = Account({})
    for number, (order_id, fact) in enumerate(shuffled):
        tell(slow, order_id, fact)
        for moment in sorted(moments)[number * 3 : number * 3 + 3]:
            slow.settle((kind,), TEHRAN, at(moment))
    settled = slow.settle((kind,), TEHRAN, at(END))

    assert (once.tier, once.tier_until, once.balance) == (settled.tier, settled.tier_until, settled.balance)
    assert {lot.order_id: (lot.tier, lot.given) for lot in once.lots.values()} == {
        lot.order_id: (lot.tier, lot.given) for lot in settled.lots.values()
    }


@given(facts=histories(), given_tiers=grants(), kind=kinds, first=days)
@settings(max_examples=200, deadline=None)
def test_a_tier_ends_when_it_was_told_to_end_and_not_before(
    facts: list[tuple[str, Fact]], given_tiers: list[tuple[str, Fact]], kind: Programme, first: float
) -> None:
    known = [(order_id, fact) for order_id, fact in facts + given_tiers if fact.at <= at(first)]
    settled = walked(known, kind, at(first))
    if settled.tier_until is None:
        assert walked(known, kind, at(first + 5000)).tier == settled.tier
        return

    assert settled.due_at is not None
    assert settled.due_at <= settled.tier_until
    assert walked(known, kind, settled.tier_until - 1).tier == settled.tier
    assert walked(known, kind, settled.tier_until).tier != settled.tier


@given(facts=histories(), given_tiers=grants(), kind=kinds, now=days)
@settings(max_examples=150, deadline=None)
def test_a_move_is_dated_at_the_instant_since_which_the_tier_is_held(
    facts: list[tuple[str, Fact]], given_tiers: list[tuple[str, Fact]], kind: Programme, now: float
) -> None:
    known = [(order_id, fact) for order_id, fact in facts + given_tiers if fact.at <= at(now)]
    account = told(known)
    settled = account.settle((kind,), TEHRAN, at(now))
    if settled.tier_move is None:
        return
    since = settled.tier_move.at

    assert walked(known, kind, since).tier == settled.tier
    assert walked(known, kind, since - 1).tier != settled.tier
    assert all(walked(known, kind, at(day)).tier == settled.tier for day in range(800) if since <= at(day) <= at(now))


@given(facts=histories(), kind=kinds, first=days, part=st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_who_buys_what_is_missing_before_a_drop_keeps_the_tier(
    facts: list[tuple[str, Fact]], kind: Programme, first: float, part: float
) -> None:
    known = [(order_id, fact) for order_id, fact in facts if fact.at <= at(first)]
    timeline = told(known).at((kind,), TEHRAN, at(first))
    drop = coming_drop(timeline)
    if drop is None or kind.measure == POINTS:
        return
    rule = kind.qualifying or Qualifying()
    if rule.terms is not None and rule.terms.number(TEHRAN.day_of(drop.until - 1)) != rule.terms.number(
        TEHRAN.day_of(at(first))
    ):
        return  # what is bought now counts in a term before
    if rule.terms is not None and not rule.terms.kept and not rule.grace_days:
        return  # nothing of a term counts behind it
    when = at(first) + 1 + round((drop.until - 2 - at(first)) * part)
    orders = drop.missing if kind.measure == ORDERS else 1
    total = 10**9 if kind.measure == ORDERS else drop.missing
    more = [(f"x{each}", Fact(when, f"x{each}", "paid", total, 1)) for each in range(orders)]

    kept = walked(known + more, kind, drop.until)
    assert [tier.name for tier in kind.tiers].index(kept.tier) >= timeline.tier
    assert walked(known, kind, drop.until).tier == drop.falls_to


def silver_and_gold(*facts: tuple[str, Fact], kind: Programme) -> list[str]:
    return [walked(facts, kind, fact.at).tier for _, fact in facts]


def test_tiers_are_reached_by_orders_by_points_and_by_one_large_invoice() -> None:
    orders = [(f"o{number}", paid(f"p{number}", number, 500)) for number in range(3)]

    assert silver_and_gold(*orders, kind=ruled("orders")) == ["bronze", "silver", "gold"]
    assert silver_and_gold(*orders, kind=ruled("points")) == ["bronze", "silver", "silver"]
    assert silver_and_gold(*orders, kind=ruled("invoice")) == ["bronze"] * 3
    assert silver_and_gold(("o", paid("p", 0, 2000)), kind=ruled("invoice")) == ["gold"]


def test_what_was_reached_in_a_jalali_year_is_held_to_the_end_of_the_next() -> None:
    account = account_of(o=(paid("p", 0, 3000),))  # 10 Esfand 1404
    kind = ruled("spend", Terms("jalali", 12, 1))
    settled = account.settle((kind,), TEHRAN, at(0))

    assert (settled.tier, settled.tier_until) == ("gold", at(20 + 365 - 1) + 11.5 * 3600 * 10**6)  # Nowruz 1406
    assert account.settle((kind,), TEHRAN, settled.tier_until - 1).tier == "gold"
    assert account.settle((kind,), TEHRAN, settled.tier_until).tier == "bronze"


def test_a_refund_lowers_a_tier_that_is_never_lost() -> None:
    kind = ruled("spend", losing="never")
    account = account_of(o=(paid("p", 0, 3000),), another=(paid("q", 1, 10),))

    assert account.settle((kind,), TEHRAN, at(5000)).tier == "gold"
    tell(account, "o", refund("r", 5001, 2500))
    assert account.settle((kind,), TEHRAN, at(5001)).tier == "bronze"


def test_what_was_brought_along_reaches_no_tier() -> None:
    kind = ruled("points")
    lot = key_of_lot("old-club")

    assert silver_and_gold((lot, opened("l", 0, 5000)), kind=kind) == ["bronze"]
    assert silver_and_gold((lot, opened("l", 0, 5000)), ("o", paid("p", 1, 800)), kind=kind) == ["bronze", "silver"]


def test_an_order_in_the_grace_counts_for_the_term_before_it() -> None:
    kind = ruled("spend", Terms("gregorian", 1, 0), grace=12)
    account = account_of(o=(paid("p", 28, 700),), another=(paid("q", 35, 400),))  # 29 March, 5 April

    assert account.settle((kind,), TEHRAN, at(34)).tier == "bronze"
    assert account.settle((kind,), TEHRAN, at(36)).tier == "silver"
    assert account.settle((kind,), TEHRAN, at(43)).tier == "bronze"


def test_tiers_are_lost_one_step_in_each_window() -> None:
    kind, account = ruled("spend", grace=5, losing="one_step"), account_of(o=(paid("p", 0, 3000),))
    tiers = [account.settle((kind,), TEHRAN, at(day)).tier for day in (64, 65, 124, 125)]

    assert tiers == ["gold", "silver", "silver", "bronze"]


@pytest.mark.parametrize("measure", sorted(COUNTED))
def test_a_programme_counts_whole_points_and_orders(measure: str) -> None:
    assert ruled(measure).lines[1:] == LINES[measure]
    assert ruled("spend", grace=1).lines[1:] == (money(1000), money(3000))


def test_a_version_of_another_kind_judges_the_past_by_its_own_measure() -> None:
    plain = programme(window_days=60)
    later = replace(ruled("orders"), version=2, effective_from=at(30))
    account = account_of(a=(paid("p", 0, 100),), b=(paid("q", 1, 100),), c=(paid("r", 2, 100),))

    assert account.settle((plain, later), TEHRAN, at(29)).tier == "bronze"
    settled = account.settle((plain, later), TEHRAN, at(31))
    assert (settled.tier, settled.tier_move and settled.tier_move.at) == ("gold", at(30))
