"""CloudEvents over HTTP in their three modes."""

import json
from base64 import b64encode

import pytest

from ingest.domain.candidates import Candidate
from ingest.doors.native.media import Mode, UnsupportedType, mode_of
from ingest.doors.read_events import read_body

EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "https://shop.example/orders",
    "type": "order.paid",
    "time": "2026-11-22T10:00:00Z",
    "datacontenttype": "application/json",
    "data": {"customer": {"id": "c-42"}, "order_id": "o-1", "currency": "IRR", "total": "5"},
}
HEADERS = [
    (b"ce-specversion", b"1.0"),
    (b"ce-id", b"e-1"),
    (b"ce-source", b"https://shop.example/orders"),
    (b"ce-type", b"order.paid"),
    (b"ce-time", b"2026-11-22T10:00:00Z"),
]


def binary(door, headers, data, content_type="application/json"):
    (arrival,) = read_body(
        json.dumps(data).encode(), Mode.BINARY, door.reading(), headers=headers, content_type=content_type
    )
    return arrival


def test_the_three_modes_give_one_event(door):
    structured = door.accepted(EVENT, Mode.STRUCTURED)
    (batched,) = door.read([EVENT], Mode.BATCHED)
    in_headers = binary(door, HEADERS, EVENT["data"])

    assert structured.event == batched.event == in_headers.event
    assert structured.event.customer_id == "c-42"
    assert structured.native_id == "e-1"


def test_a_cloud_event_under_a_plain_content_type_is_one_all_the_same(door):
    assert door.accepted(EVENT).event == door.accepted(EVENT, Mode.STRUCTURED).event


def test_source_and_id_together_identify_an_event(door):
    elsewhere = {**EVENT, "source": "https://shop.example/other"}

    assert door.accepted(EVENT, Mode.STRUCTURED).event.id != door.accepted(elsewhere, Mode.STRUCTURED).event.id


def test_header_values_are_percent_decoded_and_unquoted(door):
    headers = [*HEADERS, (b"ce-customerid", b'"%D8%B3%D8%A7%D8%B1%D8%A7"')]
    data = {"order_id": "o-1", "currency": "IRR", "total": "5"}

    assert binary(door, headers, data).event.customer_id == "سارا"
    assert binary(door, [*HEADERS, (b"ce-customerid", b"%FF")], data).code == "invalid_event"


def test_the_customer_may_stand_outside_the_data(door):
    data = {"order_id": "o-1", "currency": "IRR", "total": "5"}

    assert door.accepted({**EVENT, "data": data, "customerid": 7}, Mode.STRUCTURED).event.customer_id == "7"
    by_subject = {**EVENT, "data": data, "subject": "customer/c-9"}
    assert door.accepted(by_subject, Mode.STRUCTURED).event.customer_id == "c-9"
    assert door.code({**EVENT, "data": data}, Mode.STRUCTURED) == "missing_customer"


def test_data_may_be_base64(door):
    event = {key: value for key, value in EVENT.items() if key != "data"}
    encoded = b64encode(json.dumps(EVENT["data"]).encode()).decode()

    assert isinstance(door.one({**event, "data_base64": encoded}, Mode.STRUCTURED), Candidate)
    assert door.code({**event, "data_base64": "!"}, Mode.STRUCTURED) == "unsupported_data"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"specversion": "0.3"}, "invalid_event"),
        ({"source": None}, "invalid_event"),
        ({"source": "x" * 600}, "invalid_event"),
        ({"id": None}, "missing_id"),
        ({"type": "com.example.thing"}, "unknown_type"),
        ({"datacontenttype": "text/xml"}, "unsupported_data"),
        ({"data": "text"}, "invalid_data"),
        ({"data": None}, "invalid_data"),
    ],
)
def test_what_is_wrong_with_a_cloud_event_has_a_code(change, code, door):
    assert door.code({**EVENT, **change}, Mode.STRUCTURED) == code


def test_a_batch_must_be_an_array_and_one_bad_event_spares_the_others(door):
    assert door.code(EVENT, Mode.BATCHED) == "invalid_json"
    body = b"[" + json.dumps(EVENT).encode() + b', {"specversion": "1.0", "id": NaN}]'
    assert [type(arrival).__name__ for arrival in door.read(body, Mode.BATCHED)] == ["Candidate", "Refusal"]


def test_binary_data_that_is_no_json_is_rejected(door):
    (arrival,) = read_body(b"{oops", Mode.BINARY, door.reading(), headers=HEADERS, content_type="application/json")

    assert arrival.code == "invalid_json"


@pytest.mark.parametrize(
    ("content_type", "names", "mode"),
    [
        ("application/json", [], Mode.NATIVE),
        ("Application/JSON; charset=UTF-8", [], Mode.NATIVE),
        ("application/cloudevents+json", [], Mode.STRUCTURED),
        ("application/CloudEvents+JSON; charset=utf-8", [], Mode.STRUCTURED),
        ("application/cloudevents-batch+json", [], Mode.BATCHED),
        ("application/json", [b"ce-specversion"], Mode.BINARY),
        ("application/cloudevents+json", [b"ce-specversion"], Mode.STRUCTURED),
    ],
)
def test_the_content_type_decides_the_mode(content_type, names, mode):
    assert mode_of(content_type, names) is mode


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "text/json-ish", "application/cloudevents+avro", "application/json; charset=utf-16"],
)
def test_other_content_types_are_unsupported(content_type):
    with pytest.raises(UnsupportedType):
        mode_of(content_type, [])
