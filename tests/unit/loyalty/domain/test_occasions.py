"""Days of the year on which points are given: which day it is in which year, for whom, and why not."""

from datetime import UTC, date, datetime

import pytest

from builders.accounts import START, at, paid, programme, settle, tell
from builders.gifts import birthday, confirmed, occasion, told
from builders.rewarded_acts import signed_up, visited
from loyalty.domain.account import Account
from loyalty.domain.act_rules import Acts
from loyalty.domain.acts import ActLot
from loyalty.domain.derived import GONE
from loyalty.domain.occasions import CHANGED_TWICE, PAID_THIS_YEAR, TOLD_LATE, TOO_NEW
from loyalty.domain.orders import Fact
from loyalty.domain.programme import Programme
from loyalty.domain.windows import GREGORIAN, JALALI, day_of
from loyalty.domain.yearly import MonthDay, code_of, in_year, month_day, near
from mandegar.quantities import to_us

Told = tuple[str, Fact]


def rules(*some: object, **more: object) -> Programme:
    return programme(acts=Acts(some), hold_days=0, **more)  # type: ignore[arg-type]


def account(facts: list[Told]) -> Account:
    known = Account({})
    for order_id, fact in facts:
        tell(known, order_id, fact)
    return known


def came(known: Account, day: date, *programmes: Programme) -> dict[str, tuple[int, str]]:
    """By the occasion's name and day, what it gave by the noon of a day, and why not more."""
    days = (datetime(day.year, day.month, day.day, 9, tzinfo=UTC) - START).total_seconds() / 86400
    lots = settle(known, days, *programmes).lots.values()
    return {
        lot.act.id: (lot.given, lot.reason) for lot in lots if isinstance(lot, ActLot) and lot.act.type == "occasion"
    }


BOUGHT = ("o1", paid("o1", 0, 100))  # on 1 March 2026


@pytest.mark.parametrize(
    ("at", "year", "calendar", "falls"),
    [
        (MonthDay(2, 29), 2028, GREGORIAN, date(2028, 2, 29)),
        (MonthDay(2, 29), 2027, GREGORIAN, date(2027, 2, 28)),
        (MonthDay(12, 30), 1408, JALALI, date(2030, 3, 20)),
        (MonthDay(12, 30), 1405, JALALI, date(2027, 3, 20)),
        (MonthDay(1, 1), 1406, JALALI, date(2027, 3, 21)),
        (MonthDay(9, 30), 1405, JALALI, date(2026, 12, 21)),
        (MonthDay(9, 30), 1408, JALALI, date(2029, 12, 20)),
    ],
)
def test_a_day_of_the_year_falls_on(at, year, calendar, falls):
    assert date.fromordinal(in_year(at, year, calendar)) == falls


def test_of_a_date_the_day_of_the_year_is_kept_in_both_calendars_and_not_the_year():
    one, other = (code_of(day_of(year, 9, 30, JALALI)) for year in (1370, 1371))

    assert month_day(one, JALALI) == month_day(other, JALALI) == MonthDay(9, 30)
    assert month_day(one, GREGORIAN) == MonthDay(12, 21)
    assert month_day(date(1990, 2, 28).toordinal(), GREGORIAN) == MonthDay(2, 28)  # as it was kept before


def test_the_nearest_birthday_may_be_in_another_year():
    code = code_of(date(1990, 12, 30).toordinal())

    assert near(code, date(2027, 1, 2).toordinal(), 5).gregorian == 3
    assert near(code, date(2026, 12, 28).toordinal(), 5).gregorian == -2


def test_a_birthday_is_paid_each_year_in_the_first_minute_of_its_day():
    known = account([BOUGHT, told("b", 1, date(1990, 9, 5))])
    settled = settle(known, 600, rules(birthday()))

    earned = [entry.at for entry in settled.entries if entry.key == ("earn", "pending", "") and entry.points == 200]
    midnights = [datetime(year, 9, 4, 20, 30, tzinfo=UTC) for year in (2026, 2027)]
    assert earned == [to_us(midnight) for midnight in midnights]
    assert settled.due_at is not None


def test_an_account_is_due_when_the_next_occasion_comes_and_never_without_a_date():
    known = account([BOUGHT, told("b", 1, date(1990, 9, 5))])
    no_end = rules(birthday(), expiry_days=None, tiers=programme().tiers[:1])

    assert settle(known, 2, no_end).due_at == to_us(datetime(2026, 9, 4, 20, 30, tzinfo=UTC))
    assert settle(account([BOUGHT]), 2, no_end).due_at is None


def test_the_anniversary_counts_from_the_first_thing_that_is_known_and_begins_after_a_year():
    known = account([BOUGHT, signed_up("up", -10)])  # 19 February
    some = rules(occasion("years", 10))

    assert came(known, date(2026, 12, 31), some) == {}
    assert came(known, date(2027, 2, 19), some) == {"years/2027-02-19": (10, "")}


