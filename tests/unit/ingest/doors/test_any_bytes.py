"""Whatever arrives, the answer is a candidate or a refusal with a stable code; nothing ever breaks the door."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from harness.reading import read_events
from ingest.domain.candidates import Candidate, Refusal
from ingest.domain.forms import FORMS
from ingest.domain.normalise import Reading
from ingest.domain.outcomes import QUARANTINED, REJECTED
from ingest.domain.sources import Shop, Source
from ingest.doors.cloudevents.forms import BATCHED, BINARY, STRUCTURED
from ingest.doors.native.form import NATIVE
from mandegar.events import decode, encode

READING = Reading(
    Source("s1", Shop("demo", "IRR", ZoneInfo("Asia/Tehran"), "IR"), unit="IRT"),
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    b"k" * 32,
)
FORMS_OF_REQUESTS = [NATIVE, STRUCTURED, BATCHED, BINARY]
CODES = REJECTED | QUARANTINED
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ADDRESS = st.sampled_from(["a@example.com", "09121234567", "+989121234567", "n/a", "", "null"])
ID = st.sampled_from(["x", "c-1", "guest", "", 0, 7, None, "a@example.com"]) | JSON
AMOUNT = st.sampled_from(["1", "-1", "1e400", "NaN", "0.1", 5, 1.5, 10**20]) | JSON
CUSTOMER = st.fixed_dictionaries(
    {},
    optional={
        "id": ID,
        "anonymous_id": ID,
        "email": ADDRESS | JSON,
        "phone": ADDRESS | JSON,
        "name": st.text(max_size=5) | JSON,
        "locale": st.sampled_from(["fa-IR", "en", "??"]) | JSON,
        "zone": st.sampled_from(["Asia/Tehran", "Mars", "../etc/passwd"]) | JSON,
        "birthday": st.sampled_from(["1990-01-01", "2990-01-01", "1"]) | JSON,
        "consent": st.sampled_from([{"email": True}, {"sms": {"status": "granted", "at": "?"}}, {"fax": False}]) | JSON,
        "attributes": st.dictionaries(st.text(max_size=5), JSON, max_size=3) | JSON,
    },
)
DATA = st.fixed_dictionaries(
    {},
    optional={
        "order_id": ID,
        "refund_id": ID,
        "product_id": ID,
        "ticket_id": ID,
        "survey_id": ID,
        "currency": st.sampled_from(["IRR", "IRT", "EUR"]) | JSON,
        "total": AMOUNT,
        "amount": AMOUNT,
        "value": AMOUNT,
        "rating": AMOUNT,
        "score": AMOUNT,
        "kind": st.sampled_from(["nps", "csat"]) | JSON,
        "version": ID,
        "items": st.lists(st.fixed_dictionaries({"product_id": ID, "unit_price": AMOUNT, "quantity": AMOUNT})) | JSON,
        "channel": st.sampled_from(["email", "sms"]) | JSON,
        "status": st.sampled_from(["granted", "withdrawn"]) | JSON,
        "customer": CUSTOMER | JSON,
    },
)
EVENT = st.fixed_dictionaries(
    {"id": ID, "type": st.sampled_from(sorted(FORMS)) | JSON, "data": DATA | JSON},
    optional={
        "customer": CUSTOMER | JSON,
        "time": st.sampled_from(["2026-11-22T10:00:00Z", "2026-11-22", "0001-01-01T00:00:00+14:00"]) | JSON,
        "specversion": st.just("1.0") | JSON,
        "source": ID,
        "subject": ID,
        "events": JSON,
    },
)


def check(arrivals):
    for index, arrival in enumerate(arrivals):
        assert arrival.index == index
        if isinstance(arrival, Refusal):
            assert arrival.code in CODES
        else:
            assert isinstance(arrival, Candidate)
            if arrival.published:
                assert decode(encode(arrival.event)).id == arrival.event.id


@given(st.binary(max_size=200), st.sampled_from(FORMS_OF_REQUESTS))
def test_any_bytes_have_an_answer(door_body, form):
    check(read_events(form, door_body, Headers(), READING))


@given(st.text(alphabet='[]{}",:\\u0eE1NaI-. ', max_size=60), st.sampled_from(FORMS_OF_REQUESTS))
@example('["\\', NATIVE)
def test_any_nearly_json_has_an_answer(text, form):
    check(read_events(form, text.encode(), Headers(), READING))


@settings(max_examples=300)
@given(st.lists(EVENT, max_size=3), st.sampled_from([NATIVE, BATCHED]))
def test_any_misshapen_events_have_one_answer_each(events, form):
    arrivals = read_events(form, json.dumps(events).encode(), Headers(), READING)

    check(arrivals)
    if not any(text in json.dumps(events) for text in ("NaN", "Infinity")):
        assert len(arrivals) == len(events)


@given(EVENT, st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_an_event_with_flipped_bytes_has_an_answer(event, at, noise):
    body = bytearray(json.dumps(event).encode())
    at %= len(body)
    body[at : at + len(noise)] = noise

    check(read_events(NATIVE, bytes(body), Headers(), READING))


@given(st.one_of(st.lists(EVENT, max_size=3).map(lambda events: json.dumps(events).encode()), st.binary(max_size=200)))
def test_nothing_that_a_browser_sends_is_ever_stored_unless_it_is_accepted(body):
    reading = replace(READING, source=replace(READING.source, trust="browser"))
    for form in FORMS_OF_REQUESTS:
        for arrival in read_events(form, body, Headers(), reading):
            assert isinstance(arrival, Candidate) or arrival.status == "rejected"


def test_hostile_quotes_do_not_take_quadratic_time():
    body = b'["' + b'\\"' * 500_000

    (refusal,) = read_events(NATIVE, body, Headers(), READING)
    assert refusal.code == "invalid_json"
