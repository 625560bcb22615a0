"""What stands in a field that nobody reads costs nobody a purchase, if it is JSON by RFC 8259."""

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from harness.reading import read_events
from ingest.doors.cloudevents.forms import BATCHED, BINARY, STRUCTURED
from ingest.doors.envelope import id_of
from ingest.doors.native.form import NATIVE
from ingest.doors.request.readable import pair_surrogates

ODD = {
    "half an emoji": rb"x \ud83d",
    "its other half": rb"\ude00 x",
    "halves in the wrong order": rb"\ude00\ud83d",
    "two first halves": rb"\ud83d\ud83d\ude00",
    "capitals": rb"\uD83D",
    "half behind a backslash": rb"\\\ud83d",
    "before a quotation mark": rb"\ud83d\"",
    "nul": rb"\u0000",
    "nul after backslashes": rb"\\\\\u0000",
    "noncharacter": rb"\uffff",
}


def paid(*, note=b"", customer_id=b"c"):
    data = b'{"order_id": "o", "currency": "IRR", "total": "10", "' + note + b'": 1, "note": "' + note + b'"}'
    customer = b'{"id": "' + customer_id + b'", "' + note + b'": ["' + note + b'"]}'
    return (
        b'{"id": "e", "type": "order.paid", "customer": '
        + customer
        + b', "data": '
        + data
        + b', "note": "'
        + note
        + b'"}'
    )


@pytest.mark.parametrize("note", ODD.values(), ids=ODD)
def test_an_odd_character_where_nobody_reads_is_kept_and_the_purchase_is_taken(note, door):
    body = paid(note=note)
    candidate = door.accepted(body)

    assert json.loads(body)
    assert candidate.body == body
    assert candidate.event == door.accepted(paid()).event
    assert candidate.code is None


@pytest.mark.parametrize("note", ODD.values(), ids=ODD)
@pytest.mark.parametrize(
    "around", [(b"[", b"]"), (b'{"events": [', b"]}"), (b'{"sent": "\\ud83d", "events": [', b"]}")]
)
def test_in_a_list_every_event_is_taken_and_keeps_its_bytes(note, around, door):
    first, second = paid(note=note), paid(note=note).replace(b'"e"', b'"f"')
    arrivals = door.read(around[0] + first + b", " + second + around[1])

    assert [arrival.body for arrival in arrivals] == [first, second]
    assert [arrival.native_id for arrival in arrivals] == ["e", "f"]
    assert all(arrival.code is None for arrival in arrivals)


@pytest.mark.parametrize("note", ODD.values(), ids=ODD)
def test_in_a_cloud_event_too(note, door):
    body = paid(note=note).replace(b'{"id"', b'{"specversion": "1.0", "source": "/s", "customerid": "c", "id"', 1)

    assert door.accepted(body).event.customer_id == "c"
    assert door.accepted(body, STRUCTURED).body == body
    (batched,) = door.read(b"[" + body + b"]", BATCHED)
    assert (batched.body, batched.code) == (body, None)


@pytest.mark.parametrize("note", ODD.values(), ids=ODD)
def test_where_it_is_read_the_event_is_kept_with_the_reason(note, door):
    refusal = door.one(paid(customer_id=note))

    assert (refusal.code, refusal.status, refusal.native_id) == ("bad_customer_id", "quarantined", "e")


@given(st.lists(st.sampled_from(["\ud83d", "\ude00", "\\", "ud83d", "\u0000", '"', "a", "\U0001f600"]), max_size=8))
def test_whole_pairs_stay_and_halves_become_one_noncharacter(letters):
    text = "".join(letters)
    written = json.dumps(text).encode()
    halves = json.loads(pair_surrogates(written))

    assert len(pair_surrogates(written)) == len(written)
    assert halves.replace("\uffff", "") == "".join(c for c in json.loads(written) if not "\ud800" <= c <= "\udfff")
    assert halves.count("\uffff") == sum("\ud800" <= c <= "\udfff" for c in json.loads(written))


def test_the_id_of_an_event_that_cannot_be_used_is_found_beside_half_an_emoji():
    assert id_of(rb'{"id": "e", "note": "\ud83d"}') == "e"


KEPT = {
    "a number beyond a double": (b"1e400", "number_overflow"),
    "an integer beyond a double": (b"9" * 310, "number_overflow"),
    "an endless integer": (b"9" * 5000, "number_overflow"),
    "40 levels": (b"[" * 40 + b"]" * 40, "too_deep"),
}
NO_JSON = {
    "NaN": (b'{"id": "e", "n": NaN}', "non_finite_number"),
    "a raw control character": (b'{"id": "e", "n": "\x01"}', "invalid_json"),
    "latin-1": (b'{"id": "e", "n": "\xe9"}', "invalid_json"),
}


@pytest.mark.parametrize(("note", "code"), KEPT.values(), ids=KEPT)
@pytest.mark.parametrize(("form", "wrap"), [(NATIVE, b"%s"), (STRUCTURED, b"%s"), (BATCHED, b"[%s]")])
def test_what_is_json_is_kept_although_our_readers_could_not_read_it(note, code, form, wrap, door):
    body = paid().replace(
        b'"order.paid",', b'"order.paid", "specversion": "1.0", "source": "/s", "n": ' + note + b",", 1
    )
    (refusal,) = door.read(wrap % body, form)

    assert (refusal.code, refusal.status, refusal.native_id) == (code, "quarantined", "e")
    assert door.read(wrap % body, form, trust="browser")[0].status == "rejected"


@pytest.mark.parametrize(
    ("form", "wrap"), [(NATIVE, b"%s"), (NATIVE, b"[%s]"), (STRUCTURED, b"%s"), (BATCHED, b"[%s]")]
)
def test_a_byte_order_mark_costs_nobody_a_purchase(form, wrap, door):
    data = b'{"customer": {"id": "c"}, "order_id": "o", "currency": "IRR", "total": "10"}'
    event = b'{"specversion": "1.0", "source": "/s", "id": "e", "type": "order.paid", "data": %s}' % data
    (arrival,) = door.read(b"\xef\xbb\xbf" + wrap % event, form)

    assert (arrival.code, arrival.event.customer_id) == (None, "c")


def test_a_byte_order_mark_before_the_data_of_a_cloud_event_costs_nobody_a_purchase(door):
    data = b'\xef\xbb\xbf{"customer": {"id": "c"}, "order_id": "o", "currency": "IRR", "total": "10"}'
    attributes = {"specversion": "1.0", "source": "/s", "id": "e", "type": "order.paid"}
    headers = Headers({"content-type": "application/json"} | {f"ce-{name}": text for name, text in attributes.items()})
    (binary,) = read_events(BINARY, data, headers, door.reading())
    encoded = door.accepted({**attributes, "data_base64": b64encode(data).decode()}, STRUCTURED)

    assert binary.event.data == encoded.event.data


@pytest.mark.parametrize(("body", "code"), NO_JSON.values())
def test_what_is_not_taken_even_where_nobody_reads_it_says_why(body, code, door):
    assert (door.code(body), door.one(body).status) == (code, "rejected")


def test_of_two_fields_with_one_name_the_last_counts(door):
    assert door.accepted(paid().replace(b'"id": "c"', b'"id": "a", "id": "b"')).event.customer_id == "b"
