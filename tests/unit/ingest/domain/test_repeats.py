"""Whether two bodies under one id say the same."""

import json

import pytest

from ingest.domain.candidates import Candidate
from ingest.domain.repeats import same_document, says_the_same


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (b'{"a": 1, "b": [1, 2]}', b'{"b":[1,2],"a":1}', True),
        (b'{"a": "\\u0061"}', b'{"a": "a"}', True),
        (b'{"a": 1}', b'{"a": 2}', False),
        (b'{"a": [1, 2]}', b'{"a": [2, 1]}', False),
        (b'{"a": 0.1}', b'{"a": 0.10000000000000000001}', False),
        (b"nonsense", b"nonsense", True),
        (b"nonsense", b"other", False),
        (b'{"a": 1}', b"", False),
    ],
)
def test_order_of_members_and_spelling_do_not_count_and_values_do(first, second, same):
    assert same_document(first, second) is same


def paid(**changes):
    item = {"product_id": "p", "quantity": 2, "unit_price": "5", "category": "shoes"}
    event = {
        "id": "e",
        "type": "order.paid",
        "time": "2026-11-20T10:00:00Z",
        "customer": {"id": "c", "email": "sara@example.com", "attributes": {"level": "gold"}},
        "data": {"order_id": "o", "currency": "IRR", "total": "10", "items": [item], "coupons": ["NOWRUZ"]},
    }
    for path, value in changes.items():
        at, *keys, last = [event, *path.split("__")]
        for key in keys:
            at = at[int(key)] if isinstance(at, list) else at[key]
        if value is ...:
            del at[last]
        else:
            at[last] = value
    return event


FORMS = {
    "total as number": {"data__total": 10},
    "total with decimals": {"data__total": 10.0},
    "total as longer text": {"data__total": "10.00"},
    "time with offset": {"time": "2026-11-20T10:00:00+00:00"},
    "time of another zone": {"time": "2026-11-20T13:30:00.000+03:30"},
    "time in lower case": {"time": "2026-11-20t10:00:00z"},
    "time since 1970": {"time": 1795168800},
    "an attempt": {"attempt": 2},
    "sent_at": {"sent_at": "2026-11-20T10:00:09Z", "_sent": True},
    "metadata inside": {"data__retries": [1, 2], "customer__seen": None},
    "id as it may be copied": {"id": " e\u200e", "customer__id": "\ufeffc"},
    "address in capitals": {"customer__email": "Sara@Example.COM "},
    "quantity as text": {"data__items__0__quantity": "2.0"},
    "a null": {"data__version": None, "customer__phone": None},
    "an empty field": {"customer__name": ""},
    "a label with a mark": {"data__items__0__category": "\u200eshoes "},
}
OTHERS = {
    "total": {"data__total": "11"},
    "time": {"time": "2026-11-20T10:00:01Z"},
    "no time": {"time": ...},
    "customer": {"customer__id": "d"},
    "address": {"customer__email": "other@example.com"},
    "attribute": {"customer__attributes__level": "silver"},
    "order": {"data__order_id": "p"},
    "items": {"data__items": []},
    "quantity": {"data__items__0__quantity": 3},
    "coupon": {"data__coupons": []},
    "type": {"type": "order.placed"},
    "version": {"data__version": 7},
}


def same(door, first, second):
    return says_the_same(door.accepted(second), json.dumps(first).encode())


@pytest.mark.parametrize("changes", FORMS.values(), ids=FORMS)
def test_an_event_in_another_form_says_the_same(changes, door):
    assert same(door, paid(), paid(**changes))
    assert same(door, paid(**changes), paid())


@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
def test_an_event_that_differs_in_what_counts_says_something_else(changes, door):
    assert not same(door, paid(), paid(**changes))
    assert not same(door, paid(**changes), paid())


def test_no_items_are_an_empty_list(door):
    assert same(door, paid(data__items=[], data__coupons=None), paid(data__items=..., data__coupons=...))


def test_what_can_no_longer_be_read_says_something_else(door):
    candidate = door.accepted(paid(attempt=2))

    assert isinstance(candidate, Candidate)
    assert not says_the_same(candidate, json.dumps(paid(data__currency="USD")).encode())
    assert not says_the_same(candidate, b"nonsense")
