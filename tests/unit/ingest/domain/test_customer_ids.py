"""Under which id a customer is kept."""

import re

import pytest

from ingest.domain.customer_ids import customer_id
from ingest.domain.forms import CustomerForm


def kept_as(door, order, **customer):
    return door.accepted(order(customer=customer)).event.customer_id


def test_the_shops_own_id_comes_first(door, order):
    assert kept_as(door, order, id="c-42", email="sara@example.com", anonymous_id="b-1") == "c-42"


def test_a_guest_is_a_hash_of_the_address_however_it_is_written(door, order):
    guest = kept_as(door, order, email="Sara@Example.com ")

    assert guest.startswith("g_")
    assert guest == kept_as(door, order, email="sara@example.com")
    assert guest == kept_as(door, order, id="sara@example.com")
    assert "sara" not in guest


def test_a_guest_known_by_phone_is_the_same_in_any_digits(door, order):
    guest = kept_as(door, order, phone="09121234567")

    assert guest.startswith("g_")
    assert guest == kept_as(door, order, phone="+98 912 123 4567")
    assert guest == kept_as(door, order, phone="۰۹۱۲۱۲۳۴۵۶۷")
    assert guest == kept_as(door, order, id="09121234567")


def test_two_shops_never_share_a_guest(door, order):
    from dataclasses import replace

    here = kept_as(door, order, email="sara@example.com")
    there = door.accepted(
        order(customer={"email": "sara@example.com"}), shop=replace(door.source.shop, id="other")
    ).event.customer_id

    assert here != there


def test_a_browser_is_known_by_its_anonymous_id(door, order):
    assert kept_as(door, order, anonymous_id="b-1") == "a_b-1"
    assert kept_as(door, order, anonymous_id="sara@example.com").startswith("g_")


@pytest.mark.parametrize("name", ["null", "undefined", "0", 0, "guest", "", " ", "None", "x" * 201, "a\x07b"])
def test_ids_that_name_nobody_are_refused(name, door, order):
    assert door.code(order(customer={"id": name})) == "bad_customer_id"
    assert door.code(order(customer={"anonymous_id": str(name)})) == "bad_customer_id"


def test_an_address_that_is_none_names_nobody(door, order):
    assert door.code(order(customer={"email": "n/a"})) == "bad_customer_id"
    assert door.code(order(customer={"phone": "call me"})) == "bad_customer_id"
    assert door.code(order(customer={})) == "missing_customer"


def test_an_unusable_address_beside_an_id_is_left_out_and_said_so(door, order):
    candidate = door.accepted(order(customer={"id": "c-42", "email": "n/a", "phone": "09121234567"}))

    assert candidate.code == "contact_ignored"
    assert "email" in candidate.detail
    assert set(candidate.patch) == {"phone", "phone_id"}


@pytest.mark.parametrize("number", ["0912123456", "+980912123456"])
def test_a_number_that_nobody_can_have_is_left_out_and_still_names_a_guest(number, door, order):
    candidate = door.accepted(order(customer={"id": "c-42", "phone": number}))
    assert candidate.code == "contact_ignored"
    assert "phone (unassigned_number: " in candidate.detail
    assert candidate.patch is None

    guest = door.accepted(order(customer={"phone": "0912123456"}))
    assert guest.code == "contact_ignored"
    assert guest.event.customer_id.startswith("g_")


def test_a_landline_is_a_contact(door, order):
    candidate = door.accepted(order(customer={"id": "c-42", "phone": "021 8877 6655"}))

    assert candidate.code is None
    assert candidate.patch["phone"].value == "+982188776655"


@pytest.mark.parametrize("address", ["user@gmail..com", "sara@example.test;", "<a@b.test>", "a@[b.cc"])
def test_a_mistyped_address_is_left_out_with_the_code_of_what_is_wrong(address, door, order):
    candidate = door.accepted(order(customer={"id": "c-42", "email": address, "phone": "12"}))

    assert candidate.code == "contact_ignored"
    assert re.search(r"email \((bad_domain|bad_local_part): .+\), phone \(impossible_number: .+\)", candidate.detail)
    assert address not in candidate.detail
    assert candidate.patch is None


def test_a_mistyped_address_identifies_nobody_and_the_answer_says_why(door, order):
    refusal = door.one(order(customer={"email": "user@gmail..com"}))

    assert refusal.code == "bad_customer_id"
    assert "bad_domain: the domain has a dot at an end, or two in a row" in refusal.detail
    assert "gmail" not in refusal.detail


def test_a_placeholder_in_a_file_hides_nobody_either(door, order):
    guest = kept_as(door, order, email="sara@example.com")
    row = CustomerForm(id="0", email="sara@example.com")

    assert customer_id(row, shop=door.source.shop, key=door.reading().identity_key) == guest


def test_a_mistyped_address_hides_no_browser(door, order):
    candidate = door.accepted(order(customer={"email": "n/a", "anonymous_id": "b-1"}))

    assert (candidate.event.customer_id, candidate.code) == ("a_b-1", "contact_ignored")
