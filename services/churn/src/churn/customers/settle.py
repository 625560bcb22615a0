"""Settles customers who are due: a line crossed in silence, a history that has gone quiet, or new terms."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from churn.customers.advance import bring_over, pass_on
from churn.customers.rows import load_customers, load_whole, write_customers
from churn.domain.customer import Customer, Terms
from churn.domain.packed import OrdersMissing
from churn.memberships.follow import Memberships, load_memberships
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
    for key, customer in customers.items():
        try:
            outgoing[key] = _settle(customer, terms[key.shop], filling, memberships, now)
        except OrdersMissing:
            incomplete[key] = customer
    async for key, customer in load_whole(connection, incomplete):
        outgoing[key] = _settle(customer, terms[key.shop], filling, memberships, now)
        await write_customers(connection, [customer])
    await write_customers(connection, [customers[key] for key in customers.keys() - incomplete.keys()])
    await memberships.write(connection)
    return [event for key in sorted(outgoing) for event in outgoing[key]]


def _settle(
    customer: Customer, terms: Terms, filling: Mapping[str, datetime], memberships: Memberships, now: datetime
) -> list[Event]:
    if customer.backfill_until is not None and customer.shop in filling:
        customer.due_at = filling[customer.shop]
        return memberships.follow(customer, (), [], terms)
    brought = bring_over(customer, terms, now)
    memberships.note(customer, terms, brought.at)
    changes = brought.events + pass_on(customer, terms, now, is_brought=brought.at is not None)
    return memberships.follow(customer, (), changes, terms)
