"""Applies a batch of ``ingest.events``: acts of customers, and the end of a source's history."""

from collections.abc import Sequence
from datetime import datetime

from churn.customers.events import changed_by_act
from churn.customers.rows import load_customers, write_customers
from churn.customers.settle import settle_one
from churn.domain import facts
from churn.domain.customer import Customer, Terms
from churn.domain.publication import recompute
from churn.domain.purchases import purchases, statistics
from churn.models.backfill_rows import record_backfills
from churn.models.rows import load_terms
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.events.backfill import BACKFILL_QUIET
from mandegar.events.registry import ORDER_TYPES
from mandegar.shops import SHOPS
from mandegar.stream import on

TYPES = facts.TYPES | {"source.closed"}


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Apply events whose customers are locked; returns the crossings that follow, none while history comes in."""
    acts = [event for event in events if event.type in facts.TYPES]
    customers = await load_customers(connection, {event.customer for event in acts})
    await record_backfills(connection, events, customers, now)
    terms = await load_terms(connection, {event.shop for event in acts})
    outgoing: list[Event] = []
    for key, customer in customers.items():
        if customer.backfill_until is None and customer.due_at is not None and customer.due_at <= now:
            outgoing += settle_one(customer, terms[key.shop], now)
    for event in acts:
        outgoing += _on_act(customers[event.customer], event, terms[event.shop], now)
    for key, customer in customers.items():
        if customer.backfill_until is not None:
            _count(customer, terms[key.shop])
    await write_customers(connection, customers.values())
    return outgoing


def _on_act(customer: Customer, event: Event, terms: Terms, now: datetime) -> list[Event]:
    acted_before = customer.last_event_at is not None
    facts.take_in(customer, event)
    if event.backfill:
        customer.backfill_until = now + BACKFILL_QUIET
    if customer.backfill_until is not None:
        customer.due_at = min(customer.due_at or customer.backfill_until, customer.backfill_until)
        return []
    if event.type not in ORDER_TYPES and acted_before:
        return []
    return [changed_by_act(change, event, now) for change in recompute(customer, terms, now)]


def _count(customer: Customer, terms: Terms) -> None:
    """Record what a fit counts of a customer whose history is coming in."""
    customer.note(statistics(purchases(customer.orders, terms.days), terms.days), terms)


READS = (SHOPS, on(TYPES, apply))
