"""Settles customers who are due: a line crossed in silence, a history that has gone quiet, or new terms."""

from collections.abc import Sequence
from datetime import datetime

from churn.customers.events import changed_by_time
from churn.customers.rows import load_customers, write_customers
from churn.domain.customer import Customer, Terms
from churn.domain.publication import pass_time, recompute
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
    outgoing: list[Event] = []
    for key, customer in sorted(customers.items()):
        if customer.backfill_until is not None and key.shop in filling:
            customer.due_at = filling[key.shop]
        else:
            outgoing += settle_one(customer, terms[key.shop], now)
    await write_customers(connection, customers.values())
    return outgoing


def settle_one(customer: Customer, terms: Terms, now: datetime) -> list[Event]:
    """Bring one customer to ``now``. After a history or under new terms only the present band is published."""
    if customer.backfill_until is None and customer.is_under(terms):
        changes = pass_time(customer, terms, now)
    else:
        customer.backfill_until = None
        changes = recompute(customer, terms, now)
    return [changed_by_time(change, customer, now) for change in changes]
