"""Derived events: the same cause gives the same id anywhere, and says where it comes from."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.events import CustomerKey, Event, derived_id
from mandegar.events.derived import Due, derived_event
from mandegar.events.envelope import NAMESPACE
from mandegar.events.ingest import OrderSnapshot
from mandegar.events.loyalty import PointsExpiring

PAID_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
CUSTOMER = CustomerKey("s", "c-1")
DATA = PointsExpiring(points=5, expires_at=NOW, available=9)
words = st.text(st.characters(codec="utf-8", exclude_characters="|"), max_size=10)


def cause(**changes: object) -> Event:
    said: dict[str, object] = {
        "id": UUID(int=7),
        "source": "urn:mandegar:source:web",
        "type": "order.paid",
        "time": PAID_AT,
        "shop": "s",
        "recorded_time": PAID_AT,
        "customer_id": "c-1",
        "data": OrderSnapshot(order_id="o", currency="IRR", total=Decimal(1), version=1),
    }
    return Event(**(said | changes))  # type: ignore[arg-type]


def expiring(cause: Event | Due, *, service: str = "loyalty", now: datetime = NOW, **more: Any) -> Event:
    return derived_event(service, "points.expiring", DATA, about=CUSTOMER, cause=cause, now=now, **more)


def test_the_id_of_a_derived_event_never_changes_between_releases():
    assert derived_id("loyalty", str(UUID(int=7)), "points.posted") == UUID("6bf379b9-ab05-5bd1-9c04-d82cacd8387d")


@given(words, words, words, st.integers(0, 99))
def test_a_derived_id_is_the_uuid5_of_its_cause(service, cause_, type_, index):
    assert derived_id(service, cause_, type_, index) == uuid5(NAMESPACE, f"{service}|{cause_}|{type_}|{index}")


@given(words, words, words, st.integers(0, 99))
def test_the_same_cause_gives_the_same_id_and_another_index_another(service, cause_, type_, index):
    assert derived_id(service, cause_, type_, index) == derived_id(service, cause_, type_, index)
    assert derived_id(service, cause_, type_, index) != derived_id(service, cause_, type_, index + 1)


@given(st.lists(st.tuples(words, words, words), min_size=2, max_size=2, unique=True))
def test_another_service_cause_or_type_gives_another_id(pair):
    assert derived_id(*pair[0]) != derived_id(*pair[1])


def test_an_event_caused_by_another_is_about_the_same_customer_and_one_hop_further():
    first = cause(backfill=True, traceparent="00-trace-span-01")

    second = expiring(first)

    assert second.customer == first.customer
    assert (second.hops, second.causation_id, second.correlation_id) == (1, first.id, first.id)
    assert (second.time, second.recorded_time) == (PAID_AT, NOW)
    assert (second.backfill, second.traceparent) == (True, "00-trace-span-01")
    assert second.source == "urn:mandegar:service:loyalty"


def test_a_chain_keeps_its_first_cause_as_correlation_and_counts_its_hops():
    first = cause()
    second = expiring(first)

    third = expiring(second, service="notify", time=NOW)

    assert (third.hops, third.causation_id, third.correlation_id) == (2, second.id, first.id)
    assert third.time == NOW


def test_deriving_again_later_gives_the_same_id():
    first = cause()

    ids = {expiring(first, now=NOW + timedelta(days=d)).id for d in range(3)}

    assert len(ids) == 1
    assert expiring(first, index=1).id not in ids


def test_a_timed_event_happened_when_it_was_due_and_has_no_causing_event():
    event = expiring(Due("expiry", PAID_AT))

    assert (event.time, event.recorded_time, event.hops) == (PAID_AT, NOW, 1)
    assert (event.causation_id, event.customer) == (None, CUSTOMER)


def test_the_id_of_a_timed_event_depends_on_the_instant_and_not_on_the_zone_it_is_written_in():
    tehran = timezone(timedelta(hours=3, minutes=30))

    def due(at: datetime) -> UUID:
        return expiring(Due("expiry", at)).id

    assert due(PAID_AT) == due(PAID_AT.astimezone(tehran))
    assert due(PAID_AT) != due(PAID_AT + timedelta(microseconds=1))


def test_an_event_about_a_shop_has_no_customer_and_the_shop_as_key():
    event = cause(type="shop.updated", customer_id=None)

    assert event.partition_key == b"s"
    with pytest.raises(ValueError, match="about a shop"):
        _ = event.customer


def test_customers_are_ordered_by_shop_then_id():
    keys = [CustomerKey("t", "a"), CustomerKey("s", "b"), CustomerKey("s", "a")]

    assert sorted(keys) == [("s", "a"), ("s", "b"), ("t", "a")]
