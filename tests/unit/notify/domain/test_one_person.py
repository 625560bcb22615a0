"""What a root takes over of an alias: gaps are filled, and a withdrawal of either stands until a later grant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mandegar.events.consents import Statement
from notify.domain.consent import About, status_of
from notify.domain.contact import Contact
from notify.domain.one_person import Versioned, taken_over

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
X, Y = "x@example.test", "y@example.test"
NOBODY = Contact(
    shop="s",
    customer_id="r",
    email=None,
    phone=None,
    name=None,
    email_since=None,
    phone_since=None,
    locale=None,
    zone=None,
    shop_consents={},
    own_consents={},
    points=None,
    tier=None,
    last_paid_at=None,
)


def said(status, hours, address=X, *, flag=False):
    return {"email": About(Statement(status, NOON + hours * HOUR, "shop", flag), address)}


def consent_of(root, alias):
    both = taken_over(Versioned(replace(NOBODY, **root)), Versioned(replace(NOBODY, customer_id="a", **alias)))
    return status_of(both.contact.consent("email", None))


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (said("granted", 1), said("withdrawn", 2), "withdrawn"),
        (said("granted", 2), said("withdrawn", 1), "granted"),
        (said("withdrawn", 2), said("granted", 1), "withdrawn"),
        (said("withdrawn", 1), said("granted", 2), "granted"),
        (said("withdrawn", 1), said("granted", 1), "withdrawn"),
        (said("withdrawn", 1), said("granted", 2, flag=True), "withdrawn"),
        (said("granted", 1), said("withdrawn", 2, flag=True), "withdrawn"),
        (said("granted", 1), said("withdrawn", 2, Y), "withdrawn"),
        (said("withdrawn", 1), said("granted", 2, Y), "withdrawn"),
        ({}, said("granted", 2, Y), "unknown"),
        ({}, said("granted", 2), "granted"),
        (said("granted", 1), {}, "granted"),
    ],
)
def test_of_what_the_shop_stated_about_both_the_law_gives_what_stands(mine, theirs, expected):
    """A grant counts for its own address, a withdrawal for the person."""
    assert consent_of({"email": X, "shop_consents": mine}, {"email": Y, "shop_consents": theirs}) == expected


def test_the_consent_of_an_alias_comes_with_its_address():
    alias = {"email": X, "shop_consents": said("granted", 1)}

    assert consent_of({}, alias) == "granted"
    assert consent_of({"shop_consents": said("withdrawn", 0, None)}, alias) == "granted"
    assert consent_of({"shop_consents": said("withdrawn", 2, None)}, alias) == "withdrawn"


def test_a_withdrawal_from_before_the_address_took_the_place_of_another_is_over():
    root = {"email": X, "email_since": NOON + 3 * HOUR, "shop_consents": said("granted", 4)}

    assert consent_of(root, {"email": Y, "shop_consents": said("withdrawn", 2, Y)}) == "granted"


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (said("granted", 1, "id"), said("withdrawn", 2, "other"), ("withdrawn", "other")),
        (said("granted", 2, "id"), said("withdrawn", 1, "other"), ("granted", "id")),
        (said("withdrawn", 1, "id"), said("granted", 1, "other"), ("withdrawn", "id")),
        ({}, said("withdrawn", 1, "other"), ("withdrawn", "other")),
        # Words of a release before name no address.
        (said("withdrawn", 1, None), said("granted", 2, "other"), ("withdrawn", None)),
        (said("granted", 2, "id"), said("withdrawn", 1, None), ("withdrawn", None)),
        ({}, said("granted", 1, None), None),
        (said("withdrawn", 1, None), said("withdrawn", 2, None), ("withdrawn", None)),
    ],
)
def test_of_a_customers_own_words_the_later_one_stands(mine, theirs, expected):
    root = Versioned(replace(NOBODY, email=X, own_consents=mine))
    both = taken_over(root, Versioned(replace(NOBODY, customer_id="a", email=Y, own_consents=theirs)))

    own = both.contact.own_consents.get("email")
    assert (own and (own.statement.status, own.address)) == expected


def test_addresses_and_names_of_the_root_stand_and_gaps_are_filled():
    root = Versioned(replace(NOBODY, email=X, zone="Asia/Tehran"))
    alias = Versioned(replace(NOBODY, customer_id="a", email=Y, phone="+989121234567", name="Sara", locale="fa"))

    contact = taken_over(root, alias).contact
    assert (contact.customer_id, contact.email, contact.phone) == ("r", X, "+989121234567")
    assert (contact.name, contact.locale, contact.zone) == ("Sara", "fa", "Asia/Tehran")


def test_an_address_that_was_removed_is_no_gap():
    removed = Versioned(replace(NOBODY, email_since=NOON))

    assert taken_over(removed, Versioned(replace(NOBODY, email=X))).contact.email is None


def test_points_are_those_of_the_higher_version_and_no_version_falls():
    root = Versioned(replace(NOBODY, points=5, tier="gold"), 3, 9, 2)
    alias = Versioned(replace(NOBODY, points=7, tier="silver"), 8, 4, 6)

    both = taken_over(root, alias)
    assert (both.contact.points, both.contact.tier) == (7, "silver")
    assert (both.contact_version, both.profile_version, both.points_version) == (8, 9, 6)
    assert taken_over(alias, root).contact.points == 7


def test_the_latest_purchase_is_that_of_either():
    bought = Versioned(replace(NOBODY, last_paid_at=NOON))

    assert taken_over(bought, Versioned(NOBODY)).contact.last_paid_at == NOON
    assert taken_over(Versioned(NOBODY), bought).contact.last_paid_at == NOON


def test_taking_over_twice_changes_nothing_more():
    root = Versioned(replace(NOBODY, email=X, shop_consents=said("granted", 1), own_consents=said("granted", 1, "id")))
    alias = Versioned(replace(NOBODY, email=Y, shop_consents=said("withdrawn", 2, Y), points=3), 4, 4, 4)
    once = taken_over(root, alias)

    assert taken_over(once, alias) == once
    assert taken_over(once, Versioned(NOBODY)) == once
