"""What acts earn: by which rule, how often, within which caps, and in which order of arrival."""

from collections import Counter
from datetime import date
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import TEHRAN, at, paid, programme, refund, settle, tell
from builders.rewarded_acts import did, knew, on_channel, reviewed, rule, signed_up, visited
from loyalty.domain.account import Account, Settled
from loyalty.domain.act_rules import COMPLETED, DONE, LOGGED_IN, REVIEWED, SIGNED_UP, ActRule, Acts, Cap, Limit
from loyalty.domain.acts import (
    CAPPED,
    ELSEWHERE,
    INCOMPLETE,
    NO_RULE,
    OTHER_TIER,
    OUTSIDE,
    TOO_OFTEN,
    TOO_SOON,
    TWICE,
    ActLot,
)
from loyalty.domain.calendars import JALALI_MONTH, JALALI_WEEK, JALALI_YEAR, MONTH, WEEK, YEAR, number_of
from loyalty.domain.kept_acts import KEPT_MAX, PLACES_MAX, is_kept
from loyalty.domain.orders import Fact
from loyalty.domain.programme import Programme

Told = tuple[str, Fact]


def rules(*some: ActRule, caps: tuple[Cap, ...] = (), **more: object) -> Programme:
    return programme(acts=Acts(some, caps), hold_days=0, **more)


def given_by(told: list[Told], *programmes: Programme, day: float = 400) -> dict[str, tuple[int, int, str]]:
    """What each act was given and offered, and why less, by the event that counts."""
    return {lot.steps[0].cause: (lot.given, lot.wanted, lot.reason) for lot in act_lots(told, *programmes, day=day)}


def act_lots(told: list[Told], *programmes: Programme, day: float = 400) -> list[ActLot]:
    settled = settle(account(told), day, *programmes)
    return [lot for lot in settled.lots.values() if isinstance(lot, ActLot)]


def account(told: list[Told]) -> Account:
    known = Account({})
    for order_id, fact in told:
        tell(known, order_id, fact)
    return known


def test_the_first_visit_of_a_day_is_paid_and_the_later_ones_are_the_same_act():
    told = [visited("noon", 0.3), visited("morning", 0.1), visited("next", 1.1)]

    assert given_by(told, rules(rule("visit", LOGGED_IN, 5))) == {"morning": (5, 5, ""), "next": (5, 5, "")}


def test_an_act_without_a_rule_earns_nothing():
    told = [did("other", 1, act="other"), signed_up("up", 1)]

    assert given_by(told, rules(rule("share", DONE, 5, act="shared"))) == {
        "other": (0, 0, NO_RULE),
        "up": (0, 0, NO_RULE),
    }
    assert act_lots(told, programme()) == []


def test_acts_from_before_the_version_was_stored_are_not_paid():
    stored = programme(acts=Acts((rule("visit", LOGGED_IN, 5),), since=at(10)))

    assert given_by([visited("a", 9), visited("b", 10.1)], stored) == {"a": (0, 0, NO_RULE), "b": (5, 5, "")}


def test_points_of_an_act_wait_for_the_hold_of_their_rule_and_expire_like_others():
    (lot,) = act_lots(
        [did("a", 1)], programme(acts=Acts((rule("s", DONE, 5, act="shared", hold_days=3),)), expiry_days=30), day=2
    )

    assert (lot.pending, lot.active_at) == (5, at(4))
    later = settle(
        account([did("a", 1)]), 60, programme(acts=Acts((rule("s", DONE, 5, act="shared"),)), expiry_days=30)
    )
    assert [(entry.key[0], entry.points, entry.at) for entry in later.entries] == [
        ("earn", 5, at(1)),
        ("activate", 5, at(15)),
        ("expire", -5, later.entries[-1].at),
    ]
    assert at(45) < later.entries[-1].at < at(47)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"once": True}, {"a": "", "b": TWICE, "c": TWICE, "d": TWICE}),
        ({"cooldown_days": 7}, {"a": "", "b": TOO_SOON, "c": "", "d": TOO_SOON}),
        ({"limits": (Limit(2, "month"),)}, {"a": "", "b": "", "c": TOO_OFTEN, "d": ""}),
        ({"limits": (Limit(1, JALALI_MONTH),)}, {"a": "", "b": TOO_OFTEN, "c": TOO_OFTEN, "d": ""}),
        ({"begin": at(3), "end": at(29)}, {"a": OUTSIDE, "b": "", "c": "", "d": OUTSIDE}),
    ],
)
def test_a_rule_refuses_what_its_conditions_do_not_allow(more, expected):
    # From 1 March 2026 on, the tenth of Esfand: Farvardin begins on day 20.
    told = (
        [did("d", 31), did("a", 1), did("c", 18), did("b", 6)]
        if "cooldown_days" not in more
        else [
            did("d", 14.9),
            did("a", 1),
            did("c", 8),
            did("b", 7.9),
        ]
    )
    found = given_by(told, rules(rule("share", DONE, 5, act="shared", **more)))

    assert {name: reason for name, (_, _, reason) in found.items()} == expected
    assert {name for name, (points, _, _) in found.items() if points} == {
        n for n, reason in expected.items() if not reason
    }


