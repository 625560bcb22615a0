"""Consent of a contact: for the very address that a statement is about, in whatever spelling, and no other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mandegar.events.consents import Statement
from notify.domain.consent import About, address_since, status_of
from notify.domain.contact import Contact

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
GRANTED = Statement("granted", NOON, "shop")
CONTACT = Contact(
    shop="s",
    customer_id="c",
    email="a@example.test",
    phone="+989121234567",
    name=None,
    email_since=None,
    phone_since=None,
    locale=None,
    zone=None,
    shop_consents={"email": About(GRANTED, "a@example.test")},
    own_consents={},
    points=None,
    tier=None,
    last_paid_at=None,
)


def word(status, hours, flag=False):
    return Statement(status, NOON + hours * HOUR, "shop", flag)


def status(word=None, **changes):
    return status_of(replace(CONTACT, **changes).consent("email", word))


def test_nobody_spoke_means_unknown():
    assert status(shop_consents={}) == "unknown"
    assert status_of(CONTACT.consent("sms", None)) == "unknown"


@pytest.mark.parametrize(
    ("named", "present"),
    [
        ("a@example.test", "b@example.test"),
        ("a@example.test", "a@example.test.test"),
        ("a@example.test", None),
        (None, "a@example.test"),
        ("a+x@example.test", "a@example.test"),
    ],
)
def test_a_consent_counts_for_no_other_address(named, present):
    assert status(email=present, shop_consents={"email": About(GRANTED, named)}) == "unknown"


@pytest.mark.parametrize("present", ["a@xn--bcher-kva.example", "a@bücher.example", "a@BÜCHER.example"])
def test_a_consent_counts_for_every_spelling_of_its_address(present):
    assert status(email=present, shop_consents={"email": About(GRANTED, "a@xn--bcher-kva.example")}) == "granted"


def test_what_was_said_about_the_address_counts_whoever_said_it():
    assert status(word("withdrawn", 1)) == "withdrawn"
    assert status(word("withdrawn", -1)) == "granted"
    assert status(word("granted", 1), shop_consents={}) == "granted"


def test_a_flag_of_the_shop_does_not_undo_what_was_said_about_the_address():
    later_flag = {"email": About(word("granted", 5, flag=True), "a@example.test")}

    assert status(word("withdrawn", 1), shop_consents=later_flag) == "withdrawn"


@pytest.mark.parametrize(("flagged", "expected"), [(2, "withdrawn"), (0, "granted")])
def test_a_flag_for_a_new_address_does_not_undo_what_the_customer_said_about_the_old_one(flagged, expected):
    own = {"email": About(word("withdrawn", 1), "g_of_another_address")}
    shop = {"email": About(word("granted", flagged, flag=True), "a@example.test")}

    assert status(shop_consents=shop, own_consents=own) == expected
    assert status(shop_consents={"email": About(word("granted", 0), "a@example.test")}, own_consents=own) == "granted"


def test_a_word_of_a_release_before_is_about_the_address_of_its_time():
    own = {"email": About(word("withdrawn", 1), None)}

    assert status(own_consents=own) == "withdrawn"
    assert status(own_consents=own, email_since=NOON + HOUR) == "withdrawn"
    assert status(own_consents=own, email_since=NOON + 2 * HOUR) == "granted"


def test_the_first_address_takes_consents_of_any_age():
    assert address_since(None, None, "a@example.test", NOON) is None


def test_a_new_address_counts_from_its_snapshot():
    assert address_since("a@example.test", None, "b@example.test", NOON) == NOON


def test_an_unchanged_address_keeps_its_since():
    assert address_since("a@example.test", NOON, "a@example.test", NOON + HOUR) == NOON


def test_an_address_that_was_removed_and_comes_back_is_a_new_one():
    removed = address_since("a@example.test", None, None, NOON)

    assert address_since(None, removed, "a@example.test", NOON + HOUR) == NOON + HOUR
