"""What events say of a customer adds up to one profile, in whatever order they come."""

import json
from datetime import UTC, date, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.profile import (
    ATTRIBUTES_MAX,
    Profile,
    contact_snapshot,
    customer_snapshot,
    fold,
    read_profile,
    united,
)
from ingest.domain.stamped import Stamped

EVERYTHING = {
    "id": "c-42",
    "email": "Sara@Example.com",
    "phone": "09121234567",
    "name": " سارا ",
    "locale": "fa_IR",
    "zone": "Asia/Tehran",
    "birthday": "1990-05-01",
    "consent": {"email": True, "sms": {"status": "withdrawn", "at": "2026-11-01T00:00:00Z", "method": "form"}},
    "attributes": {"vip": True, "level": 3, "mail": "x@example.com", "mobile": "09121234567"},
}


def test_addresses_go_to_contacts_and_the_rest_to_everybody(door, order):
    patch = door.accepted(order(customer=EVERYTHING)).patch
    profile = fold(Profile(), [patch])
    contact, customer = contact_snapshot(profile, 1), customer_snapshot(profile, 1, door.source.shop.attributes)

    assert (contact.email, contact.phone, contact.name) == ("sara@example.com", "+989121234567", "سارا")
    assert (contact.locale, contact.zone) == ("fa-IR", "Asia/Tehran")
    assert contact.consents["email"].status == "granted"
    assert contact.consents["sms"].at == datetime(2026, 11, 1, tzinfo=UTC)
    assert contact.consents["sms"].method == "form"
    assert (customer.locale, customer.zone, customer.birthday) == ("fa-IR", "Asia/Tehran", date(1990, 5, 1))
    assert customer.attributes == {"vip": "true", "level": "3"}


def test_everybody_hears_of_a_phone_number_as_its_pseudonym(door, order):
    first = door.accepted(order(customer={"id": "c", "phone": "0912 123 4567"})).patch
    guest = door.accepted(order(customer={"phone": "+98 912 1234567"})).event.customer_id
    other = door.accepted(order(id="e-2", time="2026-11-22T11:00:00Z", customer={"id": "c", "phone": "0935 123 4567"}))
    gone = {"id": "e-3", "type": "customer.updated", "time": "2026-11-22T11:30:00Z", "customer": {"id": "c"}}
    cleared = door.accepted({**gone, "data": {"phone": None}}).patch

    assert customer_snapshot(fold(Profile(), [first]), 1, {}).phone_id == guest
    assert customer_snapshot(fold(Profile(), [other.patch, first]), 1, {}).phone_id not in (None, guest)
    assert customer_snapshot(fold(Profile(), [cleared, first]), 1, {}).phone_id is None


def test_an_event_that_names_only_its_customer_says_nothing_of_them(door, order):
    assert door.accepted(order()).patch is None


def test_of_two_sayings_the_shops_clock_decides_even_if_it_runs_ahead(door, order):
    def patch(time, **customer):
        return door.accepted(order(id=time, time=time, customer={"id": "c", **customer})).patch

    patches = [
        patch("2026-11-22T12:01:00Z", name="Old", zone="Europe/Berlin", attributes={"level": "one"}),
        patch("2026-11-22T12:01:30Z", name="New", zone="Asia/Tehran", attributes={"level": "two"}),
    ]
    for arrived in permutations(patches):
        profile = fold(Profile(), arrived)

        assert contact_snapshot(profile, 1).name == "New"
        assert customer_snapshot(profile, 1, {}).zone == "Asia/Tehran"
        assert customer_snapshot(profile, 1, door.source.shop.attributes).attributes == {"level": "two"}


@pytest.mark.parametrize("number", range(8))
def test_of_two_addresses_the_shops_clock_decides_even_if_it_runs_ahead(door, order, number):
    def patch(seconds, **customer):
        time = f"2026-11-22T12:00:{seconds:02}Z"
        return door.accepted(order(id=f"{number}-{seconds}", time=time, customer={"id": "c", **customer})).patch

    patches = [
        patch(12, email="old@example.com", phone="09121234567"),
        patch(13, email="new@example.com", phone="09351234567"),
        patch(11, email="older@example.com"),
    ]
    for arrived in permutations(patches):
        stored = fold(Profile(), arrived[:1]).document
        contact = contact_snapshot(fold(read_profile(json.loads(json.dumps(stored))), arrived[1:]), 1)

        assert (contact.email, contact.phone) == ("new@example.com", "+989351234567")
        assert contact.email_since is not None
        assert contact.email_since <= datetime(2026, 11, 22, 12, tzinfo=UTC), "it counts from an instant that has come"