def test_a_rule_pays_what_is_done_on_its_channel_in_its_branch():
    some = rules(
        rule("app", LOGGED_IN, 9, channels=frozenset({"app"})),
        rule("tasting", DONE, 7, act="shared", channels=frozenset({"till"}), branches=frozenset({"vanak"})),
    )
    told = [
        on_channel(visited("a", 1.1), "web"),
        on_channel(visited("b", 1.4), "app"),
        on_channel(visited("c", 2.1), "web"),
        on_channel(did("d", 3), "till", "vanak"),
        on_channel(did("e", 4), "till", "isfahan"),
        did("f", 5),
    ]

    assert given_by(told, some) == {
        "a": (9, 9, ""), "c": (0, 9, ELSEWHERE), "d": (7, 7, ""), "e": (0, 7, ELSEWHERE), "f": (0, 7, ELSEWHERE)
    }  # fmt: skip


def test_of_many_visits_of_a_day_those_are_kept_that_name_another_channel():
    facts = [on_channel(visited(f"e{number:03}", 1.1), "web")[1] for number in range(KEPT_MAX)]
    late = on_channel(visited("z", 1.4), "app")[1]

    assert is_kept(facts, late)
    assert not is_kept(facts, late._replace(lines=facts[0].lines))
    assert not is_kept(facts, late._replace(lines=None))
    many = [*facts, *(late._replace(lines=late.lines._replace(branch=str(number))) for number in range(PLACES_MAX))]
    assert not is_kept(many, late)


def test_the_first_rule_that_is_about_the_act_decides():
    some = rules(
        rule("gold", LOGGED_IN, 50, tiers=frozenset({"gold"})),
        rule("early", LOGGED_IN, 20, end=at(5)),
        rule("visit", LOGGED_IN, 5, limits=(Limit(1, "week"),)),
    )
    told = [visited("a", 1), visited("b", 10), visited("c", 11), ("o", paid("p", 20, 5000)), visited("d", 21)]

    assert given_by(told, some) == {"a": (20, 20, ""), "b": (5, 5, ""), "c": (0, 5, TOO_OFTEN), "d": (50, 50, "")}
    only_gold = rules(rule("gold", LOGGED_IN, 50, tiers=frozenset({"gold"})))
    assert given_by([visited("a", 1)], only_gold) == {"a": (0, 50, OTHER_TIER)}


def test_a_profile_is_paid_when_its_last_field_becomes_known():
    some = rules(rule("profile", COMPLETED, 30, fields=frozenset({"birthday", "size"})))
    told = [knew("b", 3, "birthday"), knew("s", 1, "size"), knew("x", 2, "colour")]

    assert given_by(told, some) == {"s": (0, 30, INCOMPLETE), "b": (30, 30, ""), "x": (0, 0, NO_RULE)}


