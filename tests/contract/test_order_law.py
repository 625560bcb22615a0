"""One law of an order: loyalty and churn give the same facts the same worth, at every instant and in any order."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from builders.packed_orders import pack, unpack
from churn.domain.customer import Customer
from churn.domain.facts import take_in
from churn.domain.orders import Orders, money
from faults.recompute.clerk import opinion
from faults.recompute.orders import orders_of
from faults.recompute.points import net_of
from loyalty.account.packing import packed_facts, unpack_order
from loyalty.domain.orders import Fact, add_fact, net_steps
from loyalty.earning.orders import fact_of
from mandegar.events import CustomerKey, Event
from mandegar.events.ingest import OrderCancelled, OrderMoved, OrderSnapshot, RefundIssued
from mandegar.events.orders import NOT_PAID, STATUSES, NetOrder
from mandegar.quantities import to_us

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
END = START + timedelta(minutes=9)
END_US = to_us(END)
ORDER = "o"


def fact(name: str, type_: str, minute: int, data: object) -> Event:
    time = START + timedelta(minutes=minute)
    return Event(
        id=uuid5(NAMESPACE_OID, name), source="urn:x", type=type_, time=time, shop="s", recorded_time=time, data=data,
        customer_id="c",
    )  # fmt: skip


def stated(minute: int, ahead: int, number: int | None) -> dict[str, Any]:
    """The version of an event, and when it was written: ``ahead`` minutes after it happened by our clock."""
    written = to_us(START + timedelta(minutes=minute + ahead))
    return {"version": written if number is None else number, "written_at": written if ahead else None}


def snapshot(
    kind: str, total: str, minute: int = 0, number: int | None = None, name: str = "", *, ahead: int = 0,
    status: str | None = None,
) -> Event:  # fmt: skip
    data = OrderSnapshot(
        order_id=ORDER, currency="IRR", total=Decimal(total), status=status, **stated(minute, ahead, number)
    )
    return fact(name or f"{kind}-{number}-{minute}-{total}", f"order.{kind}", minute, data)


def paid(total: str, minute: int = 0, number: int | None = None, name: str = "", **more: Any) -> Event:
    return snapshot("paid", total, minute, number, name, **more)


def updated(total: str, minute: int = 0, number: int | None = None, name: str = "", **more: Any) -> Event:
    return snapshot("updated", total, minute, number, name, **more)


def cancelled(minute: int, number: int | None = None, name: str = "", *, ahead: int = 0) -> Event:
    data = OrderCancelled(order_id=ORDER, **stated(minute, ahead, number))
    return fact(name or f"cancelled-{number}-{minute}", "order.cancelled", minute, data)


def refund(amount: str, minute: int, refund_id: str = "r", name: str = "", *, ahead: int = 0) -> Event:
    written = to_us(START + timedelta(minutes=minute + ahead)) if ahead else None
    data = RefundIssued(refund_id=refund_id, order_id=ORDER, currency="IRR", amount=Decimal(amount), written_at=written)
    return fact(name or f"refund-{refund_id}-{minute}-{amount}", "refund.issued", minute, data)


def in_loyalty(arrived: Iterable[Event], at: datetime) -> Decimal | None:
    """The order's net at an instant as loyalty folds it from what it stores; None before its payment."""
    facts: list[Fact] = []
    for event in arrived:
        if event.time <= at:
            add_fact(facts, fact_of(event))
            facts = unpack_order(ORDER, NAMESPACE_OID, json.encode(packed_facts(facts)).decode(), "[]").facts
    steps = net_steps(facts)
    return Decimal(steps[-1].net) / 10**9 if steps else None


def in_churn(arrived: Iterable[Event], at: datetime) -> Decimal | None:
    """The same as churn folds it, through its pack; churn has no past, so it hears of what had happened by then."""
    customer = Customer("s", "c", 0)
    for event in arrived:
        if event.time <= at:
            take_in(customer, event)
            customer.orders = unpack(pack(customer.orders))
    return _net(customer.orders)


def in_second_opinions(story: Sequence[Event], at: datetime) -> set[Decimal | None]:
    """What the checkers of the fault runs make of it; they share no rule with the product."""
    happened = [event for event in story if event.time <= at]
    if opinion(happened).paid_at is None:
        return {None}
    of_points = Decimal(net_of(happened, at)) / 10**9
    return {of_points, _net(dict(orders_of(happened)[CustomerKey("s", "c")]))}


def _net(orders: Orders) -> Decimal | None:
    paid_orders = [order for order in orders.values() if order.paid_at < NOT_PAID]
    return money(paid_orders[0].net) if paid_orders else None


