"""What an order says beside its total is kept with the fact of its snapshot, compactly."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from builders.events import event
from loyalty.account.packing import packed_facts, unpack_facts
from loyalty.domain.lines import LINES_MAX, Line, Lines
from loyalty.domain.orders import CANCELLED, DELIVERED, PAID, PLACED, REFUND, UPDATED, Fact, delivered_at, net_steps
from loyalty.earning.orders import told_by
from mandegar.events.ingest import Item, OrderDelivered, OrderSnapshot

UNIT = 10**9
MILK = Lines((Line("milk", 30 * UNIT),))
TEA = Lines((Line("tea", 50 * UNIT, "drinks", 1),), "web", "vanak", 1, 2, 3, 0)
LINES = st.builds(
    Lines,
    st.lists(
        st.builds(Line, st.text(max_size=3), st.integers(0, 10**24), st.sampled_from(["", "c"]), st.integers(0, 1))
    ).map(tuple),
    st.sampled_from(["", "web"]),
    st.sampled_from(["", "vanak"]),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 5),
    st.none() | st.integers(0, 5),
)  # fmt: skip


def paid(**more: Any) -> OrderSnapshot:
    return OrderSnapshot(order_id="o", currency="IRR", total=Decimal(100), version=1, **more)


def stated(data: Any, kind: str = "order.paid") -> Fact:
    order_id, fact = told_by(event(kind, data, name="e"))
    assert order_id == "o"
    return fact


def test_an_order_without_lines_has_none():
    assert stated(paid()).lines is None


def test_an_order_keeps_its_lines_and_the_parts_of_its_total():
    items = (
        Item(product_id="p", quantity=Decimal("1.5"), unit_price=Decimal("10.1"), category="c"),
        Item(product_id="card", unit_price=Decimal(5), gift_card=True),
        Item(product_id="p", unit_price=Decimal("0.000000001"), category="c"),
        Item(product_id="free"),
    )
    order = paid(items=items, channel="web", branch="b", discount=Decimal(0), shipping=Decimal("0.5"), tax=Decimal(9))

    assert stated(order).lines == Lines(
        (Line("p", 15_150_000_001, "c"), Line("card", 5 * UNIT, "", 1), Line("free", 0)),
        "web",
        "b",
        500_000_000,
        9 * UNIT,
        0,
        0,
    )


def test_of_a_long_order_the_lines_behind_the_first_are_one():
    items = tuple(Item(product_id=f"p{place}", unit_price=Decimal(1), category="c") for place in range(LINES_MAX + 9))

    lines = stated(paid(items=items)).lines
    assert lines is not None
    assert (len(lines.items), lines.items[-1]) == (LINES_MAX + 1, Line("", 9 * UNIT))


@pytest.mark.parametrize("quantity", ["1e15", "0.000000000000000001"])
def test_the_amount_of_a_line_is_bounded(quantity):
    lines = stated(paid(items=(Item(product_id="p", quantity=Decimal(quantity), unit_price=Decimal("1e15")),))).lines
    assert lines is not None
    assert 0 <= lines.items[0].amount <= 10**24


@given(
    st.lists(
        st.builds(
            Fact,
            st.integers(),
            st.text(max_size=3),
            st.sampled_from([PAID, PLACED]),
            st.integers(0),
            lines=st.none() | LINES,
        )
    )
)
def test_what_is_stored_is_read_again(facts):
    assert unpack_facts(json.encode(packed_facts(facts)).decode()) == facts


def test_what_was_stored_before_lines_were_kept_is_read():
    assert unpack_facts('[[1,"e","paid",5,7],[2,"r","refund",5,0,"r"],[3,"u","paid",5,7,"",4,"paid"]]')[2].lines is None


def test_lines_are_stored_in_few_bytes():
    assert json.encode(packed_facts([Fact(1, "e", PAID, 5, lines=MILK)])).endswith(b'[[["milk",30000000000]]]]]')
    assert json.encode(packed_facts([Fact(1, "e", PAID, 5, lines=TEA)])).endswith(
        b'[[["tea",50000000000,"drinks",1]],"web","vanak",1,2,3,0]]]'
    )


def test_the_snapshot_that_counts_says_which_lines_count():
    facts = [
        Fact(1, "a", PLACED, 80, 1, lines=MILK),
        Fact(2, "b", PAID, 80, 2, lines=TEA),
        Fact(3, "r", REFUND, 30, 0, "r"),
        Fact(4, "c", UPDATED, 90, 4),
        Fact(5, "d", CANCELLED, 0, 5),
    ]

    assert [(step.at, step.net, step.total, step.lines) for step in net_steps(facts)] == [
        (2, 80, 80, TEA),
        (3, 50, 80, TEA),
        (4, 60, 90, None),
        (5, 0, 90, None),
    ]


def test_of_two_snapshots_that_are_alike_the_lines_of_one_count_whichever_came_first():
    one, two = Fact(2, "a", PAID, 80, 2, lines=MILK), Fact(2, "b", PAID, 80, 2, lines=TEA)

    assert net_steps([one, two])[0].lines == net_steps([two, one])[0].lines == TEA


def test_a_delivery_says_nothing_about_what_an_order_is_worth():
    told = stated(OrderDelivered(order_id="o"), "order.delivered")
    facts = [Fact(1, "d", DELIVERED, 0), Fact(2, "b", PAID, 80, 2), Fact(2, "e", DELIVERED, 0)]

    assert told.kind == DELIVERED
    assert [(step.at, step.net, step.cause) for step in net_steps(facts)] == [(2, 80, "b")]
    assert net_steps(facts[:1]) == []
    assert delivered_at(facts) == 1