def test_a_cap_cuts_off_or_refuses_what_goes_beyond_it():
    some = rule("share", DONE, 40, act="shared"), rule("review", REVIEWED, 50)
    told = [did("a", 1), reviewed("b", 2, "p"), did("c", 3), reviewed("d", 40, "q")]
    cut = rules(*some, caps=(Cap("most", 100, "month"),))
    whole = rules(*some, caps=(Cap("most", 100, "month", truncates=False),))
    named = rules(*some, caps=(Cap("most", 45, "month", of=frozenset({"share"})),))

    assert given_by(told, cut)["c"] == (10, 40, CAPPED)
    assert given_by(told, whole)["c"] == (0, 40, CAPPED)
    assert given_by(told, named) == {"a": (40, 40, ""), "b": (50, 50, ""), "c": (5, 40, CAPPED), "d": (50, 50, "")}


def test_an_order_under_a_cap_gives_its_room_back_when_it_is_refunded():
    capped = rules(rule("share", DONE, 40, act="shared"), caps=(Cap("most", 100, "month"),))
    orders = [("o", paid("p", 1, 2000)), did("a", 2), ("o", refund("r", 3, 1500)), did("b", 4)]

    assert settle(account(orders[:1]), 20, capped).lots["o"].given == 100
    settled = settle(account(orders), 20, capped)
    assert settled.lots["o"].given == 50
    assert {lot.steps[0].cause: lot.given for lot in settled.lots.values() if isinstance(lot, ActLot)} == {
        "a": 0,
        "b": 40,
    }


def test_acts_do_not_count_for_tiers_and_a_refund_may_take_their_points():
    some = rules(rule("share", DONE, 100, act="shared"))
    told = [did("a", 1), ("o", paid("p", 2, 900)), ("o", refund("r", 500, 900))]

    settled = settle(account(told), 600, some)
    assert settled.tier == "bronze"
    # The order's own points have expired unused: nothing is taken from the act.
    assert settled.balance.lifetime == 100


@pytest.mark.parametrize(
    ("day", "period", "begins"),
    [
        ("2026-03-21", JALALI_YEAR, True),  # 1 Farvardin 1405
        ("2026-03-20", JALALI_YEAR, False),  # 29 Esfand 1404, the last day of a common year
        ("2025-03-20", JALALI_YEAR, False),  # 30 Esfand 1403, the last day of a leap year
        ("2025-03-21", JALALI_YEAR, True),
        ("2026-04-21", JALALI_MONTH, True),
        ("2026-11-28", JALALI_WEEK, True),  # a Saturday
        ("2026-11-30", WEEK, True),  # a Monday
        ("2028-02-29", MONTH, False),
        ("2028-03-01", MONTH, True),
        ("2027-01-01", YEAR, True),
    ],
)
def test_periods_begin_where_their_calendar_says(day, period, begins):
    number = date.fromisoformat(day).toordinal()
    assert number_of(number, period) - number_of(number - 1, period) == begins


names = st.sampled_from(["a", "b", "c"])
days = st.integers(0, 640).map(lambda quarter: quarter / 8)
one_rule = st.builds(
    lambda name, on, points, once, cooldown, limit, tiers, channels: rule(
        name,
        on,
        points,
        act="shared" if on == DONE else "",
        once=once,
        cooldown_days=cooldown,
        limits=limit,
        tiers=tiers,
        channels=channels,
    ),
    names,
    st.sampled_from([DONE, LOGGED_IN, REVIEWED, SIGNED_UP]),
    st.integers(1, 90),
    st.sampled_from([False, False, True]),
    st.sampled_from([0, 0, 3, 20]),
    st.sampled_from([(), (), (Limit(1, "week"),), (Limit(2, JALALI_MONTH), Limit(3, YEAR))]),
    st.sampled_from([frozenset(), frozenset(), frozenset({"silver", "gold"})]),
    st.sampled_from([frozenset(), frozenset(), frozenset({"app"})]),
)
one_cap = st.builds(
    Cap,
    names,
    st.integers(1, 200),
    st.sampled_from(["day", "week", "month", JALALI_MONTH]),
    st.sampled_from([frozenset(), frozenset({"a"}), frozenset({"a", "b"}), frozenset({"orders"})]),
    st.booleans(),
)


channels = st.sampled_from(["", "app", "web"])
some_rules = st.lists(one_rule, min_size=1, max_size=3, unique_by=lambda each: each.name)


