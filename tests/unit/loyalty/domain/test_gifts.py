"""Gifts for who was away, orders that win, the week of the birthday: and whatever order facts arrive in, one state."""

import hmac
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import TEHRAN, at, cancelled, ended, held, paid, programme, refund, settle, tell
from builders.gifts import away, birthday, confirmed, drifted, occasion, surprise, told
from builders.rewarded_acts import signed_up, visited
from loyalty.domain.account import Account
from loyalty.domain.act_rules import Acts, Cap, Limit
from loyalty.domain.acts import TOO_SOON, ActLot
from loyalty.domain.conditions import AroundBirthday, When
from loyalty.domain.earning import Earning, Multiplier, Rule
from loyalty.domain.lots import EARN, REVERSE
from loyalty.domain.orders import SPENT, Fact
from loyalty.domain.programme import Programme
from loyalty.domain.surprises import NUMBERS, number_of
from loyalty.domain.windows import JALALI
from loyalty.domain.yearly import MonthDay
from mandegar.quantities import DAY_US

Told = tuple[str, Fact]


def rules(*some: object, **more: object) -> Programme:
    return programme(acts=Acts(some), hold_days=0, **more)  # type: ignore[arg-type]


def account(*facts: Told) -> Account:
    known = Account({})
    for order_id, fact in facts:
        tell(known, order_id, fact)
    return known


def given_by(known: Account, days: float, *programmes: Programme) -> dict[str, int]:
    """What acts, and what is kept like them, have given, by what they are."""
    lots = settle(known, days, *programmes).lots.values()
    return {lot.act.id: lot.given for lot in lots if isinstance(lot, ActLot)}


def test_who_drifts_away_is_given_points_once_in_a_period_and_they_expire_soon():
    known = account(drifted("a", 1), drifted("b", 20), drifted("c", 40), drifted("lost", 2, "lost"))

    assert given_by(known, 41, rules(away(every_days=30))) == {
        "at_risk/a": 50, "at_risk/b": 0, "at_risk/c": 50, "lost/lost": 0
    }  # fmt: skip
    assert {lot.reason for lot in settle(known, 42, rules(away())).lots.values()} >= {TOO_SOON}
    assert settle(known, 60, rules(away())).balance.available == 0


def test_coming_back_takes_nothing():
    known = account(drifted("a", 1), ("o1", paid("o1", 2, 100)))

    assert settle(known, 3, rules(away())).balance.available == 60


def test_the_number_of_an_order_is_what_the_manual_says():
    digest = hmac.new(b"a seed of the tests", b"lucky\no-1", "sha256").digest()

    assert number_of("a seed of the tests", "lucky", "o-1") == int.from_bytes(digest[:8])


