"""What is suggested for events that were refused: each was tried, and the event is accepted then."""

import json
from typing import Any

import pytest

from ingest.desk.repairs.steps import as_body
from ingest.desk.repairs.suggest import suggest
from ingest.domain.candidates import Refusal
from ingest.domain.causes import place_of


def suggested(door: Any, *bodies: dict[str, Any]) -> list[dict[str, Any]] | None:
    found = suggest([json.dumps(body).encode() for body in bodies], door.one, "IRR")
    return None if found is None else [as_body(step) for step in found.steps]


def without(body: dict[str, Any], *path: str) -> dict[str, Any]:
    inner = body
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return body


@pytest.mark.parametrize(
    ("name", "place"),
    [("amount", ("data", "amount")), ("Total_Price", ("data", "Total_Price")), ("grandTotal", ("data", "grandTotal"))],
)
def test_a_field_under_another_name(door, order, name, place):
    body = without(order({name: "5"}), "data", "total")
    assert suggested(door, body) == [{"op": "move", "from": "/" + "/".join(place), "path": "/data/total"}]


def test_fields_that_stand_beside_the_data(door, order):
    body = order(order_number="o-1", currency="IRR", total="5")
    body["data"] = {}
    assert suggested(door, body) == [
        {"op": "move", "from": "/order_number", "path": "/data/order_id"},
        {"op": "move", "from": "/total", "path": "/data/total"},
        {"op": "move", "from": "/currency", "path": "/data/currency"},
    ]


@pytest.mark.parametrize(
    ("amount", "mark"), [("12,50", ","), ("1.234,5", ","), ("1,234,567", "."), ("۱۲٬۳۴۵٫۵", "."), ("1 234 567", ".")]
)
def test_a_number_as_people_write_it(door, order, amount, mark):
    assert suggested(door, order({"total": amount})) == [{"op": "number", "path": "/data/total", "decimal": mark}]


def test_a_number_that_can_be_read_in_two_ways_is_told_by_the_others(door, order):
    assert suggested(door, order({"total": "1,234"})) is None
    told = suggested(door, order({"total": "1,234"}), order({"total": "12,5"}), order({"total": "7,25"}))
    assert told == [{"op": "number", "path": "/data/total", "decimal": ","}]


def test_a_currency_that_is_missing_or_in_words(door, order):
    assert suggested(door, without(order(), "data", "currency")) == [
        {"op": "default", "path": "/data/currency", "value": "IRR"}
    ]
    assert suggested(door, order({"currency": "ریال"})) == [
        {"op": "map", "path": "/data/currency", "values": {"ریال": "IRR"}}
    ]
    assert suggested(door, order({"currency": "irr"})) == [
        {"op": "map", "path": "/data/currency", "values": {"irr": "IRR"}}
    ]
    assert suggested(door, order({"currency": "IRT"})) is None  # ten times as much, or not: only the shop knows
    assert suggested(door, order({"currency": "USD"})) is None


def test_a_type_that_is_misspelt_or_under_another_name(door, order):
    assert suggested(door, order(type="order.payed")) == [
        {"op": "map", "path": "/type", "values": {"order.payed": "order.paid"}}
    ]
    assert suggested(door, without(order(event="order.paid"), "type")) == [
        {"op": "move", "from": "/event", "path": "/type"}
    ]
    assert suggested(door, order(type="newsletter.opened")) is None
    assert suggested(door, order(type="order.pai\ud83d")) is None  # which no answer could say


@pytest.mark.parametrize(
    ("time", "form"),
    [
        ("22/11/2026 10:00", "%d/%m/%Y %H:%M"),
        ("11/22/2026 10:00:00", "%m/%d/%Y %H:%M:%S"),
        ("22.11.2026", "%d.%m.%Y"),
        ("2026/11/22 10:00", "%Y/%m/%d %H:%M"),
        ("Sun, 22 Nov 2026 10:00:00 +0330", "%a, %d %b %Y %H:%M:%S %z"),
        ("05/11/2026", None),
        ("tomorrow", None),
    ],
)
def test_a_time_that_can_be_read_in_one_way(door, order, time, form):
    wanted = None if form is None else [{"op": "time", "path": "/time", "format": form}]
    assert suggested(door, order(time=time)) == wanted


def test_ids_under_other_names(door, order):
    assert suggested(door, without(order(eventId="e-1"), "id")) == [{"op": "move", "from": "/eventId", "path": "/id"}]
    assert suggested(door, without(order(user_id="c-1"), "customer")) == [
        {"op": "move", "from": "/user_id", "path": "/customer/id"}
    ]
    assert suggested(door, without(order({"customer": {"id": "c-1"}}), "customer")) == [
        {"op": "move", "from": "/data/customer", "path": "/customer"}
    ]


def test_several_faults_at_once(door, order):
    body = without(order({"amount": "12,50", "currency": "Rial"}), "data", "total")
    assert suggested(door, body) == [
        {"op": "move", "from": "/data/amount", "path": "/data/total"},
        {"op": "number", "path": "/data/total", "decimal": ","},
        {"op": "map", "path": "/data/currency", "values": {"Rial": "IRR"}},
    ]


def test_large_events_and_those_with_many_names_hold_up_nobody(door, order):
    many = without(order({f"n{number}": 1 for number in range(900)} | {"amount": 5}), "data", "total")
    assert suggested(door, many) is None
    assert suggested(door, order({"total": "12,5", "note": "x" * 9_000})) is None


def test_what_is_sound_by_now_needs_no_step(door, order):
    assert suggested(door, order()) == []


def test_nothing_is_suggested_for_what_is_no_event(door):
    for body in (b"", b"nonsense", b"5", b"{}", b'{"type": 5}', b'{"data": []}', b'{"id": "x", "type": {}}'):
        assert suggest([body], door.one, "IRR") is None


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"data": {"total": "x"}}, ("data", "total")),
        ({"data": {"order_id": "o", "total": 1}}, ("data", "currency")),
        ({"time": "soon"}, ("time",)),
        ({"type": "x"}, ("type",)),
        ({"customer": {"id": "null"}}, ("customer", "id")),
        ({"data": {"currency": "IRR", "total": 1}}, ("data", "order_id")),
        ({"type": "review.submitted", "data": {"product_id": "p", "rating": []}}, ("data", "rating")),
        ({"customer": 5}, ("customer",)),
        ({"customer": None}, ("customer",)),
        ({"id": None}, ("id",)),
    ],
)
def test_the_place_of_a_refusal_is_told_by_its_detail(door, order, wrong, place):
    arrival = door.one({**order(), **wrong})
    assert isinstance(arrival, Refusal)
    assert place_of(arrival.code, arrival.detail) == place


def test_the_whole_event_may_be_meant():
    assert place_of("order_unknown", "its order did not arrive within 30 days") is None
    assert place_of("unstorable", "the database refused the event (22P05)") is None
    assert place_of("id_conflict", "an event with this id that says something else was accepted before") == ("id",)