@st.composite
def stories(draw: st.DrawFn) -> list[Told]:
    told: list[Told] = []
    for number in range(draw(st.integers(1, 14))):
        name, day = f"e{number}", draw(days)
        kind = draw(st.sampled_from(["visit", "visit", "did", "reviewed", "up", "order"]))
        if kind == "visit":
            told.append(on_channel(visited(name, day), draw(channels)))
        elif kind == "did":
            told.append(on_channel(did(name, day, subject=draw(st.sampled_from(["", "x"]))), draw(channels)))
        elif kind == "reviewed":
            told.append(reviewed(name, day, draw(st.sampled_from(["p", "q"]))))
        elif kind == "up":
            told.append(signed_up(name, day))
        else:
            order = draw(st.sampled_from(["o1", "o2"]))
            told.append((order, paid(name, day, draw(st.sampled_from([200, 900, 2500])))))
            told.append((order, refund(f"r{name}", draw(days), draw(st.sampled_from([100, 900])))))
    return told


def outcome(settled: Settled) -> object:
    lots = {order_id: (lot.given, lot.pending, lot.available) for order_id, lot in settled.lots.items()}
    return settled.balance, settled.tier, settled.due_at, settled.next_expiry, lots


@given(
    told=stories(),
    some=some_rules,
    caps=st.lists(one_cap, max_size=2),
    hold=st.sampled_from([0, 5]),
    seed=st.integers(0, 1 << 30),
)
@settings(max_examples=250, deadline=None)
def test_acts_and_caps_end_in_one_state_in_any_order_with_repeats_and_settling_between(told, some, caps, hold, seed):
    versions = (
        programme(acts=Acts(tuple(some), tuple(caps)), hold_days=hold, expiry_days=40),
        programme(version=2, effective_from=at(50), acts=Acts(tuple(some[:2])), hold_days=hold),
    )
    once = account(told).settle(versions, TEHRAN, at(120))
    random, slow = Random(seed), Account({})
    shuffled = told + told[: seed % (len(told) + 1)]
    random.shuffle(shuffled)
    sums: Counter[object] = Counter()
    moments = sorted(random.randrange(100) for _ in shuffled)
    for moment, (order_id, fact) in zip(moments, shuffled, strict=True):
        tell(slow, order_id, fact)
        if random.random() < 0.6:
            for entry in slow.settle(versions, TEHRAN, at(moment)).entries:
                sums[entry.order_id, entry.key] += entry.points
    last = slow.settle(versions, TEHRAN, at(120))
    for entry in last.entries:
        sums[entry.order_id, entry.key] += entry.points

    assert outcome(last) == outcome(once)
    assert {key: points for key, points in sums.items() if points} == {
        (entry.order_id, entry.key): entry.points for entry in once.entries if entry.points
    }


@given(told=stories(), some=some_rules, caps=st.lists(one_cap, max_size=2))
@settings(max_examples=150, deadline=None)
def test_no_rule_pays_more_often_or_more_than_it_says_and_no_cap_is_exceeded(told, some, caps):
    version = programme(acts=Acts(tuple(some), tuple(caps)), hold_days=0, expiry_days=None)
    settled = account(told).settle([version], TEHRAN, at(120))
    lots = [lot for lot in settled.lots.values() if isinstance(lot, ActLot)]
    for each in some:
        by_rule = sorted(lot.earned_at for lot in lots if lot.rule is each and lot.given)
        assert not each.once or len(by_rule) < 2
        assert all(later - sooner >= each.cooldown for sooner, later in pairwise(by_rule))
        for limit in each.limits:
            periods = Counter(number_of(TEHRAN.day_of(when), limit.per) for when in by_rule)
            assert all(times <= limit.times for times in periods.values())
    for lot in lots:
        assert 0 <= lot.given <= lot.wanted
        assert (lot.given < lot.wanted) == bool(lot.reason and lot.rule)
    for cap in caps:
        sums: Counter[int] = Counter()
        for lot in settled.lots.values():
            name = "orders" if not isinstance(lot, ActLot) else lot.rule.name if lot.rule else ""
            if name and (not cap.of or name in cap.of):
                sums[number_of(TEHRAN.day_of(lot.earned_at), cap.per)] += lot.given
        assert all(points <= cap.points for points in sums.values())