def test_the_share_of_orders_that_win_is_the_one_that_was_stated():
    wins = sum(number_of("seed", "lucky", f"o{number}") < NUMBERS // 10 for number in range(5000))

    assert 420 < wins < 580


def test_an_order_loses_what_it_won_while_it_is_worth_too_little():
    some = rules(surprise(500, share=1, least=100))
    known = account(("o1", paid("p", 1, 150)))

    assert settle(known, 2, some).balance.available == 515
    tell(known, "o1", refund("r", 3, 100))
    entries = settle(known, 4, some).entries
    assert [(entry.order_id, *entry.key, entry.points) for entry in entries if entry.order_id != "o1"] == [
        ("act\x1fsurprise\x1flucky/o1", REVERSE, "available", "r", -500)
    ]
    tell(known, "o1", refund("r2", 3.5, 0, "r"))  # the refund is corrected
    assert settle(known, 5, some).balance.available == 515
    tell(known, "o1", cancelled("x", 5.5, 2))
    assert settle(known, 6, some).balance == (0, 0, 0, 0, 0)


def test_an_order_below_the_least_does_not_win_and_one_that_was_never_paid_neither():
    known = account(("o1", paid("p", 1, 99)), ("o2", refund("r", 1, 5)))

    assert given_by(known, 2, rules(surprise(500, share=1, least=100))) == {}


def test_a_surprise_obeys_limits_tiers_and_caps():
    known = account(*[(f"o{number}", paid(f"o{number}", number, 100)) for number in (1, 2, 3)])

    assert sum(given_by(known, 4, rules(surprise(500, share=1, limits=(Limit(2, "month"),)))).values()) == 1000
    assert sum(given_by(known, 4, rules(surprise(500, share=1, tiers=frozenset({"gold"})))).values()) == 0
    capped = programme(acts=Acts((surprise(500, share=1),), (Cap("c", 700, "month", frozenset({"lucky"})),)))
    assert sum(given_by(known, 4, capped).values()) == 700


def test_points_that_were_won_and_spent_are_owed_when_the_order_is_refunded():
    some = rules(surprise(500, share=1, least=100))
    won = "act\x1fsurprise\x1flucky/o1"
    known = account(("o1", paid("p", 1, 100)))
    settle(known, 2, some)
    tell(known, won, held("r1", 2.1, 500, 3), ended("r1", SPENT, 2.2, 500))
    settle(known, 2.5, some)
    tell(known, "o1", refund("r", 2.6, 100))

    assert settle(known, 4, some).balance.debt == 500


WEEK = AroundBirthday(JALALI, 3, 3, 7)


def week(times: int = 2, days: AroundBirthday = WEEK) -> Programme:
    rule = Rule("purchase", Decimal(1), Decimal(10))
    twice = Multiplier("week", Decimal(times), When(birthday=days))
    tiers = tuple([tier.multiplier for tier in programme().tiers])
    return programme(earning=Earning((rule,), tiers, multipliers=(twice,)), hold_days=0, acts=Acts(asks_dates=True))


@pytest.mark.parametrize(("paid_on", "points"), [(96, 10), (97, 20), (100, 20), (103, 20), (104, 10)])
def test_an_order_in_the_week_of_the_birthday_earns_more(paid_on, points):
    known = account(told("b", 1, date(1990, 6, 9)), ("o", paid("o", paid_on, 100)))  # day 100 is 9 June 2026

    assert settle(known, 200, week()).lots["o"].given == points


def test_a_birthday_that_is_told_on_the_way_to_the_till_or_changed_twice_multiplies_nothing():
    late = account(told("b", 95, date(1990, 6, 9)), ("o", paid("o", 99, 100)))
    thrice = [told(f"b{day}", day, date(1990, 6, 6 + day)) for day in (1, 2, 3)]

    assert settle(late, 200, week()).lots["o"].given == 10
    assert settle(account(*thrice, ("o", paid("o", 99, 100))), 200, week()).lots["o"].given == 10
    assert settle(account(*thrice, confirmed("c", 50), ("o", paid("o", 99, 100))), 200, week()).lots["o"].given == 20


EVERYTHING = (
    birthday(200, calendar=JALALI, known_days=3, expiry_days=20),
    occasion("years", 10),
    occasion("yalda", 30, JALALI, on=MonthDay(9, 30)),
    occasion("wedding", 40, field="wedding", tiers=frozenset({"silver", "gold"})),
    away(every_days=30),
    surprise(500, share=0.5, least=50),
)


def life(random: Random) -> list[Told]:
    """Orders, refunds, dates and their changes, crossings: of two years."""
    facts: list[Told] = []
    for number in range(random.randrange(1, 9)):
        day = random.randrange(600)
        facts.append((f"o{number}", paid(f"p{number}", day, random.choice([10, 60, 900]))))
        if random.random() < 0.5:
            facts.append(
                (f"o{number}", refund(f"r{number}", day + random.choice([-3, 5, 60]), random.choice([20, 900])))
            )
    for number in range(random.randrange(5)):
        field = random.choice(["birthday", "wedding"])
        facts.append(told(f"b{number}", random.randrange(600), date(1990, random.randrange(1, 13), 28), field))
    facts += [drifted(f"d{number}", random.randrange(600)) for number in range(random.randrange(4))]
    if random.random() < 0.3:
        facts.append(confirmed("c", random.randrange(600)))
    facts.append(random.choice([signed_up, lambda *_: visited("v", 7)])("up", random.randrange(600)))
    return facts


def posted(known: Account) -> dict[tuple[object, ...], int]:
    return {
        (order_id, *key): sums.points
        for order_id, order in known.orders.items()
        for key, sums in order.posted.items()
        if sums.points
    }


@given(seed=st.integers(0, 1 << 40))
@settings(max_examples=300, deadline=None)
def test_any_order_of_arrival_any_repetition_and_any_settling_lead_to_one_state(seed: int) -> None:
    random = Random(seed)
    facts = life(random)
    versions = [rules(*random.sample(EVERYTHING, 5), version=1), rules(*EVERYTHING, version=2, effective_from=at(300))]
    at_once = account(*facts)
    expected = at_once.settle(versions, TEHRAN, at(800)).balance

    shuffled = random.sample(facts, len(facts)) + random.choices(facts, k=3)
    known, now = Account({}), at(random.randrange(400))
    for order_id, fact in shuffled:
        tell(known, order_id, fact)
        if random.random() < 0.6:
            now += random.randrange(40) * DAY_US
            known.settle(versions, TEHRAN, min(now, at(800)))
    found = known.settle(versions, TEHRAN, at(800))

    assert found.balance == expected
    assert posted(known) == posted(at_once)
    for order_id, order in known.orders.items():
        gave = sum(sums.points for key, sums in order.posted.items() if key[0] == EARN)
        taken = sum(sums.points for key, sums in order.posted.items() if key[0] == REVERSE)
        assert gave + taken >= 0, order_id
    assert min(found.balance) >= 0
