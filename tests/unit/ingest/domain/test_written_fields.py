"""Every field that holds text takes it as people write it, and says so where it takes something not."""

import json
from dataclasses import replace
from uuid import uuid5

import pytest

from mandegar.events.envelope import NAMESPACE
from mandegar.events.written import plain_id

HALF_SPACE, FAMILY = "کفش\u200cورزشی", "\U0001f468\u200d\U0001f469\u200d\U0001f467"
WRITTEN = {
    "half-space": HALF_SPACE,
    "family": FAMILY,
    "no-break space": "a\u00a0b",
    "direction marks": "a\u200eb\u200fc",
    "isolates": "a\u2067b\u2069c",
    "override": "a\u202eb\u202cc",
    "soft hyphen": "ver\u00adsand",
    "byte order mark": "a\ufeffb",
    "newer than this Python": "\U0001fae9\U0001fadf",
}
NOT_WRITTEN = {
    "nul": "a\x00b",
    "bell": "a\x07b",
    "C1": "a\x9fb",
    "line break": "a\nb",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "half an emoji": "a\ud83db",
    "other half": "a\ude00b",
    "noncharacter": "a\ufffeb",
}


def paid(**changes):
    item = {"product_id": "p", "quantity": 1, "unit_price": "10", "category": "c"}
    data = {"order_id": "o", "currency": "IRR", "total": "10", "items": [item]}
    event = {"id": "e", "type": "order.paid", "customer": {"id": "c"}, "data": data}
    for path, value in changes.items():
        at, *keys, last = [event, *path.split("__")]
        for key in keys:
            at = at[key] if isinstance(at, dict) else at[int(key)]
        at[last] = value
    return json.dumps(event).encode()


IDS = {
    "id": lambda candidate: candidate.native_id,
    "customer__id": lambda candidate: candidate.event.customer_id,
    "data__order_id": lambda candidate: candidate.order_id,
    "data__items__0__product_id": lambda candidate: candidate.event.data.items[0].product_id,
}
LABELS = {
    "data__items__0__category": lambda candidate: candidate.event.data.items[0].category,
    "customer__name": lambda candidate: candidate.patch["name"].value,
}
# What reaches topics that last, where no text stands in the clear that does not look like an id.
PUBLISHED = {"customer__id", "data__order_id", "data__items__0__product_id", "data__items__0__category"}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("field", IDS)
def test_an_id_may_be_written_in_any_way(field, text, door):
    candidate = door.accepted(paid(**{field: text}))

    assert IDS[field](candidate) == (door.published(plain_id(text)) if field in PUBLISHED else plain_id(text))
    assert candidate.code is None


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("field", ["customer__id", "data__order_id"])
def test_a_shop_from_before_goes_on_publishing_ids_as_it_sends_them(field, text, door):
    assert IDS[field](
        door.accepted(paid(**{field: text}), shop=replace(door.source.shop, customer_ids="as_sent"))
    ) == plain_id(text)


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("field", LABELS)
def test_a_label_may_be_written_in_any_way(field, text, door):
    candidate = door.accepted(paid(**{field: f"\u200f{text} \ufeff"}))

    assert LABELS[field](candidate) == (door.published(plain_id(text)) if field in PUBLISHED else text)
    assert candidate.code is None


@pytest.mark.parametrize("text", NOT_WRITTEN.values(), ids=NOT_WRITTEN)
@pytest.mark.parametrize(("field", "code"), {"id": "invalid_event", "customer__id": "bad_customer_id"}.items())
def test_an_id_without_which_nothing_goes_is_kept_with_a_reason(field, code, text, door):
    refusal = door.one(paid(**{field: text}))

    assert (refusal.code, refusal.status) == (code, "quarantined")
    assert "control character" in refusal.detail


@pytest.mark.parametrize("text", NOT_WRITTEN.values(), ids=NOT_WRITTEN)
@pytest.mark.parametrize("field", [*LABELS, "customer__attributes"])
def test_a_label_that_nobody_wrote_costs_nobody_a_purchase_and_is_named(field, text, door):
    candidate = door.accepted(paid(**{field: {"city": text} if field.endswith("attributes") else text}))

    assert candidate.code in ("contact_ignored", "data_ignored")
    assert field.replace("customer__", "").replace("__0", "").replace("__", ".") in candidate.detail


@pytest.mark.parametrize("coupon", ["عید\u200cنوروز", "NOWRUZ", "۲۰٪", "-15%", FAMILY, "ÉTÉ+10"])
def test_a_coupon_is_one_word_of_any_script(coupon, door):
    candidate = door.accepted(paid(data__coupons=[f" {coupon}\u200f"]))

    assert candidate.event.data.coupons == (door.published(coupon),)
    assert candidate.code is None


@pytest.mark.parametrize("coupon", ["for our dear Sara", "a\u00a0b", "+98 912 123 4567", "x" * 101, "a\x00"])
def test_a_coupon_that_may_say_who_somebody_is_stays_in_the_history_and_the_answer_says_so(coupon, door):
    candidate = door.accepted(paid(data__coupons=["NOWRUZ", coupon]))

    assert candidate.event.data.coupons == ("NOWRUZ",)
    assert (candidate.code, "data.coupons" in candidate.detail) == ("data_ignored", True)


def test_ids_that_look_the_same_are_one_customer_one_order_and_one_event(door):
    plain = door.accepted(paid(id="e 1", customer__id="c-42", data__order_id="o 1"))
    copied = door.accepted(paid(id="\u200ee\u00a01", customer__id="c\u200e-42\u202c", data__order_id="\ufeffo\u20071"))

    assert (copied.event.id, copied.event.customer_id) == (plain.event.id, plain.event.customer_id)
    assert copied.order_id == plain.order_id


def test_an_address_with_a_mark_in_it_is_no_customers_key(door):
    marked = door.accepted(paid(customer__id="\u202asara@example.com\u202c")).event.customer_id

    assert marked == door.accepted(paid(customer__id="sara@example.com")).event.customer_id
    assert marked.startswith("g_")


def test_the_id_of_an_event_is_what_it_was_in_every_release(door):
    event = door.accepted(paid(id="سفارش ۱")).event

    assert event.id == uuid5(NAMESPACE, "demo\ns1\n\nسفارش ۱")
