"""What either side earns for a referral is a function of the facts, in any order, at any time of settling."""

from uuid import NAMESPACE_OID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import DAYS, at
from loyalty.domain.account import Account, Order
from loyalty.domain.orders import CANCELLED, PAID, REFUND, Fact
from loyalty.domain.referral_facts import (
    FRIEND,
    OPEN,
    REVIEW,
    Report,
    claimed_fact,
    decided_fact,
    issued_fact,
    judged_fact,
    key_of_code,
    key_of_report,
    reported_fact,
)
from loyalty.domain.referral_lots import ReferralLot
from loyalty.domain.zones import always
from loyalty.programme.document import parse_programme
from mandegar.events.referral_codes import ALPHABET, made_code, normal_code

TEXT = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 3}
expiry: {days: 100, warn_days: 5}
tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
referral:
  friend: {points: 100}
  referrer: {points: 200, limits: [{times: 2, per: jalali_month}]}
  minimum_spend: 1000000
  within_days: 30
"""
RULES = (parse_programme(TEXT, version=1, effective_from=-(10**17), currency="IRR"),)
ZONES = always(DAYS)
MILLION = 10**15
IDS = [str(uuid5(NAMESPACE_OID, f"referral {number}")) for number in range(3)]


def account(facts) -> Account:
    made = Account({})
    for key, fact in facts:
        order = made.orders.setdefault(key, Order(key, uuid5(NAMESPACE_OID, key), [], {}))
        order.add(fact)
    return made


days = st.integers(0, 60).map(lambda half: half / 2)
orders = st.tuples(
    st.sampled_from(["o", "p"]),
    st.sampled_from([PAID, PAID, PAID, REFUND, CANCELLED]),
    days,
    st.sampled_from([MILLION // 2, MILLION, 3 * MILLION]),
)
friend_facts = st.one_of(
    orders.map(
        lambda drawn: (
            drawn[0],
            Fact(at(drawn[2]), f"{drawn}", drawn[1], drawn[3], at(drawn[2]), "r" if drawn[1] == REFUND else ""),
        )
    ),
    st.tuples(days, st.sampled_from("xy")).map(
        lambda drawn: (FRIEND, claimed_fact(at(drawn[0]), f"claim {drawn}", drawn[1]))
    ),
    st.tuples(st.sampled_from([0, 1]), st.sampled_from([OPEN, OPEN, REVIEW])).map(
        lambda drawn: (
            FRIEND,
            judged_fact(at(30), f"judged {drawn}", "xy"[drawn[0]], IDS[drawn[0]], drawn[1], ["same_phone"] * drawn[1]),
        )
    ),
    st.tuples(days, st.sampled_from([0, 1]), st.booleans()).map(
        lambda drawn: (
            FRIEND,
            decided_fact(at(drawn[0]), f"decided {drawn}", IDS[drawn[1]], 0, approved=drawn[2]),
        )
    ),
    st.just((key_of_code("x"), issued_fact(at(40), "issued", "x"))),
)
reports = st.tuples(st.sampled_from([0, 1, 2]), st.integers(1, 4), st.lists(days, unique=True, max_size=4)).map(
    lambda drawn: (
        key_of_report(IDS[drawn[0]]),
        reported_fact(
            f"report {drawn}",
            Report(
                IDS[drawn[0]],
                "z",
                drawn[1],
                at(-1),
                "rewarded",
                (),
                tuple((at(day), place % 2 == 0) for place, day in enumerate(sorted(drawn[2]))),
            ),
        ),
    )
)


@given(st.lists(friend_facts | reports, max_size=14), st.data())
@settings(max_examples=300, deadline=None)
def test_any_order_repetition_and_settle_time_leads_to_one_state(facts, data):
    by_number = {}
    for key, fact in facts:  # loyalty tells each number once
        by_number.setdefault((key, fact.kind, fact.version if fact.kind == "reported" else fact.event_id), (key, fact))
    facts = [*by_number.values()]
    again = data.draw(st.lists(st.sampled_from(facts), max_size=5)) if facts else []
    shuffled = data.draw(st.permutations([*facts, *again]))
    stops = sorted(data.draw(st.lists(st.integers(-2, 79), max_size=3)))
    whole, parts = account(facts), account([])
    pieces = max(len(stops), 1)
    for number, stop in enumerate(stops):
        for key, fact in shuffled[number * len(shuffled) // pieces : (number + 1) * len(shuffled) // pieces]:
            parts.orders.setdefault(key, Order(key, uuid5(NAMESPACE_OID, key), [], {})).add(fact)
        parts.settle(RULES, ZONES, at(stop))
    for key, fact in shuffled:
        parts.orders.setdefault(key, Order(key, uuid5(NAMESPACE_OID, key), [], {})).add(fact)
    settled, other = whole.settle(RULES, ZONES, at(80)), parts.settle(RULES, ZONES, at(80))

    assert settled.balance == other.balance
    assert settled.referrals == other.referrals
    sums = {
        key: {entry: posted.points for entry, posted in order.posted.items() if posted.points}
        for key, order in whole.orders.items()
    }
    assert sums == {
        key: {entry: posted.points for entry, posted in order.posted.items() if posted.points}
        for key, order in parts.orders.items()
    }
    lots = [lot for lot in settled.lots.values() if isinstance(lot, ReferralLot)]
    assert all(0 <= lot.given <= 200 for lot in lots)
    for order in whole.orders.values():
        moved = [posted.points for entry, posted in order.posted.items() if entry[0] in {"earn", "reverse"}]
        assert order.order_id.startswith("ref") is False or sum(moved) >= 0


@given(st.integers(0, 2**256), st.integers(0, 8), st.sampled_from(ALPHABET))
def test_a_code_is_read_in_any_spelling_and_one_wrong_symbol_makes_it_none(number, place, other):
    code = made_code(number)
    symbols = code.replace("-", "")

    assert normal_code(code.lower()) == normal_code(f" {code.replace('-', ' ')}\u200f ") == symbols
    assert normal_code(symbols.translate(str.maketrans("3479", "۳۴۷۹"))) == symbols
    if other != symbols[place]:
        with pytest.raises(ValueError, match="not the code"):
            normal_code(symbols[:place] + other + symbols[place + 1 :])


@pytest.mark.parametrize(
    "text", ["", "JPF", "JPF-CMR-TQTT", "sara@example.com", "+98 912 123 4567", "ﷺ" * 9, "\x00" * 9, "9" * 10_000]
)
def test_what_is_no_code_is_none(text):
    with pytest.raises(ValueError, match="not the code"):
        normal_code(text)
