"""What shops write about orders and interactions, as the other services will read it."""

from decimal import Decimal

import pytest

from ingest.domain.forms import FORMS
from mandegar.events import decode, encode

DATA = {
    "order.placed": {"order_id": "o", "currency": "IRR", "total": "1"},
    "order.paid": {"order_id": "o", "currency": "IRR", "total": "1", "coupons": ["NOWRUZ", "free text with spaces"]},
    "order.updated": {"order_id": "o", "currency": "IRR", "total": "1", "version": 7},
    "order.cancelled": {"order_id": "o", "version": "8", "reason": "customer"},
    "refund.issued": {"refund_id": "r", "order_id": "o", "currency": "IRR", "amount": "1", "reason": "she was angry"},
    "product.viewed": {"product_id": 7, "category": "shoes"},
    "product.searched": {"query": "red shoes"},
    "cart.updated": {"cart_id": "k", "value": "5"},
    "checkout.started": {"checkout_id": "k"},
    "customer.logged_in": {},
    "customer.signed_up": {},
    "review.submitted": {"product_id": "p", "rating": 4},
    "survey.responded": {"survey_id": "s", "kind": "nps", "score": 9},
    "ticket.opened": {"ticket_id": "t", "category": "late"},
    "ticket.closed": {"ticket_id": "t"},
    "customer.updated": {"name": "Sara"},
    "consent.changed": {"channel": "email", "status": "granted"},
    "customer.identified": {"anonymous_id": "b-7"},
}


def event(type_, **data):
    return {"id": "e", "type": type_, "customer": {"id": "c"}, "data": {**DATA[type_], **data}}


def test_every_type_that_shops_may_send_has_a_sample():
    assert set(DATA) == set(FORMS)


@pytest.mark.parametrize("type_", DATA)
def test_what_is_published_can_be_read_by_everybody(type_, door):
    candidate = door.accepted(event(type_))

    if candidate.published:
        assert decode(encode(candidate.event)) == candidate.event


def test_free_text_stays_in_the_history(door):
    assert door.accepted(event("refund.issued")).event.data.reason is None
    assert door.accepted(event("order.cancelled")).event.data.reason == "customer"
    assert door.accepted(event("order.paid")).event.data.coupons == ("NOWRUZ",)
    assert door.accepted(event("product.searched")).event.data.subject_id is None


def test_the_version_is_the_shops_or_the_time_in_microseconds(door):
    assert door.accepted(event("order.updated")).event.data.version == 7
    assert door.accepted(event("order.cancelled")).event.data.version == 8
    at_noon = int(door.now.timestamp()) * 1_000_000
    assert door.accepted(event("order.paid")).event.data.version == at_noon


@pytest.mark.parametrize("version", [-1, 2**63, "seven", 1.5, "9" * 5000])
def test_a_version_must_be_a_whole_number(version, door):
    assert door.code(event("order.paid", version=version)) == "invalid_data"


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("review.submitted", {"rating": 6}),
        ("review.submitted", {"rating": -1}),
        ("review.submitted", {"rating_scale": 0}),
        ("survey.responded", {"kind": "mood"}),
        ("survey.responded", {"score": 11}),
        ("order.paid", {"order_id": ""}),
        ("order.paid", {"order_id": "x" * 201}),
        ("order.paid", {"order_id": "a\nb"}),
        ("ticket.opened", {"ticket_id": None}),
    ],
)
def test_impossible_data_is_quarantined(type_, data, door):
    assert door.code(event(type_, **data)) == "invalid_data"


def test_an_interaction_names_its_subject_in_any_of_its_fields(door):
    assert door.accepted(event("product.viewed")).event.data.subject_id == "7"
    cart = door.accepted(event("cart.updated")).event.data
    assert (cart.subject_id, cart.value) == ("k", Decimal(5))
    assert door.code(event("cart.updated", currency="EUR")) == "wrong_currency"
