"""A paid order with something odd in it is a paid order: what is odd is left out, and the answer says so."""

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from harness.reading import read_events
from ingest.domain.candidates import Candidate
from ingest.doors.cloudevents.forms import BATCHED, BINARY, STRUCTURED
from ingest.doors.native.form import NATIVE
from mandegar.events import decode, encode

LINE = {"product_id": "p", "quantity": 2, "unit_price": "5.10", "category": "shoes"}
ORDER = {"order_id": "o", "currency": "IRR", "total": "100.10"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e15, 1e15) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def in_each_form(type_: str, data: dict[str, Any]) -> list[tuple[Any, bytes, Headers]]:
    """The event in the native form, alone and in a batch, and as a CloudEvent in three modes."""
    native = {"id": "e", "type": type_, "customer": {"id": "c"}, "data": data}
    inside = {**data, "customer": {"id": "c"}}
    attributes = {"specversion": "1.0", "id": "e", "source": "/shop", "type": type_}
    cloud = {**attributes, "data": inside}
    encoded = {**attributes, "data_base64": base64.b64encode(json.dumps(inside).encode()).decode()}
    headers = Headers(
        {f"ce-{name}": value for name, value in attributes.items()} | {"content-type": "application/json"}
    )
    return [
        (NATIVE, json.dumps(native).encode(), Headers()),
        (NATIVE, json.dumps({"events": [native]}).encode(), Headers()),
        (NATIVE, json.dumps(cloud).encode(), Headers()),
        (STRUCTURED, json.dumps(cloud).encode(), Headers()),
        (STRUCTURED, json.dumps(encoded).encode(), Headers()),
        (BATCHED, json.dumps([cloud]).encode(), Headers()),
        (BINARY, json.dumps(inside).encode(), headers),
    ]


def accepted(door: Any, type_: str, data: dict[str, Any]) -> Candidate:
    """What becomes of the event, which has to be the same in each form."""
    candidates = []
    for form, body, headers in in_each_form(type_, data):
        (arrival,) = read_events(form, body, headers, door.reading())
        assert isinstance(arrival, Candidate), arrival
        assert decode(encode(arrival.event)) == arrival.event
        candidates.append(arrival)
    assert len({(one.code, one.detail, one.event.type) for one in candidates}) == 1
    assert all(one.event.data == candidates[0].event.data for one in candidates)
    return candidates[0]


ODD_LINES = {
    "no-product": {"product_id": None, "sku": None, "quantity": 1, "unit_price": "10"},
    "empty": {},
    "blank-product": {**LINE, "product_id": " ", "sku": ""},
    "product-is-true": {**LINE, "product_id": True},
    "product-is-half": {**LINE, "product_id": 1.5},
    "product-is-an-object": {**LINE, "product_id": {"id": 1}},
    "product-is-long": {**LINE, "product_id": "x" * 201},
    "quantity-is-negative": {**LINE, "quantity": -1},
    "quantity-is-zero": {**LINE, "quantity": 0},
    "quantity-is-null": {**LINE, "quantity": None},
    "quantity-is-text": {**LINE, "quantity": "two"},
    "quantity-is-huge": {**LINE, "quantity": 10**18},
    "quantity-is-a-list": {**LINE, "quantity": [1]},
    "price-is-negative": {**LINE, "unit_price": "-2"},
    "price-is-text": {**LINE, "unit_price": "free"},
    "price-is-fine-beyond-reason": {**LINE, "unit_price": "0." + "1" * 30},
    "price-has-a-currency": {**LINE, "unit_price": {"amount": 10, "currency": "IRR"}},
    "category-is-a-list": {**LINE, "category": ["shoes"]},
    "null": None,
    "text": "a shoe",
    "number": 7,
    "list": [LINE],
}


@pytest.mark.parametrize("odd", ODD_LINES.values(), ids=ODD_LINES)
def test_an_odd_line_is_left_out_and_named(odd: Any, door: Any) -> None:
    candidate = accepted(door, "order.paid", {**ORDER, "items": [LINE, odd, {**LINE, "product_id": 7}]})

    assert candidate.published
    assert candidate.event.data.total == Decimal("100.10")
    assert [item.product_id for item in candidate.event.data.items] == ["p", "7"]
    assert candidate.code == "data_ignored"
    assert "data.items[1]" in (candidate.detail or "")


@pytest.mark.parametrize("items", [{}, "none", 7, True, {"0": LINE}, [[]], [None], [{}] * 3000])
def test_odd_lists_of_lines_cost_nobody_an_order(items: Any, door: Any) -> None:
    candidate = accepted(door, "order.paid", {**ORDER, "items": items})

    assert (candidate.event.data.total, candidate.event.data.items) == (Decimal("100.10"), ())
    assert candidate.code == "data_ignored"
    assert len(candidate.detail or "") < 500


