"""Attributes leave ingest under declared names alone, and as values of the declared types."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.attributes import DIGITS_MAX, READERS, published_value
from ingest.domain.profile import Profile, customer_snapshot, fold
from ingest.domain.stamped import Stamped

LEVELS = ["gold", "طلایی"]


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("number", "3", "3"),
        ("number", "-2.50", "-2.5"),
        ("number", "۱۲", "12"),
        ("number", "12500000000", "12500000000"),
        ("number", "0.30000000000000004", "0.3"),
        ("number", "12.333333333333334", "12.333333"),
        ("number", "9121234567", None),
        ("number", "-9121234567", None),
        ("number", "0012345679", None),
        ("number", "1e10", None),
        ("number", "9" * 41, None),
        ("number", "nan", None),
        ("number", "٣٫٥", None),
        ("boolean", "True", "true"),
        ("boolean", "yes", None),
        ("date", "1990-05-01", "1990-05-01"),
        ("date", "0912-12-31", None),
        ("date", "9999-12-31", None),
        ("date", "yesterday", None),
        ("word", "north-3", "north-3"),
        ("word", "Sara Moradi", None),
        ("word", "09121234567", None),
        ("word", "sara@example.com", None),
        (LEVELS, "طلایی", "طلایی"),
        (LEVELS, "silver", None),
        ("a type to come", "3", None),
    ],
)
def test_a_value_is_published_if_it_is_of_the_type(type_, text, value):
    assert published_value(text, type_) == value


@given(st.text(max_size=60), st.sampled_from(sorted(READERS)))
def test_what_is_published_is_of_the_type_again(text, type_):
    value = published_value(text, type_)

    assert value is None or published_value(value, type_) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6).map(str) | st.integers().map(str))
def test_no_published_number_has_more_digits_than_allowed(text):
    value = published_value(text, "number")

    assert value is None or len(value.lstrip("-").replace(".", "").strip("0")) <= DIGITS_MAX


def paid(order, **attributes):
    return order(customer={"id": "c-1", "attributes": attributes})


def test_an_attribute_that_is_not_declared_stays_in_the_history_and_is_named(door, order):
    candidate = door.accepted(paid(order, vip=True, mobile="09121234567", level="so kind to us"))

    assert {name: stamped.value for name, stamped in candidate.patch.items()} == {"attribute:vip": "true"}
    assert candidate.code == "data_ignored"
    assert candidate.detail.endswith("attributes level, mobile")
    assert b"09121234567" in candidate.body


def test_the_answer_names_ten_attributes(door, order):
    candidate = door.accepted(paid(order, **{f"a{number:02}": "1" for number in range(12)}))

    assert candidate.patch is None
    assert candidate.detail.endswith("a08, a09 and 2 more")


def test_what_was_stored_under_other_settings_is_published_no_more(door, order):
    before = Profile(
        {"attribute:city": Stamped("Sara lives in Rey", 0, "e"), "attribute:vip": Stamped("perhaps", 0, "e")}
    )
    profile = fold(before, [door.accepted(paid(order, level="gold")).patch])

    assert customer_snapshot(profile, 1, door.source.shop.attributes).attributes == {"level": "gold"}
    assert customer_snapshot(profile, 1, {}).attributes == {}


def test_a_null_clears_an_attribute_that_is_declared_no_more(door):
    update = {"id": "u", "type": "customer.updated", "customer": {"id": "c"}, "data": {"attributes": {"city": None}}}
    candidate = door.accepted(update)

    assert candidate.patch["attribute:city"].value is None
    assert candidate.code is None


def test_a_shop_from_before_declares_its_attributes_too(door, order):
    from_before = replace(door.source.shop, customer_ids="as_sent", attributes={})
    assert door.accepted(paid(order, vip=True), shop=from_before).patch is None