AMOUNTS = st.sampled_from(["0", "4", "10", "30.25", "60.0001", "100", "250"])
MINUTES = st.integers(0, 4)  # few, so that many facts share an instant
AHEAD = st.sampled_from([0, 0, 0, 1, 2, 3])
NUMBERS = st.sampled_from([None, None, None, 0, 1, 2, 3])
STATED = st.sampled_from([None, None, *STATUSES])


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """Distinct events about one order, by clocks that disagree: most stories have a payment, some corrections,
    cancellations and re-openings.
    """
    kinds = st.sampled_from(["paid", "placed", "updated", "updated", "cancelled", "refund", "refund", "moved"])
    story: list[Event] = []
    for place, kind in enumerate(draw(st.lists(kinds, max_size=9))):
        name = f"{draw(st.integers(0, 99))}-{place}"  # so that ids fall either way
        minute, ahead = draw(MINUTES), draw(AHEAD)
        if kind == "refund":
            story.append(refund(draw(AMOUNTS), minute, draw(st.sampled_from("rst")), name, ahead=ahead))
        elif kind == "moved":
            story.append(fact(name, "order.moved", minute, OrderMoved(order_id=ORDER, to="another")))
        elif kind == "cancelled":
            story.append(cancelled(minute, draw(NUMBERS), name, ahead=ahead))
        else:
            number, status = draw(NUMBERS), draw(STATED)
            story.append(snapshot(kind, draw(AMOUNTS), minute, number, name, ahead=ahead, status=status))
    return story


@settings(max_examples=1_000, deadline=None)
@given(stories(), st.data())
def test_both_services_give_an_order_the_same_worth_at_every_instant(story: list[Event], data: Any) -> None:
    to_loyalty = data.draw(st.permutations(story + story[:3]))
    to_churn = data.draw(st.permutations(story + story[-3:]))
    for minute in range(6):
        at = START + timedelta(minutes=minute)

        assert {in_loyalty(to_loyalty, at), in_churn(to_churn, at)} == in_second_opinions(story, at)


@settings(max_examples=200, deadline=None)
@given(stories().map(lambda story: story[:4]))
def test_every_order_of_arrival_ends_the_same(story: list[Event]) -> None:
    ends = {(in_loyalty(arrived, END), in_churn(arrived, END)) for arrived in permutations(story)}

    assert ends == {(net, net) for net in in_second_opinions(story, END)}


@settings(max_examples=500, deadline=None)
@given(stories(), st.data())
def test_orders_that_turn_out_to_be_one_are_worth_what_all_their_events_say(story: list[Event], data: Any) -> None:
    """The events came in two parts, some of them in both; the parts are put together."""
    whole, parts = Customer("s", "c", 0), (Customer("s", "c", 0), Customer("s", "d", 0))
    for event in story:
        take_in(whole, event)
        for part in data.draw(st.sampled_from([parts[:1], parts[1:], parts])):
            take_in(part, event)
    united, other = (unpack(pack(part.orders)) for part in parts)
    for name, order in other.items():
        united.setdefault(name, NetOrder()).take_over(order)

    assert pack(united) == pack(whole.orders)


