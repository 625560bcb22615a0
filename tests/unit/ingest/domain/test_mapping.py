"""The steps of a mapping: what each changes, and that it leaves alone what it does not apply to."""

import json
import random
from typing import Any

import pytest

from ingest.domain.documents import EACH, Number
from ingest.domain.mapping import (
    SIZE_MAX,
    Move,
    Put,
    ReadNumber,
    ReadTime,
    Remove,
    Replace,
    constants_that_identify,
    plain_time,
    repaired,
)

PRICE = ("items", EACH, "price")


def after(document: Any, *steps: Any) -> Any:
    return json.loads(repaired(json.dumps(document).encode(), steps))


def test_a_value_moves_or_is_copied_and_takes_the_place_of_another():
    document = {"amount": 5, "data": {"total": ""}}
    assert after(document, Move(("amount",), ("data", "total"))) == {"data": {"total": 5}}
    assert after(document, Move(("amount",), ("data", "total"), stays=True)) == {"amount": 5, "data": {"total": 5}}
    assert after({"a": 1}, Move(("a",), ("b", "c", "d"))) == {"b": {"c": {"d": 1}}}


def test_without_its_source_a_move_changes_nothing():
    assert after({"data": {"total": 5}}, Move(("amount",), ("data", "total"))) == {"data": {"total": 5}}
    assert after({"data": 5}, Move(("data", "amount"), ("data", "total"))) == {"data": 5}


def test_what_is_in_a_list_moves_within_its_element():
    document = {"items": [{"cost": 1}, {"price": 2}, 3]}
    assert after(document, Move(("items", EACH, "cost"), PRICE)) == {"items": [{"price": 1}, {"price": 2}, 3]}
    for source, path in ((PRICE, ("total",)), (("total",), PRICE), (("items", EACH), ("items", EACH))):
        with pytest.raises(ValueError):
            Move(source, path)


def test_a_default_is_set_where_nothing_is_and_any_value_by_put():
    for before in ({}, {"currency": None}, {"currency": ""}):
        assert after({"data": before}, Put(("data", "currency"), "IRR", missing=True)) == {"data": {"currency": "IRR"}}
    stated = {"data": {"currency": "EUR"}}
    assert after(stated, Put(("data", "currency"), "IRR", missing=True)) == stated
    assert after(stated, Put(("data", "currency"), "IRR")) == {"data": {"currency": "IRR"}}


def test_fields_and_elements_are_removed():
    assert after({"a": 1, "b": 2}, Remove(("a",)), Remove(("c",))) == {"b": 2}
    assert after({"items": [1, 2, 3]}, Remove(("items", EACH))) == {"items": []}
    assert after({"items": [1, 2, 3]}, Remove(("items", "1"))) == {"items": [1, 3]}


def test_values_are_replaced_by_their_text():
    step = Replace(("status",), {"1": "paid", "زد": None})
    assert after({"status": 1}, step) == after({"status": "1"}, step) == {"status": "paid"}
    assert after({"status": "زد"}, step) == {"status": None}
    assert after({"status": "2"}, step) == {"status": "2"}
    assert after({"status": ["1"]}, step) == {"status": ["1"]}


def test_json_numbers_say_what_they_are():
    document = {"items": [{"price": "1,5"}, {"price": 1.234}, {"price": None}, {}]}
    read = after(document, ReadNumber(PRICE, ","))
    assert read == {"items": [{"price": "1.5"}, {"price": 1.234}, {"price": None}, {}]}


@pytest.mark.parametrize(
    ("text", "form", "time"),
    [
        ("22/11/2026 10:00", "%d/%m/%Y %H:%M", "2026-11-22T10:00:00"),
        ("۲۲/۱۱/۲۰۲۶", "%d/%m/%Y", "2026-11-22T00:00:00"),
        ("22.11.2026 10:00 +0330", "%d.%m.%Y %H:%M %z", "2026-11-22T10:00:00+03:30"),
        ("2026-11-22", "%d/%m/%Y", None),
        ("31/02/2026", "%d/%m/%Y", None),
    ],
)
def test_a_time_is_read_in_its_form(text, form, time):
    assert plain_time(text, form) == time


def test_a_form_with_a_directive_twice_is_refused():
    with pytest.raises(ValueError):
        ReadTime(("time",), "%d %d")


def test_constants_of_what_tells_events_apart_are_found():
    steps = [
        Put(("id",), "x"),
        Put(("customer",), {"a": [{"email": "x"}]}),
        Replace(("data", "order_id"), {"": "o"}),
        Put(("data", "currency"), "IRR"),
        Move(("uid",), ("id",)),
    ]
    assert [[*constants_that_identify(step)] for step in steps] == [["id"], ["email"], ["order_id"], [], []]


def test_steps_that_change_nothing_leave_the_bytes():
    body = b' {"b" : 1, "a":2} '
    assert repaired(body, [Remove(("c",)), Put(("a",), Number("2"))]) is body
    assert repaired(b"nonsense", [Remove(("c",))]) == b"nonsense"


@pytest.mark.parametrize(
    "steps",
    [
        [Move(("data",), ("data", f"x{number}"), stays=True) for number in range(50)],
        [Put(("items", EACH, f"x{number}"), "y" * 1_000) for number in range(50)],
        [Replace(("items", EACH, "a"), {"": ["y" * 1_000]}), Put(("items", EACH, "b"), "y" * 1_000)],
    ],
)
def test_a_mapping_that_makes_an_event_grow_ends_where_it_is_too_large(steps):
    body = json.dumps({"data": {"total": "1" * 100}, "items": [{"a": ""}] * 1_000}).encode()
    mended = repaired(body, steps)
    assert SIZE_MAX < len(mended) < 3_000_000


def test_no_body_and_no_step_make_a_mapping_fail():
    dice = random.Random(7)
    paths = [("a",), ("a", EACH), ("a", EACH, "b"), ("a", "0", "b"), ("", "~"), ("a", "b", "c")]
    values = [None, True, Number("1"), "", "1,5", [], [{}], {"b": [1, {"b": "x"}]}, {"b": {"c": "1.5"}}]

    def moved() -> Any:
        try:
            return Move(dice.choice(paths), dice.choice(paths))
        except ValueError:
            return Remove(("a",))

    makers = [
        moved,
        lambda: Put(dice.choice(paths), dice.choice(values), missing=dice.random() < 0.5),
        lambda: Remove(dice.choice(paths)),
        lambda: Replace(dice.choice(paths), {"1": dice.choice(values)}),
        lambda: ReadNumber(dice.choice(paths), ","),
        lambda: ReadTime(dice.choice(paths), "%d/%m/%Y"),
    ]
    for _ in range(2_000):
        body = json.dumps({"a": json.loads(json.dumps(dice.choice(values)))}).encode()
        mended = repaired(body, [dice.choice(makers)() for _ in range(4)])
        assert isinstance(json.loads(mended), dict)
