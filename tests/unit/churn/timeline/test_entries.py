"""What several events tell of one thing is one entry, whatever order they come in; and each entry can be told."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from builders.customers import viewed
from builders.events import NOON, event
from builders.orders import cancelled, order, paid, refund
from churn.domain.timeline.entry import KIND_NAMES, WAITING, Entry
from churn.domain.timeline.history import TYPES, combine, entries_of
from churn.domain.timeline.sentences import sentence
from churn.domain.timeline.shown import answered, fields_of
from harness.event_data import structs
from mandegar.calendar import shop_days
from mandegar.database import as_json
from mandegar.events import Event
from mandegar.events.ingest import Item, OrderDelivered, OrderSnapshot
from mandegar.events.registry import data_type

TEHRAN = {"s": "Asia/Tehran"}
STAGES = ("placed", "paid", "updated")


def snapshot(kind: str, total: int, version: int, hours: float, product: str) -> Event:
    items = (Item(product_id=product, quantity=Decimal(total % 3 + 1), category="shoes" if total % 2 else None),)
    data = OrderSnapshot(order_id="o", currency="IRR", total=Decimal(total), version=version, items=items)
    return event(f"order.{kind}", data, hours=hours)


def own_version(hours: float) -> int:
    """The version of an order that its shop does not number: the time at which it was written."""
    return int((NOON + timedelta(hours=hours)).timestamp() * 1_000_000)


@st.composite
def facts_about_an_order(draw: st.DrawFn) -> Event:
    hours, total = draw(st.integers(0, 4)), draw(st.integers(0, 6))
    match draw(st.sampled_from(["numbered", "plain", "plain", "cancelled", "refund", "delivered"])):
        case "numbered":
            version = draw(st.integers(1, 3))
        case "plain":
            version = own_version(hours)
        case "cancelled":
            return cancelled("o", version=draw(st.sampled_from([2, own_version(hours)])), hours=hours)
        case "refund":
            return refund("o", total, draw(st.sampled_from("rs")), hours=hours)
        case _:
            return event("order.delivered", OrderDelivered(order_id="o"), hours=hours)
    return snapshot(draw(st.sampled_from(STAGES)), total, version, hours, draw(st.sampled_from("pq")))


@given(st.lists(facts_about_an_order(), min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_an_order_is_one_entry_in_any_order_and_in_any_batches(told: list[Event], random: Any) -> None:
    shuffled = [*told]
    random.shuffle(shuffled)
    one_by_one: dict[Any, Entry] = {}
    for item in shuffled:
        for place, entry in entries_of([item], TEHRAN).items():
            one_by_one[place] = combine(entry, one_by_one[place]) if place in one_by_one else entry

    assert one_by_one == entries_of(told, TEHRAN)
    for entry in one_by_one.values():
        read(entry)


@pytest.mark.parametrize("type_", sorted(TYPES))
@settings(max_examples=25)
@given(data=st.data())
def test_each_type_of_events_makes_entries_that_are_stored_and_told(type_: str, data: st.DataObject) -> None:
    drawn = data.draw(structs(data_type(type_)))
    assume(getattr(drawn, "version", 0) > -(2**63))  # no law of an order knows it, so it becomes a dead letter
    for entry in entries_of([event(type_, drawn)], TEHRAN).values():
        assert as_json([entry])
        read(entry)


def test_visits_belong_to_the_day_of_the_shop() -> None:
    evening, night = viewed("evening", hours=11), viewed("night", hours=13)

    assert len(entries_of([evening, night], TEHRAN)) == 2
    assert len(entries_of([evening, night], {})) == 1


def test_an_amount_beyond_all_reason_is_told_exactly() -> None:
    [entry] = entries_of([paid("o", Decimal("1e15"))], TEHRAN).values()

    assert read(entry)[0] == "Order paid: 100,000,000,000,000 Toman"


def test_what_an_order_is_worth_is_that_of_the_law_of_orders() -> None:
    told = [
        order("placed", "o", 100, version=2, hours=1), order("paid", "o", 90, version=1, hours=2),
        refund("o", 10, hours=3), refund("o", 4, hours=4, name="corrected"),
    ]  # fmt: skip
    [entry] = [entry for entry in entries_of(told, TEHRAN).values() if entry.type == "order"]
    fields = fields_of(entry.type, entry.data)

    assert (fields["total"], fields["refunded"], fields["net"]) == ("100.00", "4.00", "96.00")
    assert fields["state"] == "partly_refunded"


def read(entry: Entry) -> list[str]:
    """The sentences of an entry that is shown, whose fields can be answered."""
    if entry.kind <= WAITING:
        return []
    assert entry.kind in KIND_NAMES
    fields, days = fields_of(entry.type, entry.data), shop_days("Asia/Tehran")
    for own in (True, False):
        assert not [name for name in answered(entry.type, fields, own=own) if name.endswith("_us")]
    texts = [sentence(entry.type, fields, days, "en"), sentence(entry.type, fields, days, "fa")]
    assert all(texts)
    return texts