CASES = [
    pytest.param([paid("100"), refund("10", 1), refund("4", 2)], "96", id="correction-downwards"),
    pytest.param([paid("100"), refund("4", 1), refund("10", 2)], "90", id="correction-upwards"),
    pytest.param([paid("100"), refund("4", 2), refund("10", 1)], "96", id="correction-arrives-first"),
    pytest.param([refund("10", 0), paid("100", 1)], "90", id="refund-before-the-order"),
    pytest.param([paid("100"), refund("250", 1)], "0", id="refund-larger-than-the-order"),
    pytest.param([paid("100"), refund("60", 1, "r"), refund("60", 2, "s")], "0", id="refunds-beyond-the-order"),
    pytest.param([paid("100"), refund("60", 1), refund("60", 2, "s"), refund("5", 3)], "35", id="corrected-below"),
    pytest.param([paid("100", 0, 1), cancelled(1, 2), refund("10", 2)], "0", id="cancelled-then-refunded"),
    pytest.param([paid("100", 0, 1), cancelled(1, 2), paid("80", 2, 3), refund("10", 1)], "70", id="reopened"),
    pytest.param([paid("100", 0, 2), cancelled(1, 1)], "100", id="stale-cancellation"),
    # at one time
    pytest.param([paid("100"), refund("10", 1, name="a"), refund("4", 1, name="b")], "90", id="tie-of-refunds"),
    pytest.param([paid("100"), refund("4", 1, name="a"), refund("10", 1, name="b")], "90", id="tie-of-refunds-swapped"),
    pytest.param([paid("100"), cancelled(1), updated("100", 1)], "0", id="tie-of-cancelled-and-updated"),
    pytest.param([paid("100", 1), cancelled(1)], "0", id="tie-of-cancelled-and-paid"),
    pytest.param([paid("100"), cancelled(1, 2), updated("100", 1, 2)], "0", id="numbered-tie-of-cancelled-and-updated"),
    pytest.param([paid("100"), cancelled(1, 2), updated("100", 2, 2)], "0", id="one-number-cancelled-and-then-updated"),
    pytest.param([paid("100", 1), updated("120", 1)], "120", id="tie-of-paid-and-updated"),
    pytest.param([snapshot("placed", "90", 1), paid("100", 1)], "100", id="tie-of-placed-and-paid"),
    pytest.param([paid("100", 0), updated("70", 1, name="a"), updated("80", 1, name="b")], "70", id="tie-of-updates"),
    pytest.param([paid("100", 0, 1), updated("70", 1, 1)], "70", id="tie-of-numbers-goes-to-the-later"),
    # a clock ahead of ours
    pytest.param([paid("100", 0, ahead=2), updated("40", 0, ahead=3)], "40", id="clock-ahead"),
    pytest.param([updated("40", 0, ahead=3), paid("100", 1, ahead=1)], "40", id="clock-ahead-newer-first"),
    pytest.param([paid("100", 0, ahead=1), cancelled(0, ahead=90)], "0", id="clock-ahead-cancelled"),
    pytest.param([paid("100"), refund("10", 1, ahead=2), refund("4", 1, ahead=3)], "96", id="clock-ahead-refunds"),
    # numbered and not
    pytest.param([paid("100", 0), updated("40", 1, 2)], "40", id="numbered-after-a-time"),
    pytest.param([paid("100", 0, 2), updated("40", 1)], "40", id="a-time-after-a-number"),
    pytest.param([paid("100", 0, 1), cancelled(1), updated("100", 2, 2)], "100", id="a-new-number-revives"),
    pytest.param([paid("100", 0, 1), cancelled(1), updated("100", 2, 1)], "0", id="the-same-number-does-not"),
    pytest.param([paid("100", 0, 1), cancelled(1), paid("100", 2, 1)], "100", id="the-same-number-paid-again"),
    pytest.param([paid("100"), updated("90", 1, 2), cancelled(2), updated("90", 3, 2)], "0", id="a-number-sent-again"),
    pytest.param([paid("100"), cancelled(1), updated("90", 2, 2), updated("90", 3, 2)], "90", id="a-new-number-twice"),
    pytest.param([updated("70", 2, 1), updated("50", 1, 2), paid("100", 0)], "50", id="numbers-before-times"),
    # cancelled stays cancelled
    pytest.param([paid("100"), cancelled(1), updated("100", 2)], "0", id="a-note-on-a-cancelled-order"),
    pytest.param([paid("100"), cancelled(1), snapshot("placed", "100", 2)], "0", id="placed-later-by-its-clock"),
    pytest.param([paid("100"), cancelled(1), paid("80", 2)], "80", id="paid-again"),
    pytest.param([paid("100"), cancelled(1), updated("80", 2, status="open")], "80", id="open-again"),
    pytest.param(
        [paid("100"), cancelled(1), updated("80", 2, status="paid"), updated("70", 3)], "70", id="total-after-revival"
    ),
    pytest.param(
        [paid("100"), cancelled(1), updated("60", 2), updated("80", 3, status="paid")], "80", id="revived-by-a-status"
    ),
    # statuses
    pytest.param([paid("100"), updated("100", 1, status="cancelled")], "0", id="updated-to-cancelled"),
    pytest.param([paid("100"), updated("100", 1, status="refunded")], "0", id="updated-to-refunded"),
    pytest.param([paid("100", 1), updated("100", 1, status="cancelled")], "0", id="tie-with-a-status"),
    pytest.param([updated("100", 1, status="paid")], "100", id="paid-by-its-status-alone"),
    pytest.param([snapshot("placed", "100", 1, status="open"), updated("90", 2, status="paid")], "90", id="then-paid"),
    pytest.param([paid("100", status="cancelled")], "0", id="paid-but-cancelled"),
    pytest.param([paid("100", 0, 1), updated("9", 1, 2, status="cancelled"), updated("9", 2, 3)], "9", id="new-number"),
]  # fmt: skip


@pytest.mark.parametrize(("story", "net"), CASES)
def test_the_worth_of(story: list[Event], net: str) -> None:
    for arrived in permutations([*story, story[0]]):
        assert (in_loyalty(arrived, END), in_churn(arrived, END)) == (Decimal(net), Decimal(net))
    assert in_second_opinions(story, END) == {Decimal(net)}


def test_an_order_that_nobody_paid_is_worth_nothing_to_anybody() -> None:
    story = [snapshot("placed", "100"), updated("100", 1, status="open"), updated("90", 2)]

    assert {in_loyalty(story, END), in_churn(story, END), *in_second_opinions(story, END)} == {None}


def test_events_and_facts_of_the_release_before_are_read_as_they_were() -> None:
    """Their version was the time of the event in microseconds, or a number."""
    time, number = OrderSnapshot(order_id=ORDER, currency="IRR", total=Decimal(100), version=to_us(START)), 1
    later = OrderSnapshot(order_id=ORDER, currency="IRR", total=Decimal(40), version=number)
    story = [fact("paid", "order.paid", 0, time), fact("updated", "order.updated", 1, later)]
    stored = [[to_us(START), "a", "paid", 100 * 10**9, to_us(START), ""], [END_US, "b", "snapshot", 40 * 10**9, 1, ""]]
    order = unpack_order(ORDER, NAMESPACE_OID, json.encode(stored).decode(), "[]")

    assert (in_loyalty(story, END), in_churn(story, END)) == (Decimal(40), Decimal(40))
    assert net_steps(order.facts)[-1].net == 40 * 10**9
