"""One law of an order: loyalty and churn give the same facts the same worth, at every instant and in any order."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn.domain import orders as packed
from churn.domain.customer import Customer
from churn.domain.facts import take_in
from faults.recompute.orders import orders_of
from faults.recompute.points import net_of
from loyalty.domain.orders import Fact, add_fact, net_steps
from loyalty.earning.orders import fact_of
from mandegar.events import CustomerKey, Event
from mandegar.events.ingest import OrderCancelled, OrderSnapshot, RefundIssued
from mandegar.events.orders import NOT_PAID
from mandegar.quantities import to_us

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ORDER = "o"


def fact(name: str, type_: str, minute: int, data: object) -> Event:
    time = START + timedelta(minutes=minute)
    return Event(
        id=uuid5(NAMESPACE_OID, name), source="urn:x", type=type_, time=time, shop="s", recorded_time=time, data=data,
        customer_id="c",
    )  # fmt: skip


def snapshot(kind: str, total: str, minute: int = 0, version: int = 1, name: str = "") -> Event:
    data = OrderSnapshot(order_id=ORDER, currency="IRR", total=Decimal(total), version=version)
    return fact(name or f"{kind}-{version}", f"order.{kind}", minute, data)


def paid(total: str, minute: int = 0, version: int = 1, name: str = "") -> Event:
    return snapshot("paid", total, minute, version, name)


def cancelled(minute: int, version: int, name: str = "") -> Event:
    return fact(
        name or f"cancelled-{version}", "order.cancelled", minute, OrderCancelled(order_id=ORDER, version=version)
    )


def refund(amount: str, minute: int, refund_id: str = "r", name: str = "") -> Event:
    data = RefundIssued(refund_id=refund_id, order_id=ORDER, currency="IRR", amount=Decimal(amount))
    return fact(name or f"refund-{refund_id}-{minute}", "refund.issued", minute, data)


def in_loyalty(arrived: Iterable[Event], at: datetime) -> Decimal | None:
    """The order's net at an instant as loyalty folds it; None before its payment."""
    facts: list[Fact] = []
    for event in arrived:
        add_fact(facts, fact_of(event))
    steps = [step for step in net_steps(facts) if step.at <= to_us(at)]
    return Decimal(steps[-1].net) / 10**9 if steps else None


def in_churn(arrived: Iterable[Event], at: datetime) -> Decimal | None:
    """The same as churn folds it, through its pack; churn has no past, so it hears of what had happened by then."""
    customer = Customer("s", "c", 0)
    for event in arrived:
        if event.time <= at:
            take_in(customer, event)
            customer.orders = packed.unpack(packed.pack(customer.orders))
    return _net(customer.orders)


def in_second_opinions(story: Sequence[Event], at: datetime) -> set[Decimal | None]:
    """What the checkers of the fault runs make of it; they share no rule with the product."""
    happened = [event for event in story if event.time <= at]
    if not any(event.type == "order.paid" for event in happened):
        return {None}
    of_points = Decimal(net_of(happened, at)) / 10**9
    return {of_points, _net(dict(orders_of(happened)[CustomerKey("s", "c")]))}


def _net(orders: packed.Orders) -> Decimal | None:
    paid_orders = [order for order in orders.values() if order.paid_at < NOT_PAID]
    return packed.money(paid_orders[0].net) if paid_orders else None


AMOUNTS = st.sampled_from(["0", "4", "10", "30.25", "60.0001", "100", "250"])
MINUTES = st.integers(0, 4)  # few, so that many facts share an instant
VERSIONS = st.integers(0, 3)


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """Distinct events about one order: most stories have a payment, some corrections, cancellations and re-openings."""
    kinds = draw(st.lists(st.sampled_from(["paid", "placed", "updated", "cancelled", "refund", "refund"]), max_size=9))
    story: list[Event] = []
    for number, kind in enumerate(kinds):
        name = f"{draw(st.integers(0, 99))}-{number}"  # so that ties fall either way
        minute = draw(MINUTES)
        if kind == "refund":
            story.append(refund(draw(AMOUNTS), minute, draw(st.sampled_from("rst")), name))
        elif kind == "cancelled":
            story.append(cancelled(minute, draw(VERSIONS), name))
        else:
            story.append(snapshot(kind, draw(AMOUNTS), minute, draw(VERSIONS), name))
    return story


@settings(max_examples=1_000, deadline=None)
@given(stories(), st.data())
def test_both_services_give_an_order_the_same_worth_at_every_instant(story: list[Event], data: Any) -> None:
    to_loyalty = data.draw(st.permutations(story + story[:3]))
    to_churn = data.draw(st.permutations(story + story[-3:]))
    for minute in range(6):
        at = START + timedelta(minutes=minute)

        assert {in_loyalty(to_loyalty, at), in_churn(to_churn, at)} == in_second_opinions(story, at)


FIRST, SECOND = sorted((str(uuid5(NAMESPACE_OID, name)), name) for name in ("tie-1", "tie-2"))


@pytest.mark.parametrize(
    ("story", "net"),
    [
        pytest.param([paid("100"), refund("10", 1), refund("4", 2)], "96", id="correction-downwards"),
        pytest.param([paid("100"), refund("4", 1), refund("10", 2)], "90", id="correction-upwards"),
        pytest.param([paid("100"), refund("4", 2), refund("10", 1)], "96", id="correction-arrives-first"),
        pytest.param([refund("10", 0), paid("100", 1)], "90", id="refund-before-the-order"),
        pytest.param([paid("100"), refund("250", 1)], "0", id="refund-larger-than-the-order"),
        pytest.param([paid("100"), refund("60", 1, "r"), refund("60", 2, "s")], "0", id="refunds-beyond-the-order"),
        pytest.param([paid("100"), refund("60", 1), refund("60", 2, "s"), refund("5", 3)], "35", id="corrected-below"),
        pytest.param([paid("100"), cancelled(1, 2), refund("10", 2)], "0", id="cancelled-then-refunded"),
        pytest.param([paid("100"), cancelled(1, 2), paid("80", 2, 3), refund("10", 1)], "70", id="reopened"),
        pytest.param([paid("100", 0, 2), cancelled(1, 1)], "100", id="stale-cancellation"),
        pytest.param([paid("100"), refund("10", 1, name=SECOND[1]), refund("4", 1, name=FIRST[1])], "90", id="tie"),
        pytest.param(
            [paid("100", name=FIRST[1]), snapshot("updated", "70", 1, name=SECOND[1])], "70", id="tie-of-versions"
        ),
    ],
)  # fmt: skip
def test_the_worth_of(story: list[Event], net: str) -> None:
    end = START + timedelta(minutes=9)
    for arrived in (story, story[::-1], story * 2):
        assert (in_loyalty(arrived, end), in_churn(arrived, end)) == (Decimal(net), Decimal(net))
    assert in_second_opinions(story, end) == {Decimal(net)}
