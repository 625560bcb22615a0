"""Applies a batch of ``ingest.events``: acts of customers, and the end of a source's history."""

from collections.abc import Sequence
from datetime import datetime

from churn.customers.advance import apply_acts, bring_up
from churn.customers.rows import load_customers, load_whole, write_customers
from churn.domain import facts
from churn.domain.customer import Customer, Terms
from churn.domain.orders import hash_id
from churn.domain.packed import OrdersMissing
from churn.memberships.follow import Memberships, load_memberships
from churn.models.backfill_rows import record_backfills
from churn.models.rows import load_terms
from churn.orders.rows import look_up_older
from mandegar.customers.moved_orders import moves_that_stay
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import ORDER_TYPES
from mandegar.shops import SHOPS
from mandegar.stream import on

TYPES = facts.TYPES | {"source.closed"}


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Apply events whose customers are locked; returns the crossings that follow, none while history comes in.

    A customer is read, computed and written once, and what is published is what the events one by one would publish.
    """
    acts: dict[CustomerKey, list[Event]] = {}
    stay = await moves_that_stay(connection, events)
    for event in events:
        if event.type in facts.TYPES and event.id not in stay:
            acts.setdefault(event.customer, []).append(event)
    customers = await load_customers(connection, acts)
    await record_backfills(connection, events, customers, now)
    terms = await load_terms(connection, {key.shop for key in acts})
    packs = {key: customer.packed for key, customer in customers.items() if customer.packed.older_count}
    await look_up_older(connection, packs, {key: _names(acts[key]) for key in packs})
    memberships = await load_memberships(connection, customers, now)
    outgoing: list[Event] = []
    incomplete = {}
    for key, customer in customers.items():
        try:
            outgoing += _apply_to(customer, acts[key], terms[key.shop], memberships, now)
        except OrdersMissing:
            incomplete[key] = customer
    async for key, customer in load_whole(connection, incomplete):
        outgoing += _apply_to(customer, acts[key], terms[key.shop], memberships, now)
        await write_customers(connection, [customer])
    await write_customers(connection, [customers[key] for key in customers.keys() - incomplete.keys()])
    await memberships.write(connection)
    return outgoing


def _apply_to(
    customer: Customer, acts: Sequence[Event], terms: Terms, memberships: Memberships, now: datetime
) -> list[Event]:
    """Apply the acts of one customer, behind what other terms and definitions make of them by themselves."""
    brought = bring_up(customer, acts, terms, now)
    memberships.note(customer, terms, brought.at)
    changes = brought.events + apply_acts(customer, acts, terms, now)
    return memberships.follow(customer, acts, changes, terms)


def _names(events: Sequence[Event]) -> set[int]:
    """The names of the orders that events are about."""
    return {hash_id(event.data.order_id) for event in events if event.type in ORDER_TYPES}


READS = (SHOPS, on(TYPES, apply))
