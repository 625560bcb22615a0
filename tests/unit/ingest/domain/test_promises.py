"""Promises, first answers, and who ended an order: what the other services read of what a shop writes."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

TEHRAN = ZoneInfo("Asia/Tehran")


def made(**data):
    data = {"promise_id": "q-1", "kind": "delivery", "due_at": "2026-11-24T10:00:00Z", **data}
    return {"id": "e", "type": "promise.made", "customer": {"id": "c"}, "data": data}


def later(type_, **data):
    return {"id": "f", "type": type_, "customer": {"id": "c"}, "data": data}


@pytest.mark.parametrize("kind", ["call_back", "Call back", " CALL-BACK ", "call  back", "Call\u00a0Back"])
def test_a_kind_has_one_spelling(kind, door):
    assert door.accepted(made(kind=kind)).event.data.kind == "call_back"


def test_a_promise_for_a_day_is_due_when_the_day_of_the_shop_ends(door):
    shop = replace(door.source.shop, zone=TEHRAN)

    assert door.accepted(made(due_at="2026-11-24"), shop=shop).event.data.due_at == datetime(
        2026, 11, 24, 20, 30, tzinfo=UTC
    )
    assert door.accepted(made(due_at="2026-11-24T12:00:00"), shop=shop).event.data.due_at == datetime(
        2026, 11, 24, 8, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("due_at", ["", "soon", "1403-09-04", "2500-01-01", "01/11/2026", -1e300])
def test_a_promise_is_due_at_an_instant_that_can_be_read(due_at, door):
    assert door.code(made(due_at=due_at)) == "bad_time"


def test_a_promise_names_its_order_as_the_order_names_itself(door):
    order = {"order_id": "سفارش ۱", "currency": "IRR", "total": "1"}
    paid = door.accepted({"id": "o", "type": "order.paid", "customer": {"id": "c"}, "data": order})
    about = door.accepted(made(order_id="سفارش ۱"))

    assert about.event.data.order_id == paid.event.data.order_id == door.published("سفارش ۱")
    assert (about.order_id, about.published) == (None, True)
    assert door.accepted(made(order_id="")).event.data.order_id is None


@pytest.mark.parametrize("type_", ["promise.kept", "promise.broken", "ticket.answered"])
def test_what_came_of_it_may_state_its_own_instant(type_, door):
    ids = {"promise_id": "q-1", "ticket_id": "t"}

    assert door.accepted(later(type_, **ids)).event.data.at is None
    assert door.accepted(later(type_, **ids, at="2026-11-20T09:00:00Z")).event.data.at == datetime(
        2026, 11, 20, 9, tzinfo=UTC
    )
    assert door.accepted(later(type_, **ids, at="2031-01-01T00:00:00Z")).event.data.at == door.now
    assert door.code(later(type_, **ids, at="yesterday")) == "bad_time"


@pytest.mark.parametrize(
    ("word", "who"),
    [("customer", "customer"), ("Merchant", "shop"), (" staff", "shop"), ("FRAUD", "fraud"), ("other", "other")],
)
def test_who_ended_an_order_is_read_in_words_of_platforms(word, who, door):
    cancelled = door.accepted(later("order.cancelled", order_id="o", cancelled_by=word))

    assert (cancelled.event.data.cancelled_by, cancelled.code) == (who, None)


@pytest.mark.parametrize("word", ["nobody", 7, {"by": "shop"}, ["shop"], True])
def test_an_unknown_word_does_not_keep_a_cancellation_back(word, door):
    cancelled = door.accepted(later("order.cancelled", order_id="o", cancelled_by=word))

    assert (cancelled.event.data.cancelled_by, cancelled.code) == (None, "data_ignored")
    assert door.accepted(later("order.cancelled", order_id="o")).event.data.cancelled_by is None
