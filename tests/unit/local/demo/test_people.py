"""The people of the demo: invented, reachable by nobody, and always the same."""

import re
from datetime import datetime, timedelta

import phonenumbers
import pytest

from mandegar.events.addresses import normalise_email, normalise_phone
from mandegar_local.demo.live_events import returning_customer
from mandegar_local.demo.orders import CUSTOMERS, ZONE, Order
from mandegar_local.demo.people import person
from mandegar_local.demo.till import customer_at_the_till

ORIGIN = datetime(2026, 11, 22, 12, tzinfo=ZONE)


@pytest.fixture(scope="module")
def people():
    return [person(number) for number in range(1, CUSTOMERS + 1)]


def test_every_address_is_usable_and_belongs_to_one_person(people):
    assert len({normalise_email(each.email) for each in people}) == CUSTOMERS
    assert len({normalise_phone(each.phone, "IR") for each in people}) == CUSTOMERS


def test_mail_can_reach_nobody(people):
    assert all(each.email.endswith("@example.test") for each in people)


def test_phones_are_possible_iranian_mobile_numbers(people):
    for each in people:
        number = phonenumbers.parse(each.phone, "IR")
        assert phonenumbers.is_possible_number(number)
        assert re.fullmatch(r"\+98900000\d{4}", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def test_about_half_are_persian_and_seven_in_ten_agree_to_messages(people):
    persian = [each for each in people if each.locale == "fa-IR"]

    assert 0.47 < len(persian) / CUSTOMERS < 0.53
    assert 0.67 < sum(each.consents for each in people) / CUSTOMERS < 0.73
    assert all(re.search(r"[؀-ۿ]", each.name) for each in persian)
    assert {"en"} == {each.locale for each in people} - {"fa-IR"}


def test_consent_is_only_written_down_where_it_was_given(people):
    assert all(("consent" in each.block(ORIGIN)) == each.consents for each in people)


def test_a_number_is_always_the_same_person(people):
    assert people == [person(number) for number in range(1, CUSTOMERS + 1)]
    assert ("sara" in person(1).email) == (person(1).name.startswith("سارا"))


def test_the_returning_customer_is_silent_agreed_to_messages_and_paid_most():
    agreed = [number for number in range(1, 100) if person(number).consents]
    refused = next(number for number in range(1, 100) if not person(number).consents)
    spent = {agreed[0]: (10, 90), agreed[1]: (20, 90), agreed[2]: (30, 5), refused: (40, 90)}
    orders = [Order(n, n, ORIGIN - timedelta(days=days), rials) for n, (rials, days) in spent.items()]

    assert agreed[1] == returning_customer(orders, ORIGIN).who.number


def test_who_comes_to_the_till_has_points_to_spend():
    spent = {1: (90, 400), 2: (80, 5), 3: (70, 200), 4: (60, 30)}
    orders = [Order(n, n, ORIGIN - timedelta(days=days), rials) for n, (rials, days) in spent.items()]

    assert customer_at_the_till(orders, ORIGIN).number == 3
