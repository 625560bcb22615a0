"""Events to bytes and back: everything registered survives it, and whatever cannot be read is told in one way."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.event_data import events
from mandegar.events import Event, UnknownEventType, UnreadableEvent, decode, encode

ORDER = {"order_id": "o-1", "currency": "IRR", "total": "250000", "version": 1}


def document(type_: str = "order.paid", data: Any = ORDER, **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "3f2b8c1e-7a64-4d5e-9a3b-0c1d2e3f4a5b",
        "source": "urn:mandegar:source:web",
        "type": type_,
        "time": "2026-11-22T08:30:00Z",
        "shop": "s",
        "recordedtime": "2026-11-22T08:30:01Z",
        "customerid": "c-1",
        "data": data,
        **changes,
    }


def read(*arguments: Any, **changes: Any) -> Event:
    return decode(json.dumps(document(*arguments, **changes)).encode())


def order(**changes: Any) -> dict[str, Any]:
    return {**ORDER, **changes}


@given(events())
def test_every_event_of_every_type_survives_its_bytes(event):
    assert decode(encode(event)) == event


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_unreadable(value):
    with pytest.raises(UnreadableEvent):
        decode(value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(document())), _JSON)
def test_any_member_may_hold_anything_and_is_read_or_refused(member, anything):
    value = json.dumps(document(**{member: anything})).encode()
    try:
        decode(value)
    except UnreadableEvent:
        return


@given(st.sampled_from(sorted(ORDER)), _JSON)
def test_any_field_of_data_may_hold_anything_and_is_read_or_refused(field, anything):
    value = json.dumps(document(data=order(**{field: anything}))).encode()
    try:
        decode(value)
    except UnreadableEvent:
        return


@given(events(), st.integers(min_value=0))
def test_a_document_that_was_cut_off_is_unreadable(event, at):
    value = encode(event)

    with pytest.raises(UnreadableEvent):
        decode(value[: at % len(value)])


def test_a_record_without_a_value_is_unreadable():
    with pytest.raises(UnreadableEvent, match="no value"):
        decode(None)


@pytest.mark.parametrize("opening", ['{"x":', '{"data":[', '{"data":{"x":{"y":['])
def test_absurd_nesting_is_unreadable_and_no_recursion_error(opening):
    with pytest.raises(UnreadableEvent):
        decode((opening + '{"a":[' * 100_000).encode())


def test_absurd_nesting_in_a_field_that_nobody_reads_is_unreadable():
    deep = "[" * 100_000 + "]" * 100_000
    value = json.dumps(document(data=order(extra=0))).replace('"extra": 0', f'"extra": {deep}')

    with pytest.raises(UnreadableEvent, match="nested too deeply"):
        decode(value.encode())


_NO_AMOUNTS = [
    '"NaN"',
    '"sNaN"',
    '"-NaN"',
    '"Infinity"',
    '"-Infinity"',
    "NaN",
    "-1",
    '"-0.01"',
    "1e400",
    '"1e400"',
    "true",
]
_NO_AMOUNTS += ["null", '""', '"1,5"', "[]", '"1e99999999999999999999"', "1000000000000001"]


@pytest.mark.parametrize("amount", _NO_AMOUNTS)
@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("order.paid", order(total="AMOUNT")),
        ("refund.issued", {"refund_id": "r", "order_id": "o", "currency": "IRR", "amount": "AMOUNT"}),
        ("order.placed", order(items=[{"product_id": "p", "unit_price": 1, "quantity": "AMOUNT"}])),
    ],
)
def test_what_is_no_amount_of_money_is_refused(type_, data, amount):
    value = json.dumps(document(type_, data)).replace('"AMOUNT"', amount)

    with pytest.raises(UnreadableEvent):
        decode(value.encode())


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "1e400"])
def test_the_value_of_an_interaction_is_an_amount_too(value):
    with pytest.raises(UnreadableEvent, match="value must be a decimal"):
        read("cart.updated", {"subject_id": "cart-1", "value": value})


def test_an_interaction_needs_no_value():
    assert read("cart.updated", {}).data.value is None


def test_fields_of_a_later_release_are_passed_over():
    event = read(data=order(gift_wrap={"paper": "red"}), partitionkey="x", hints=[1, {"a": None}])

    assert event == read()


def test_a_type_of_a_later_release_is_told_apart_from_damage():
    with pytest.raises(UnknownEventType, match=r"order\.teleported"):
        read("order.teleported", {})


@pytest.mark.parametrize("version", ["0.3", "2.0", "", None, 1])
def test_another_version_of_the_envelope_is_unreadable(version):
    with pytest.raises(UnreadableEvent):
        read(specversion=version)


@pytest.mark.parametrize("member", ["time", "recordedtime"])
@pytest.mark.parametrize("instant", ["2026-11-22T08:30:00", "2026-11-22", "yesterday", "2026-02-30T00:00:00Z", None])
def test_an_instant_without_zone_or_sense_is_unreadable(member, instant):
    with pytest.raises(UnreadableEvent):
        read(**{member: instant})


@pytest.mark.parametrize("member", ["id", "source", "type", "time", "shop", "recordedtime", "data"])
def test_a_missing_member_is_named(member):
    incomplete = {name: value for name, value in document().items() if name != member}

    with pytest.raises(UnreadableEvent, match=f"`{member}`"):
        decode(json.dumps(incomplete).encode())


def test_what_is_wrong_is_told_without_the_value():
    with pytest.raises(UnreadableEvent) as told:
        read(data=order(currency="sara@example.test"))

    assert "sara@example.test" not in str(told.value)
