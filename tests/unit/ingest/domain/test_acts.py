"""What shops write about orders and interactions, as the other services will read it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ingest.domain.forms import FORMS
from mandegar.events import decode, encode
from mandegar.events.identity import address_id

DATA = {
    "order.placed": {"order_id": "o", "currency": "IRR", "total": "1"},
    "order.paid": {"order_id": "o", "currency": "IRR", "total": "1", "coupons": ["NOWRUZ", "free text with spaces"]},
    "order.updated": {"order_id": "o", "currency": "IRR", "total": "1", "version": 7},
    "order.delivered": {"order_id": "o"},
    "order.cancelled": {"order_id": "o", "version": "8", "reason": "customer"},
    "refund.issued": {"refund_id": "r", "order_id": "o", "currency": "IRR", "amount": "1", "reason": "she was angry"},
    "points.opened": {"lot_id": "l", "points": 1200, "expires_at": "2027-03-20", "earned_at": "2025-03-20"},
    "tier.granted": {"tier": "gold", "until": "2027-03-20"},
    "coupon.opened": {"code": "NOWRUZ-7Q4K", "amount": "500000", "currency": "IRR"},
    "product.viewed": {"product_id": 7, "category": "shoes"},
    "product.searched": {"query": "red shoes"},
    "cart.updated": {"cart_id": "k", "value": "5"},
    "checkout.started": {"checkout_id": "k"},
    "customer.logged_in": {},
    "customer.signed_up": {},
    "review.submitted": {"product_id": "p", "rating": 4},
    "survey.responded": {"survey_id": "s", "kind": "nps", "score": 9},
    "ticket.opened": {"ticket_id": "t", "category": "late"},
    "ticket.answered": {"ticket_id": "t"},
    "ticket.closed": {"ticket_id": "t"},
    "promise.made": {"promise_id": "q", "kind": "delivery", "due_at": "2026-11-24"},
    "promise.kept": {"promise_id": "q"},
    "promise.broken": {"promise_id": "q"},
    "subscription.started": {"subscription_id": "s", "amount": "99", "currency": "IRR", "months": 1},
    "subscription.renewed": {"subscription_id": "s", "amount": "99", "currency": "IRR", "days": 30},
    "subscription.cancelled": {"subscription_id": "s"},
    "subscription.expired": {"subscription_id": "s", "ends_at": "2026-11-21"},
    "trial.started": {"trial_id": "y", "days": 14},
    "trial.ended": {"trial_id": "y", "converted": True},
    "act.done": {"act": "story-shared", "subject_id": "post-9"},
    "referral.claimed": {"code": "jpf cmr tqt"},
    "message.sent_elsewhere": {"message_id": "m", "channel": "email"},
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


@pytest.mark.parametrize("written", ["null", " Undefined ", 0, "\u06f0", "[object Object]", "N/A"])
@pytest.mark.parametrize(
    "field", ["order_id", "refund_id", "ticket_id", "promise_id", "subscription_id", "trial_id", "lot_id"]
)
def test_what_programs_write_without_an_id_is_the_id_of_nothing(field, written, door):
    types = [type_ for type_, data in DATA.items() if field in data]

    assert types
    for type_ in types:
        assert door.code(event(type_, **{field: written})) == "invalid_data"


def test_a_promise_about_no_order_is_a_promise(door):
    assert door.accepted(event("promise.made", order_id="null")).event.data.order_id is None


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
        ("act.done", {"act": "Story shared"}),
        ("act.done", {"act": "989121234567"}),
        ("act.done", {"act": ""}),
        ("act.done", {"act": "a/b"}),
        ("referral.claimed", {"code": ""}),
        ("referral.claimed", {"code": "JPF-CMR-TQC"}),
        ("referral.claimed", {"code": "+98 912 123 4567"}),
        ("ticket.opened", {"ticket_id": None}),
        ("promise.made", {"kind": ""}),
        ("promise.made", {"kind": "تحویل"}),
        ("promise.made", {"kind": "call 09121234567"}),
        ("promise.made", {"order_id": "a\nb"}),
        ("promise.kept", {"promise_id": ""}),
        ("message.sent_elsewhere", {"message_id": ""}),
        ("message.sent_elsewhere", {"channel": "push"}),
        ("message.sent_elsewhere", {"channel": ["email"]}),
        ("message.sent_elsewhere", {"marketing": "no"}),
    ],
)
def test_impossible_data_is_quarantined(type_, data, door):
    assert door.code(event(type_, **data)) == "invalid_data"


def test_an_interaction_names_its_subject_in_any_of_its_fields(door):
    assert door.accepted(event("product.viewed")).event.data.subject_id == "7"
    cart = door.accepted(event("cart.updated")).event.data
    assert (cart.subject_id, cart.value) == ("k", Decimal(5))
    assert door.code(event("cart.updated", currency="EUR")) == "wrong_currency"


ODD_IDS = ["ORD#1001", "1001/2", "سفارش ۱", "09121234567", "ali@example.com", "6037991812345678"]


@pytest.mark.parametrize("text", ODD_IDS)
def test_an_order_and_what_happens_to_it_name_one_id(text, door):
    order = door.accepted(event("order.paid", order_id=text))
    refund = door.accepted(event("refund.issued", order_id=f" {text}", refund_id=text))
    cancelled = door.accepted(event("order.cancelled", order_id=text))

    ids = {order.event.data.order_id, refund.event.data.order_id, cancelled.event.data.order_id}
    assert ids == {order.order_id, refund.order_id, cancelled.order_id} == {door.published(text)}
    assert refund.event.data.refund_id == door.published(text) != text


@pytest.mark.parametrize("text", ODD_IDS)
def test_a_shop_from_before_goes_on_naming_its_orders_as_it_did(text, door):
    from_before = replace(door.source.shop, customer_ids="as_sent")
    order = door.accepted(event("order.paid", order_id=text, coupons=[text.replace(" ", "")]), shop=from_before)
    refund = door.accepted(event("refund.issued", order_id=text, refund_id=text), shop=from_before)

    assert {order.event.data.order_id, refund.event.data.order_id, refund.event.data.refund_id} == {text}
    assert order.event.data.coupons == (door.published(text.replace(" ", "")),)


@pytest.mark.parametrize(
    ("type_", "field", "read"),
    [
        ("order.paid", "coupons", lambda data: data.coupons[0]),
        ("order.cancelled", "reason", lambda data: data.reason),
        ("refund.issued", "reason", lambda data: data.reason),
        ("product.viewed", "product_id", lambda data: data.subject_id),
        ("product.viewed", "category", lambda data: data.category),
        ("review.submitted", "product_id", lambda data: data.product_id),
        ("survey.responded", "survey_id", lambda data: data.survey_id),
        ("ticket.opened", "ticket_id", lambda data: data.ticket_id),
        ("ticket.opened", "category", lambda data: data.category),
        ("ticket.opened", "priority", lambda data: data.priority),
        ("ticket.answered", "ticket_id", lambda data: data.ticket_id),
        ("promise.made", "promise_id", lambda data: data.promise_id),
        ("promise.made", "order_id", lambda data: data.order_id),
        ("promise.kept", "promise_id", lambda data: data.promise_id),
        ("message.sent_elsewhere", "message_id", lambda data: data.message_id),
    ],
)
def test_a_word_that_does_not_look_like_an_id_is_hashed(type_, field, read, door):
    def published(word):
        return read(door.accepted(event(type_, **{field: [word] if field == "coupons" else word})).event.data)

    assert published("shoes-7") == "shoes-7"
    assert published("پوشاک") == door.published("پوشاک") != "پوشاک"
    assert published("09121234567") == door.published("09121234567")


def test_a_message_of_another_system_is_marketing_unless_it_says_otherwise(door):
    assert door.accepted(event("message.sent_elsewhere")).event.data.marketing
    assert door.accepted(event("message.sent_elsewhere", marketing=None)).event.data.marketing
    assert not door.accepted(event("message.sent_elsewhere", marketing=False)).event.data.marketing


@pytest.mark.parametrize("name", ["At risk", "offer-1", "j09121234567", "x" * 61, "پیشنهاد"])
def test_a_message_of_another_system_names_a_journey_or_none(name, door):
    named = door.accepted(event("message.sent_elsewhere", journey="at_risk_offer"))
    odd = door.accepted(event("message.sent_elsewhere", journey=name))

    assert (named.event.data.journey, named.code) == ("at_risk_offer", None)
    assert (odd.event.data.journey, odd.code) == (None, "data_ignored")
    assert name not in (odd.detail or "")


def test_a_message_of_another_system_names_the_pseudonym_of_the_address_on_its_channel(door):
    written = {"id": "c", "email": " Sara@Example.com", "phone": "09121234567"}

    def address(channel, customer):
        message = {**event("message.sent_elsewhere", channel=channel), "customer": customer}
        return door.accepted(message).event.data.address_id

    key = door.reading().identity_key
    assert address("email", written) == address_id("sara@example.com", shop=door.source.shop.id, key=key)
    assert address("sms", written) == address_id("+989121234567", shop=door.source.shop.id, key=key)
    assert address("email", {"id": "c"}) is address("sms", {"id": "c", "email": "sara@example.com"}) is None


@pytest.mark.parametrize(
    ("kind", "score", "scale", "published"),
    [
        ("nps", 9, {}, 9),
        ("nps", 5, {"scale_min": 1, "scale_max": 5}, 10),
        ("nps", 3, {"scale_min": 1, "scale_max": 5}, 5),
        ("csat", 4, {"scale_min": 1, "scale_max": 5}, 75),
        ("csat", 5, {"scale_max": 5}, 100),
        ("csat", -1, {"scale_min": -2, "scale_max": 2}, 25),
    ],
)
def test_a_score_of_another_scale_is_published_on_the_usual_one(kind, score, scale, published, door):
    data = {"survey_id": "s", "kind": kind, "score": score, **scale}
    told = door.accepted({"id": "e", "type": "survey.responded", "customer": {"id": "c"}, "data": data})
    assert told.event.data.score == pytest.approx(published)


@pytest.mark.parametrize(
    "scale",
    [{"scale_min": 5, "scale_max": 5}, {"scale_min": 9}, {"scale_max": 2}, {"scale_max": 1e300}, {"scale_min": 12}],
)
def test_a_score_lies_on_its_scale(scale, door):
    data = {"survey_id": "s", "kind": "nps", "score": 3, **scale}
    assert door.code({"id": "e", "type": "survey.responded", "customer": {"id": "c"}, "data": data}) == "invalid_data"