def test_an_order_that_comes_late_moves_the_anniversary_and_takes_back_what_it_gave():
    known, some = account([BOUGHT]), rules(occasion("years", 10))

    assert came(known, date(2027, 3, 1), some) == {"years/2027-03-01": (10, "")}
    tell(known, "o0", paid("o0", -5, 100))  # 24 February
    assert came(known, date(2027, 3, 1), some) == {"years/2027-02-24": (10, ""), "years/2027-03-01": (0, GONE)}
    assert settle(known, 400, some).balance.lifetime == 30


def test_a_holiday_is_for_those_who_are_customers_by_then():
    yalda = rules(occasion("yalda", 30, JALALI, on=MonthDay(9, 30)))

    assert came(account([("o", paid("o", 294, 10))]), date(2026, 12, 31), yalda) == {"yalda/2026-12-21": (30, "")}
    assert came(account([("o", paid("o", 295.5, 10))]), date(2026, 12, 31), yalda) == {}


def test_what_is_told_on_the_day_counts_from_the_next_year_on():
    known = account([BOUGHT, told("b", 188, date(1990, 9, 5))])  # on 5 September

    assert came(known, date(2026, 12, 1), rules(birthday())) == {}
    assert came(known, date(2027, 9, 5), rules(birthday())) == {"birthday/2027-09-05": (200, "")}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"known_days": 7}, TOLD_LATE),
        ({"known_days": 3}, ""),
        ({"member_days": 190}, TOO_NEW),
        ({"member_days": 180}, ""),
    ],
)
def test_a_rule_may_ask_since_when_date_and_customer_are_known(more, reason):
    known = account([BOUGHT, told("b", 183, date(1990, 9, 5))])  # on 31 August

    assert came(known, date(2026, 9, 6), rules(birthday(**more))) == {
        "birthday/2026-09-05": (0 if reason else 200, reason)
    }


def test_a_corrected_birthday_is_believed_but_not_paid_twice_in_a_year():
    known = account([BOUGHT, told("a", 1, date(1990, 6, 1)), told("b", 120, date(1990, 8, 1))])

    assert came(known, date(2027, 8, 2), rules(birthday())) == {
        "birthday/2026-06-01": (200, ""),
        "birthday/2026-08-01": (0, PAID_THIS_YEAR),
        "birthday/2027-08-01": (200, ""),
    }


def test_a_birthday_that_changed_twice_waits_until_the_shop_has_confirmed_it():
    facts = [BOUGHT, *[told(f"b{day}", day, date(1990, 6, day)) for day in (1, 2, 3)]]

    assert came(account(facts), date(2026, 7, 1), rules(birthday())) == {"birthday/2026-06-03": (0, CHANGED_TWICE)}
    facts.append(confirmed("c", 50))
    assert came(account(facts), date(2026, 7, 1), rules(birthday())) == {"birthday/2026-06-03": (200, "")}


def test_going_back_to_the_first_date_is_a_second_change():
    facts = [BOUGHT, *[told(f"b{day}", day, date(1990, 6, 5 if day == 2 else 6)) for day in (1, 2, 3)]]

    assert came(account(facts), date(2026, 7, 1), rules(birthday())) == {"birthday/2026-06-06": (0, CHANGED_TWICE)}


def test_two_rules_pay_the_same_birthday_and_only_those_whose_tier_fits():
    known = account([("o1", paid("o1", 0, 5000)), told("b", 1, date(1990, 6, 1))])
    gold = occasion("gold", 70, field="birthday", tiers=frozenset({"gold"}))
    silver = occasion("silver", 30, field="birthday", tiers=frozenset({"silver"}))

    assert came(known, date(2026, 7, 1), rules(birthday(), gold, silver)) == {
        "birthday/2026-06-01": (200, ""),
        "gold/2026-06-01": (70, ""),
        "silver/2026-06-01": (0, "tier_required"),
    }


def test_what_was_told_before_a_rule_about_it_was_stored_is_nothing_that_anybody_kept():
    facts = [visited("v", -300), BOUGHT, told("b", 1, date(1990, 6, 1))]
    stored = programme(acts=Acts((birthday(), occasion("years", 10)), since=at(2)), hold_days=0)

    assert came(account(facts), date(2027, 6, 2), stored) == {"years/2027-03-01": (10, "")}


def test_a_version_pays_the_days_while_it_is_in_force():
    known = account([BOUGHT])
    noon = occasion("day", 5, on=MonthDay(4, 1))
    versions = [
        rules(noon, version=1),
        rules(occasion("day", 7, on=MonthDay(4, 1)), version=2, effective_from=at(40)),
        programme(version=3, effective_from=at(500)),
    ]

    assert came(known, date(2029, 1, 1), *versions) == {"day/2026-04-01": (5, ""), "day/2027-04-01": (7, "")}
