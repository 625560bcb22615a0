"""What a record of a raw topic says, by its value, its headers and Kafka's own time."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.domain.candidates import Candidate, Refusal, refuse
from ingest.doors.raw.read import read_record
from ingest.hallway.rows.quarantine import to_quarantine
from mandegar.stream import Record

DATA = {"customer": {"id": "c-42"}, "order_id": "o-1", "currency": "IRR", "total": "5"}
EVENT = {"id": "e-1", "type": "order.paid", "time": "2026-11-22T10:00:00Z", "data": DATA}
NATIVE_EVENT = {**EVENT, "customer": {"id": "c-42"}}
CLOUD_EVENT = {"specversion": "1.0", "source": "/shop", **EVENT}
CE = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"e-1"),
    ("ce_source", b"/shop"),
    ("ce_type", b"order.paid"),
    ("ce_time", b"2026-11-22T10:00:00Z"),
    ("content-type", b"application/json"),
]
BATCH = [("content-type", b"application/cloudevents-batch+json; charset=utf-8")]
STRUCTURED = [("Content-Type", b"application/cloudevents+json")]


def record(value, headers=(), timestamp_ms=-1, offset=7):
    body = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
    return Record("raw.s1", 3, offset, None, body, headers, timestamp_ms)


def read(door, *args, **kwargs):
    return read_record(record(*args, **kwargs), door.reading())


def one(door, *args, **kwargs):
    (arrival,) = read(door, *args, **kwargs)
    return arrival


def test_every_mode_of_a_cloud_event_is_one_event(door):
    events = [
        one(door, DATA, CE),
        one(door, CLOUD_EVENT, STRUCTURED),
        one(door, CLOUD_EVENT),
        one(door, [CLOUD_EVENT], BATCH),
    ]

    assert len({arrival.event for arrival in events if isinstance(arrival, Candidate)}) == 1
    assert all(isinstance(arrival, Candidate) for arrival in events)


@pytest.mark.parametrize("prefix", ["ce_", "ce-", "CE_"])
def test_headers_are_found_however_a_client_writes_them(prefix, door):
    headers = [(name.replace("ce_", prefix), value) for name, value in CE]

    assert one(door, DATA, headers).event == one(door, DATA, CE).event


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("ce_specversion", b"0.3"), "invalid_event"),
        (("ce_id", b"\x00"), "invalid_event"),
        (("ce_id", None), "missing_id"),
        (("ce_type", b"com.example.thing"), "unknown_type"),
        (("ce_time", b"yesterday"), "bad_time"),
        (("content-type", b"text/xml"), "unsupported_data"),
    ],
)
def test_a_refused_event_in_binary_mode_is_kept_whole(change, code, door):
    refusal = one(door, DATA, [*CE, change])

    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    kept = json.loads(refusal.body)
    assert (kept["source"], kept["data"]) == ("/shop", DATA)


@pytest.mark.parametrize("value", [b"<order/>", b"\xff\xfe", b"{", b'{"a": NaN}', b'1, "source": "x"'])
def test_data_that_is_no_json_is_kept_beside_its_headers(value, door):
    refusal = one(door, value, CE)

    assert refusal.code in ("invalid_json", "non_finite_number", "invalid_data")
    assert json.loads(refusal.body)["source"] == "/shop"
    assert refusal.native_id == "e-1"


@pytest.mark.parametrize(
    "header", [("x-odd", b"\xff\x00"), ("", b""), ("trace", None), ("ce", b"1"), ("ce_odd\u200e", b"\xfe")]
)
def test_other_headers_do_not_matter(header, door):
    assert isinstance(one(door, DATA, [header, *CE]), Candidate)
    assert isinstance(one(door, NATIVE_EVENT, [header]), Candidate)


def test_header_bytes_that_are_no_text_make_another_event(door):
    odd = [one(door, DATA, [*CE, ("ce_source", source)]).event.id for source in (b"/\xfe", b"/\xff", b"/shop")]

    assert len(set(odd)) == 3


def test_a_record_may_hold_several_events_and_each_without_an_id_has_a_place_of_its_own(door):
    nameless = {key: value for key, value in NATIVE_EVENT.items() if key != "id"}
    arrivals = read(door, [nameless, {"id": "bad"}, NATIVE_EVENT])

    assert [arrival.native_id for arrival in arrivals] == ["raw.s1-3-7-0", "bad", "e-1"]
    assert one(door, nameless).native_id == "raw.s1-3-7"
    assert one(door, [1] * 1001).code == "event_too_large"
    assert read(door, []) == []


@pytest.mark.parametrize("value", [None, b"", b"  "])
def test_a_record_without_a_value_is_kept(value, door):
    assert one(door, value).code == "invalid_json"
    assert one(door, value, CE).code == "missing_customer" or one(door, value, CE).code == "invalid_data"


SENT = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


def ms(at):
    return round(at.timestamp() * 1000)


@pytest.mark.parametrize(
    "value",
    [
        {**NATIVE_EVENT, "time": None},
        {**NATIVE_EVENT, "time": ""},
        {k: v for k, v in NATIVE_EVENT.items() if k != "time"},
    ],
)
def test_an_event_without_a_time_has_that_of_its_record(value, door):
    assert one(door, value, timestamp_ms=ms(SENT)).event.time == SENT
    assert one(door, NATIVE_EVENT, timestamp_ms=ms(SENT)).event.time == datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "timestamp_ms", [-1, 0, 1_795_000_000, ms(datetime(2027, 1, 1, tzinfo=UTC)), 10**17, -(10**17)]
)
def test_a_time_that_kafka_cannot_have_meant_is_not_believed(timestamp_ms, door):
    assert one(door, {**NATIVE_EVENT, "time": None}, timestamp_ms=timestamp_ms).event.time == door.now


def test_a_refused_event_remembers_when_it_was_sent(door):
    refusal = one(door, {**NATIVE_EVENT, "time": None, "type": "x"}, timestamp_ms=ms(SENT))

    assert refusal.sent_at == SENT
    assert door.now - refusal.sent_at > timedelta(days=2)


@pytest.mark.parametrize(
    "body", [b'{"type": "act.done", "customer": {"id": "c"}, "data": {"act": "Check In"}}', b"no event"]
)
def test_two_records_without_an_id_are_two_events_in_quarantine_and_one_read_twice_is_one(body, door):
    first, again, second = (
        to_quarantine(read_record(record(body, offset=offset), door.reading())[0]).id for offset in (5, 5, 6)
    )

    assert first == again != second


def test_a_record_with_an_id_that_is_sent_again_is_one_event_in_quarantine(door):
    body = b'{"id": "e", "type": "act.done", "customer": {"id": "c"}, "data": {"act": "Check In"}}'
    first, second = (to_quarantine(read_record(record(body, offset=offset), door.reading())[0]).id for offset in (5, 6))

    assert first == second


def test_what_is_refused_behind_the_door_has_its_place_too(door, order):
    body = {name: value for name, value in order().items() if name != "id"}
    first, second = (
        to_quarantine(
            refuse(read_record(record(json.dumps(body).encode(), offset=n), door.reading())[0], "unstorable", "")
        )
        for n in (5, 6)
    )

    assert first.id != second.id
    assert first.native_id == first.place
