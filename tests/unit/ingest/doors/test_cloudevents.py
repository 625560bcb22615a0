"""CloudEvents over HTTP in their three modes."""

import json
from base64 import b64encode

import pytest
from starlette.datastructures import Headers

from harness.reading import read_events
from ingest.domain.candidates import Candidate
from ingest.doors.cloudevents.forms import BATCHED, BINARY, STRUCTURED
from ingest.doors.native.door import form_of
from ingest.doors.native.form import NATIVE
from mandegar.web import Problem

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


def headers_of(content_type, names=()):
    return Headers(raw=[(b"content-type", content_type.encode()), *((name, b"1.0") for name in names)])


def binary(door, headers, data, content_type="application/json"):
    raw = [*headers, (b"content-type", content_type.encode())]
    (arrival,) = read_events(BINARY, json.dumps(data).encode(), Headers(raw=raw), door.reading())
    return arrival


def test_the_three_modes_give_one_event(door):
    structured = door.accepted(EVENT, STRUCTURED)
    (batched,) = door.read([EVENT], BATCHED)
    in_headers = binary(door, HEADERS, EVENT["data"])

    assert structured.event == batched.event == in_headers.event
    assert structured.event.customer_id == "c-42"
    assert structured.native_id == "e-1"


def test_a_cloud_event_under_a_plain_content_type_is_one_all_the_same(door):
    assert door.accepted(EVENT).event == door.accepted(EVENT, STRUCTURED).event


def test_source_and_id_together_identify_an_event(door):
    elsewhere = {**EVENT, "source": "https://shop.example/other"}

    assert door.accepted(EVENT, STRUCTURED).event.id != door.accepted(elsewhere, STRUCTURED).event.id


def test_header_values_are_percent_decoded_and_unquoted(door):
    headers = [*HEADERS, (b"ce-customerid", b'"%D8%B3%D8%A7%D8%B1%D8%A7"')]
    data = {"order_id": "o-1", "currency": "IRR", "total": "5"}

    assert binary(door, headers, data).event.customer_id == door.published("سارا")


@pytest.mark.parametrize("text", [b"%ff", "Müller".encode("latin-1"), b'"a%C3"'])
@pytest.mark.parametrize(
    ("name", "code"),
    {
        b"ce-customerid": "bad_customer_id",
        b"ce-id": "invalid_event",
        b"ce-type": "unknown_type",
        b"ce-time": "bad_time",
        b"ce-source": "invalid_event",
        b"ce-specversion": "invalid_event",
        b"ce-till": None,
    }.items(),
)
def test_a_header_that_is_no_text_keeps_the_event_whole_and_is_refused_where_it_is_read(name, code, text, door):
    data = {"order_id": "o-1", "currency": "IRR", "total": "5"}
    named = {**dict([*HEADERS, (b"ce-customerid", b"c-9")]), name: text}
    arrival = binary(door, [*named.items()], data)
    kept = json.loads(arrival.body)

    assert arrival.code == code
    assert code is None or arrival.status == "quarantined"
    assert kept["data"] == data
    assert {name for name in kept if name != "data"} >= {other[3:].decode() for other in named}


def test_the_customer_may_stand_outside_the_data(door):
    data = {"order_id": "o-1", "currency": "IRR", "total": "5"}

    assert door.accepted({**EVENT, "data": data, "customerid": 7}, STRUCTURED).event.customer_id == "7"
    by_subject = {**EVENT, "data": data, "subject": "customer/c-9"}
    assert door.accepted(by_subject, STRUCTURED).event.customer_id == "c-9"
    assert door.code({**EVENT, "data": data}, STRUCTURED) == "missing_customer"


def test_data_may_be_base64(door):
    event = {key: value for key, value in EVENT.items() if key != "data"}
    encoded = b64encode(json.dumps(EVENT["data"]).encode()).decode()

    assert isinstance(door.one({**event, "data_base64": encoded}, STRUCTURED), Candidate)
    assert door.code({**event, "data_base64": "!"}, STRUCTURED) == "unsupported_data"


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
    assert door.code({**EVENT, **change}, STRUCTURED) == code


def test_a_batch_must_be_an_array_and_one_bad_event_spares_the_others(door):
    assert door.code(EVENT, BATCHED) == "invalid_json"
    body = b"[" + json.dumps(EVENT).encode() + b', {"specversion": "1.0", "id": NaN}]'
    assert [type(arrival).__name__ for arrival in door.read(body, BATCHED)] == ["Candidate", "Refusal"]


def test_binary_data_that_is_no_json_is_rejected(door):
    headers = Headers(raw=[*HEADERS, (b"content-type", b"application/json")])
    (arrival,) = read_events(BINARY, b"{oops", headers, door.reading())

    assert arrival.code == "invalid_json"


@pytest.mark.parametrize(
    ("content_type", "names", "form"),
    [
        ("application/json", [], NATIVE),
        ("Application/JSON; charset=UTF-8", [], NATIVE),
        ("application/cloudevents+json", [], STRUCTURED),
        ("application/CloudEvents+JSON; charset=utf-8", [], STRUCTURED),
        ("application/cloudevents-batch+json", [], BATCHED),
        ("application/json", [b"ce-specversion"], BINARY),
        ("application/cloudevents+json", [b"ce-specversion"], STRUCTURED),
    ],
)
def test_the_content_type_decides_the_form(content_type, names, form):
    assert form_of(headers_of(content_type, names)) is form


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "text/json-ish", "application/cloudevents+avro", "application/json; charset=utf-16"],
)
def test_other_content_types_are_unsupported(content_type):
    with pytest.raises(Problem) as unsupported:
        form_of(headers_of(content_type))
    assert (unsupported.value.status, unsupported.value.code) == (415, "unsupported_media_type")


NOBODY = [
    None,
    {},
    {"name": "Sara"},
    {"email": "sara@example.com"},
    {"anonymous_id": "b-1"},
    {"id": None, "phone": "09121234567"},
]


@pytest.mark.parametrize("customer", NOBODY)
@pytest.mark.parametrize("outside", [{"customerid": "ext-3"}, {"subject": "customer/ext-3"}])
def test_the_extension_names_the_customer_whatever_else_the_data_says(customer, outside, door):
    candidate = door.accepted({**EVENT, **outside, "data": {**EVENT["data"], "customer": customer}}, STRUCTURED)

    assert candidate.event.customer_id == "ext-3"
    assert candidate.code is None
    named = {field for field in customer or {} if field in ("name", "email", "phone")}
    assert set(candidate.patch or {}) == named | ({"phone_id"} if "phone" in named else set())


@pytest.mark.parametrize("outside", [{"customerid": "ext-3"}, {"subject": "customer/ext-3"}])
def test_of_two_customers_that_of_the_data_counts_and_the_answer_says_so(outside, door):
    candidate = door.accepted({**EVENT, **outside}, STRUCTURED)

    assert candidate.event.customer_id == "c-42"
    assert candidate.code == "customerid_ignored"
    assert "ext-3" not in candidate.detail
    assert door.accepted({**EVENT, "customerid": "\u200ec-42 "}, STRUCTURED).code is None