def test_an_address_that_comes_later_wins_over_one_of_a_clock_that_runs_ahead():
    wrong = {"email": Stamped("typo@example.com", 10, "e-1", ahead=210)}
    right = {"email": Stamped("right@example.com", 11, "e-2")}
    for arrived in permutations([wrong, right]):
        assert contact_snapshot(fold(Profile(), arrived), 1).email == "right@example.com"


def test_a_later_saying_wins_field_by_field(door, order):
    def patch(time, **customer):
        return door.accepted(order(id=time, time=time, customer={"id": "c", **customer})).patch

    patches = [
        patch("2026-11-01T00:00:00Z", email="old@example.com", name="Old"),
        patch("2026-11-03T00:00:00Z", email="new@example.com"),
        patch("2026-11-02T00:00:00Z", email="middle@example.com", name="Middle"),
    ]
    for order_of_arrival in permutations(patches):
        contact = contact_snapshot(fold(Profile(), order_of_arrival), 1)
        assert (contact.email, contact.name) == ("new@example.com", "Middle")


def test_customer_updated_takes_a_field_back_with_null_and_an_order_does_not(door, order):
    order_says = door.accepted(order(customer={"id": "c", "phone": None, "email": "a@example.com"})).patch
    update = {"id": "u", "type": "customer.updated", "customer": {"id": "c"}, "data": {"phone": None}}

    assert set(order_says) == {"email"}
    assert door.accepted(update).patch["phone"].value is None


def test_consent_may_be_an_event_of_its_own(door):
    def change(**data):
        return {"id": "k", "type": "consent.changed", "customer": {"id": "c"}, "data": data}

    candidate = door.accepted(change(channel="sms", status="denied", at="2026-11-20T00:00:00Z"))

    assert not candidate.published
    assert candidate.patch["consent:sms"].value == {"status": "withdrawn", "method": "shop", "flag": False}
    assert door.code(change(channel="fax", status="granted")) == "invalid_data"
    assert door.code(change(channel="sms", status="maybe")) == "invalid_data"


FIELDS = st.sampled_from(["email", "phone", "consent:sms", "attribute:a"])
STAMPS = st.builds(Stamped, st.none() | st.text(max_size=3), st.integers(0, 3), st.sampled_from(["e1", "e2"]))


def consistent(patches):
    """One event says one thing: the same stamp never carries two values."""
    for patch in patches:
        for field, said in list(patch.items()):
            value = f"{said.at}{said.event_id}"
            flag = {"status": "granted" if said.at else "withdrawn", "method": value, "flag": True}
            patch[field] = said._replace(value=flag if field.startswith("consent:") else value)
    return patches


PATCHES = st.lists(st.dictionaries(FIELDS, STAMPS), max_size=5).map(consistent)


@given(PATCHES, PATCHES, PATCHES)
def test_the_profiles_of_one_person_unite_to_that_of_somebody_who_always_was_one(mine, guests, browsers):
    one, two, three = (fold(Profile(), patches) for patches in (mine, guests, browsers))
    together = fold(Profile(), [*mine, *guests, *browsers])

    assert united(one, [two, three]) == together
    assert united(united(three, [one]), [two]) == together


@given(PATCHES, st.randoms(use_true_random=False))
def test_the_order_of_patches_does_not_matter(patches, random):
    shuffled = list(patches)
    random.shuffle(shuffled)

    assert fold(Profile(), patches) == fold(Profile(), shuffled)
    assert fold(fold(Profile(), patches), patches) == fold(Profile(), patches)


@pytest.mark.parametrize(
    ("block", "kept"),
    [
        ({"name": "a" * 201}, set()),
        ({"name": "a\tb"}, set()),
        ({"locale": "no locale"}, set()),
        ({"zone": "Mars/Olympus"}, set()),
        ({"birthday": "1890-01-01"}, set()),
        ({"birthday": "2026-11-23"}, set()),
        ({"consent": {"pigeon": True}}, set()),
        ({"consent": {"email": {"status": "perhaps"}, "sms": False}}, {"consent:sms"}),
        ({"consent": {"email": {"status": "granted", "at": "yesterday"}}}, set()),
        ({"consent": {"email": {"status": "granted", "method": "a b"}}}, set()),
        ({"attributes": {"a b": "1", "level": "1"}}, {"attribute:level"}),
        ({"attributes": {"level": "1"} | {f"a{number}": "1" for number in range(ATTRIBUTES_MAX)}}, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_field_that_cannot_be_read_is_left_out_named_and_spares_the_others(door, order, block, kept):
    candidate = door.accepted(order(customer={"id": "c-42", "email": "a@example.com", **block}))

    assert candidate.code == "contact_ignored"
    assert next(iter(block)) in candidate.detail
    if kept is not None:
        assert set(candidate.patch) == {"email", *kept}
    assert len(candidate.patch) <= 1 + ATTRIBUTES_MAX
