"""Settles customers who are due: a line crossed in silence, a history that has gone quiet, or new terms."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from churn.customers.advance import is_brought_over, settle_one
from churn.customers.rows import load_customers, load_whole, write_customers
from churn.domain.customer import Customer, Terms
from churn.domain.packed import OrdersMissing
from churn.memberships.follow import load_memberships
from churn.models.backfill_rows import filling_until
from churn.models.rows import load_terms
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.backfill import BACKFILL_QUIET


async def settle(keys: Sequence[CustomerKey], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Settle customers who are due and locked; returns the crossings to publish."""
    shops = {key.shop for key in keys}
    terms = await load_terms(connection, shops)
    filling = await filling_until(connection, shops, now, BACKFILL_QUIET)
    customers = await load_customers(connection, keys)
    memberships = await load_memberships(connection, customers, now)
    outgoing: dict[CustomerKey, list[Event]] = {}
    incomplete = {}
    brought_over = {key for key, customer in customers.items() if is_brought_over(customer, terms[key.shop])}
    for key, customer in customers.items():
        try:
            changes = _settle(customer, terms, filling, now)
            outgoing[key] = memberships.follow(customer, (), changes, terms[key.shop], brought_over=key in brought_over)
        except OrdersMissing:
            incomplete[key] = customer
    async for key, customer in load_whole(connection, incomplete):
        changes = _settle(customer, terms, filling, now)
        outgoing[key] = memberships.follow(customer, (), changes, terms[key.shop], brought_over=key in brought_over)
        await write_customers(connection, [customer])
    await write_customers(connection, [customers[key] for key in customers.keys() - incomplete.keys()])
    await memberships.write(connection)
    return [event for key in sorted(outgoing) for event in outgoing[key]]


def _settle(
    customer: Customer, terms: Mapping[str, Terms], filling: Mapping[str, datetime], now: datetime
) -> list[Event]:
    if customer.backfill_until is not None and customer.shop in filling:
        customer.due_at = filling[customer.shop]
        return []
    return settle_one(customer, terms[customer.shop], now)
