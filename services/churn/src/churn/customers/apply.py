"""Applying a batch of ``ingest.events``: acts of customers, settings of shops, history and its end."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from churn.customers.rows import load_customers, write_customers
from churn.customers.settle import NAME, settle_one
from churn.domain import facts
from churn.domain.customer import Customer, Terms
from churn.domain.publication import Change, note_terms, present
from churn.models.backfill_rows import SourcePartition, record_backfills
from churn.models.rows import load_terms
from mandegar.database import Connection
from mandegar.events import CustomerKey, Event, follow_up
from mandegar.events.backfill import BACKFILL_QUIET
from mandegar.events.registry import ORDER_TYPES
from mandegar.shops import record_shops

TYPES = facts.TYPES | {"shop.updated", "source.closed"}


async def apply(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:
    """Apply events whose customers are locked; the crossings that follow, unless it is history that comes in."""
    for event in events:
        if event.type == "shop.updated":
            ZoneInfo(event.data.zone)  # a shop in no known zone is refused here, before its customers fall over it
    await record_shops(connection, events)
    acts = [event for event in events if event.type in facts.TYPES]
    customers = await load_customers(connection, {event.customer for event in acts})
    await record_backfills(connection, _backfills(events, customers), now)
    terms = await load_terms(connection, {event.shop for event in acts})
    outgoing: list[Event] = []
    for key, customer in customers.items():
        if customer.backfill_until is None and customer.due_at is not None and customer.due_at <= now:
            outgoing += settle_one(customer, terms[key.shop], now)
    for event in acts:
        outgoing += _on_act(customers[event.customer], event, terms[event.shop], now)
    for key, customer in customers.items():
        if customer.backfill_until is not None:
            note_terms(customer, customer.known(terms[key.shop]), terms[key.shop])
    await write_customers(connection, customers.values())
    return outgoing


def _on_act(customer: Customer, event: Event, terms: Terms, now: datetime) -> list[Event]:
    before = customer.last_event_at
    facts.take_in(customer, event)
    if event.backfill:
        customer.backfill_until = now + BACKFILL_QUIET
    if customer.backfill_until is not None:
        customer.due_at = min(customer.due_at or customer.backfill_until, customer.backfill_until)
        return []
    if event.type not in ORDER_TYPES and before is not None:
        return []
    return [_crossing(event, change, now) for change in present(customer, terms, now)]


def _crossing(cause: Event, change: Change, now: datetime) -> Event:
    return follow_up(NAME, cause, "band.crossed", change.crossed, now=now, time=change.at)


def _backfills(events: Sequence[Event], customers: dict[CustomerKey, Customer]) -> dict[SourcePartition, bool]:
    """The last thing each historical source did in each partition: sent history (false) or closed (true)."""
    closed = {}
    for event in events:
        if event.type == "source.closed":
            closed[SourcePartition(event.shop, event.data.source_id, event.data.partition)] = True
        elif event.backfill and event.customer_id is not None:
            source_id = event.source.rpartition(":")[2]
            partition = customers[event.customer].partition
            closed[SourcePartition(event.shop, source_id, partition)] = False
    return closed