def test_a_long_order_has_all_its_lines(door: Any) -> None:
    candidate = accepted(door, "order.paid", {**ORDER, "items": [{"sku": n} for n in range(3000)]})

    assert (len(candidate.event.data.items), candidate.code) == (3000, None)


def test_a_line_is_read_as_it_is_written(door: Any) -> None:
    lines = [{"product_id": "", "sku": "s", "category": 5, "quantity": "1.5"}, {"sku": 7, "unit_price": None}]
    candidate = accepted(door, "order.paid", {**ORDER, "items": lines})

    read = [(one.product_id, one.category, one.quantity, one.unit_price) for one in candidate.event.data.items]
    assert read == [("s", "5", Decimal("1.5"), None), ("7", None, Decimal(1), None)]
    assert candidate.code is None


@pytest.mark.parametrize(
    ("coupons", "read"),
    [
        (["A", None, "B"], ("A", "B")),
        ([{"code": "A"}, "B"], ("B",)),
        ("A", ()),
        ({"code": "A"}, ()),
        ([1404, "A"], ("1404", "A")),
        (7, ()),
    ],
)  # fmt: skip
def test_odd_coupons_are_left_out(coupons: Any, read: tuple[str, ...], door: Any) -> None:
    candidate = accepted(door, "order.paid", {**ORDER, "items": [LINE], "coupons": coupons})

    assert (candidate.event.data.coupons, len(candidate.event.data.items)) == (read, 1)
    assert candidate.code == (None if len(read) == 2 and None not in coupons else "data_ignored")


@pytest.mark.parametrize("amount", ["-5", -1, "free", True, {"amount": 5}, [5], "", "1e30", "0." + "1" * 30])
@pytest.mark.parametrize("field", ["discount", "shipping", "tax", "gift_cards"])
def test_an_odd_amount_beside_the_total_is_left_out(field: str, amount: Any, door: Any) -> None:
    candidate = accepted(door, "order.paid", {**ORDER, "shipping": "5", field: amount})

    data = candidate.event.data
    assert (getattr(data, field), data.total) == (None, Decimal("100.10"))
    assert data.shipping == (None if field == "shipping" else 5)
    assert f"data.{field}" in (candidate.detail or "")


@pytest.mark.parametrize("place", [1.5, True, {"name": "web"}, ["web"], "x" * 201, "a\nb"])
@pytest.mark.parametrize("field", ["channel", "branch"])
def test_an_odd_place_of_an_order_is_left_out(field: str, place: Any, door: Any) -> None:
    candidate = accepted(door, "order.paid", {**ORDER, "branch": 5, field: place})

    assert getattr(candidate.event.data, field) is None
    assert candidate.event.data.branch == (None if field == "branch" else "5")
    assert f"data.{field}" in (candidate.detail or "")


def test_what_names_a_place_is_published_as_a_pseudonym(door: Any) -> None:
    candidate = accepted(door, "order.paid", {**ORDER, "channel": "web", "branch": " شعبهٔ ونک "})

    assert candidate.event.data.channel == "web"
    assert candidate.event.data.branch.startswith("h_")
    assert candidate.code is None


@pytest.mark.parametrize("reason", [5, 1.5, True, {"code": "late"}, ["late"], "she was angry", "", None])
@pytest.mark.parametrize(
    ("type_", "data"),
    [("order.cancelled", {"order_id": "o"}), ("refund.issued", {**ORDER, "refund_id": "r", "amount": "5"})],
)
def test_an_odd_reason_holds_back_no_money(reason: Any, type_: str, data: dict[str, Any], door: Any) -> None:
    candidate = accepted(door, type_, {**data, "reason": reason})

    assert candidate.event.data.reason == ("5" if reason == 5 else None)
    assert candidate.code == (None if reason in (5, "", None) else "data_ignored")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "items": JSON | st.lists(JSON | st.just(LINE)),
            "coupons": JSON,
            "status": JSON,
            "note": JSON,
            "tax": JSON,
            "branch": JSON,
        },
    )
)
def test_nothing_beside_the_money_holds_a_paid_order_back(door: Any, more: dict[str, Any]) -> None:
    candidate = accepted(door, "order.paid", {**ORDER, **more})

    assert (candidate.event.data.order_id, candidate.event.data.total) == ("o", Decimal("100.10"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"total": "much"}, "bad_amount"),
        ({"total": None}, "bad_amount"),
        ({"total": "-1"}, "bad_amount"),
        ({"currency": "EUR"}, "wrong_currency"),
        ({"currency": 5}, "wrong_currency"),
        ({"order_id": None}, "invalid_data"),
        ({"order_id": {}}, "invalid_data"),
        ({"version": "new"}, "invalid_data"),
    ],
)
def test_odd_money_is_kept_until_somebody_has_looked(data: dict[str, Any], code: str, door: Any) -> None:
    for items in ([LINE], {}):
        body = {"id": "e", "type": "order.paid", "customer": {"id": "c"}, "data": {**ORDER, **data, "items": items}}

        assert door.code(body) == code
