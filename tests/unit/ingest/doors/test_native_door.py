"""The native form: what is taken, and with which code the rest is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from starlette.datastructures import Headers

from harness.reading import read_events
from ingest.domain.candidates import Candidate, Refusal
from ingest.domain.forms import FORMS
from ingest.domain.outcomes import QUARANTINED, REJECTED
from ingest.domain.visitor_proof import visitor_proof
from ingest.doors.native.form import NATIVE
from ingest.doors.read_events import read_event
from mandegar.events import decode, encode

HUGE = 64 * 1024


def test_an_order_of_the_manual_becomes_a_canonical_event(door, order):
    items = [{"product_id": "p-7", "quantity": 2, "unit_price": "6250000"}]
    candidate = door.accepted(order({"items": items}))
    event = decode(encode(candidate.event))

    assert event.type == "order.paid"
    assert event.customer == ("demo", "c-42")
    assert event.time == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert event.data.total == Decimal(12500000)
    assert event.data.version == 1795341600000000
    assert event.data.items[0].unit_price == Decimal(6250000)
    assert candidate.order_id == "o-1001"


def test_an_event_carries_the_trace_of_the_request_that_brought_it(door, order):
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    reading = replace(door.reading(), traceparent=traceparent)
    (candidate,) = read_events(NATIVE, json.dumps(order()).encode(), Headers(), reading)

    assert isinstance(candidate, Candidate)
    assert candidate.event.traceparent == traceparent


def test_the_same_event_gets_the_same_id_and_another_source_another(door, order):
    first, again = door.accepted(order()), door.accepted(order())
    elsewhere = door.accepted(order(), id="s2")

    assert first.event.id == again.event.id
    assert first.event.id != elsewhere.event.id


def test_one_event_a_list_and_a_wrapped_list_are_read_alike(door, order):
    ids = [door.accepted(order()).event.id]

    assert ids == [arrival.event.id for arrival in door.read([order()])]
    assert ids == [arrival.event.id for arrival in door.read({"events": [order()]})]


def test_an_empty_list_is_no_error(door):
    assert door.read([]) == []


MALFORMED = {
    "NaN": (b'{"id": "x", "data": {"total": NaN}}', "non_finite_number"),
    "Infinity": (b'{"id": "x", "data": {"total": -Infinity}}', "non_finite_number"),
    "1e400": (b'{"id": "x", "type": "order.paid", "data": {"total": 1e400}}', "number_overflow"),
    "not utf-8": (b'{"id": "x\xff", "type": "order.paid"}', "invalid_json"),
    "word": (b'{"id": tru}', "invalid_json"),
    "raw control character": (b'{"id": "a\x01"}', "invalid_json"),
    "endless integer": (b'{"id": ' + b"9" * 5000 + b"}", "number_overflow"),
    "number": (b"3", "not_an_object"),
    "text": (b'"order"', "not_an_object"),
    "deep": (b'{"id":"x","type":"order.paid","data":' + b"[" * 500 + b"]" * 500 + b"}", "too_deep"),
    "large": (b'{"id": "' + b"x" * HUGE + b'"}', "event_too_large"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_event_is_rejected_with_its_code_and_its_neighbours_are_taken(case, door, order):
    broken, code = MALFORMED[case]
    good = [json.dumps(order(id=f"o-{number}")).encode() for number in range(99)]
    arrivals = door.read(b"[" + b",".join([*good[:50], broken, *good[50:]]) + b"]")

    assert len(arrivals) == 100
    assert isinstance(arrivals[50], Refusal)
    assert arrivals[50].code == code
    assert arrivals[50].status == ("quarantined" if code in ("number_overflow", "too_deep") else "rejected")
    assert all(isinstance(arrival, Candidate) for index, arrival in enumerate(arrivals) if index != 50)
    assert [arrival.index for arrival in arrivals] == list(range(100))


def test_a_malformed_event_in_a_wrapped_list_spares_its_neighbours_too(door, order):
    body = b'{"events": [' + json.dumps(order()).encode() + b', {"id": NaN}]}'
    taken, refused = door.read(body)

    assert isinstance(taken, Candidate)
    assert refused.code == "non_finite_number"


def test_brackets_and_quotes_inside_text_do_not_split_an_event(door, order):
    tricky = order(customer={"id": 'c-]},{["\\'})
    arrivals = door.read(b"[" + json.dumps(tricky).encode() + b', {"id": NaN}]')

    assert [type(arrival) for arrival in arrivals] == [Candidate, Refusal]


@pytest.mark.parametrize("body", [b"", b"   ", b"[", b"[{]", b'[{"id": "a}]', b"]", b"{", b"[1]]", b"\x00\xff"])
def test_a_body_that_cannot_be_read_at_all_is_one_rejected_event(body, door):
    assert door.code(body) == "invalid_json"


def test_escaped_backslashes_before_u0000_are_text_not_a_nul(door, order):
    assert isinstance(door.one(order(id="a\\u0000")), Candidate)


def test_large_exponents_inside_text_are_text(door, order):
    assert isinstance(door.one(order(id="sku-1e999")), Candidate)


QUARANTINE = {
    "missing_id": {"id": None},
    "unknown_type": {"type": "order.teleported"},
    "missing_customer": {"customer": None},
    "bad_customer_id": {"customer": {"id": "undefined"}},
    "bad_time": {"time": "yesterday"},
    "bad_amount": {"data": {"order_id": "o", "currency": "IRR", "total": "-1"}},
    "wrong_currency": {"data": {"order_id": "o", "currency": "EUR", "total": "1"}},
    "invalid_data": {"data": {"order_id": [], "currency": "IRR", "total": "1"}},
    "invalid_event": {"customer": 5},
}


@pytest.mark.parametrize("code", QUARANTINE)
def test_a_readable_event_that_cannot_be_applied_is_quarantined_with_its_code(code, door, order):
    arrival = door.one({**order(), **QUARANTINE[code]})

    assert isinstance(arrival, Refusal)
    assert (arrival.code, arrival.status) == (code, "quarantined")


def test_an_event_without_a_type_and_types_of_our_own_are_unknown(door, order):
    assert door.code(order(type=None)) == "unknown_type"
    assert door.code(order(type="shop.updated")) == "unknown_type"
    assert door.code(order(type="points.posted")) == "unknown_type"


def test_the_answer_names_a_refused_event_where_its_id_can_be_read(door, order):
    assert door.one(order(type="nonsense")).native_id == "o-1001-paid"
    assert door.one(order(id=7, type="nonsense")).native_id == "7"
    assert door.one(b'{"id": "x", ').native_id is None


def test_refusals_never_repeat_what_was_sent(door, order):
    secret = "sara@example.com"
    bodies = [
        order(customer={"id": [secret]}),
        order(customer={"email": secret + " and more"}),
        order(type=secret),
        order({"currency": secret}),
        order({"total": secret}),
        order(time=secret),
    ]
    for body in bodies:
        arrival = door.one(body)
        assert isinstance(arrival, Refusal)
        assert secret not in arrival.detail


WRONG = {
    "data.rating must be a number": {"type": "review.submitted", "data": {"product_id": "p", "rating": []}},
    "data.order_id is missing": {"data": {"currency": "IRR", "total": "1"}},
    "data.total must be a decimal number, written as a number or as text": {"data": {"order_id": "o", "total": []}},
    "customer must be an object": {"customer": 5},
    "customer.id must be text or an integer": {"customer": {"id": 1.5}},
    "time must be an RFC 3339 time, such as 2026-11-22T10:00:00Z": {"time": 5},
    "data must be an object": {"data": "text"},
}


@pytest.mark.parametrize("detail", WRONG)
def test_the_detail_names_the_field_and_what_it_must_be(detail, door, order):
    assert door.one({**order(), **WRONG[detail]}).detail == detail


def test_every_code_is_either_rejected_or_quarantined():
    assert not REJECTED & QUARANTINED


def test_ids_may_be_numbers(door, order):
    candidate = door.accepted(order({"order_id": 1001}, id=17, customer={"id": 42}))

    assert (candidate.native_id, candidate.order_id, candidate.event.customer_id) == ("17", "1001", "42")


def test_a_time_without_zone_is_the_shops_and_one_in_the_future_is_now(door, order):
    assert door.accepted(order(time="2026-11-22T13:30:00")).event.time == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert door.accepted(order(time="2031-01-01T00:00:00Z")).event.time == door.now
    assert door.accepted(order(time=None)).event.time == door.now


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+10:00", "1969-12-31T23:59:59Z", "2026-13-01", "176380000"])
def test_impossible_times_are_refused(time, door, order):
    assert door.code(order(time=time)) == "bad_time"


def test_a_browser_may_send_interactions_and_nothing_else(door, order):
    view = {"id": "v1", "type": "product.viewed", "customer": {"anonymous_id": "b-1"}, "data": {"product_id": "p"}}

    assert door.accepted(view, trust="browser").event.customer_id == "a_b-1"
    assert door.code(order(), trust="browser") == "not_allowed"
    assert door.code({**view, "type": "customer.updated"}, trust="browser") == "not_allowed"
    assert door.code({**view, "type": "consent.changed"}, trust="browser") in {"not_allowed", "invalid_data"}
    with_address = {**view, "customer": {"id": "c", "email": "a@example.com"}}
    assert door.code(with_address, trust="browser") == "not_allowed"
    with_consent = {**view, "customer": {"id": "c", "consent": {"email": True}}}
    assert door.code(with_consent, trust="browser") == "not_allowed"


VISITS = {"product.viewed", "product.searched", "cart.updated", "checkout.started"}
WITH_PROOF = {
    "customer.identified",
    "customer.logged_in",
    "customer.signed_up",
    "review.submitted",
    "survey.responded",
    "ticket.opened",
    "ticket.closed",
}


@pytest.mark.parametrize("type_", sorted(FORMS))
@pytest.mark.parametrize("proven", [False, True])
def test_a_browser_reports_visits_and_what_its_visitor_can_prove(door, type_, proven):
    data = {"product_id": "p", "rating": 5, "survey_id": "s", "kind": "nps", "score": 9, "ticket_id": "t"}
    data |= {
        "anonymous_id": "a",
        "order_id": "o",
        "total": 1,
        "currency": "IRR",
        "refund_id": "r",
        "amount": 1,
        "channel": "email",
        "message_id": "m",
        "lot_id": "l",
        "points": 1,
        "tier": "gold",
        "until": "2027-03-20",
        "act": "story-shared",
        "code": "NOWRUZ-7Q4K",
        "promise_id": "q",
        "due_at": "2026-11-24",
        "subscription_id": "s",
        "trial_id": "y",
        "months": 1,
    }
    customer = {"id": "c", "proof": visitor_proof("c", "secret")} if proven else {"anonymous_id": "b"}
    body = json.dumps({"id": "e", "type": type_, "customer": customer, "data": {**data, "status": "granted"}})
    reading = door.reading(trust="browser", visitor_secrets=("secret",))
    (arrival,) = read_events(NATIVE, body.encode(), Headers(), reading)

    allowed = type_ in VISITS or (proven and type_ in WITH_PROOF)
    assert isinstance(arrival, Candidate if allowed else Refusal)
    assert allowed or (arrival.code, arrival.status) == ("not_allowed", "rejected")


def test_an_event_of_a_browser_is_small(door):
    view = {"id": "v", "type": "product.viewed", "customer": {"anonymous_id": "b"}, "data": {"product_id": "p"}}

    assert door.code({**view, "x": "x" * 4096}, trust="browser") == "event_too_large"
    assert door.accepted({**view, "x": "x" * 4096})
    assert door.accepted({**view, "x": "x" * 3072}, trust="browser")


def test_orders_of_a_source_that_is_no_record_go_to_the_history_only(door, order):
    candidate = door.accepted(order(), record_of_orders=False)

    assert (candidate.published, candidate.code) == (False, "history_only")


def test_a_historical_source_marks_its_events(door, order):
    assert door.accepted(order(), historical=True).event.backfill


def test_a_refund_without_customer_waits_for_its_order(door):
    refund = {
        "id": "r1",
        "type": "refund.issued",
        "data": {"refund_id": "r1", "order_id": "o-1001", "currency": "IRR", "amount": 5},
    }
    candidate = door.accepted(refund)

    assert candidate.awaits_order
    assert candidate.code == "waiting_for_order"


def test_what_has_no_caller_is_quarantined_even_when_unreadable(door):
    arrival = read_event(NATIVE, b"nonsense", 0, replace(door.reading(), keep_rejected=True))

    assert arrival.status == "quarantined"
