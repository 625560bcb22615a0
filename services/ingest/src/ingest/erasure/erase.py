"""Erasing a person because their shop asks for it."""

from typing import NamedTuple
from uuid import UUID

from ingest.customer_tables import CUSTOMER_TABLES
from ingest.erasure import apply, events
from ingest.erasure.person_rows import Person, load_person
from ingest.erasure.unfinished_rows import add_unfinished
from ingest.identity.order_locks import exclude_orders
from mandegar.customers.erasing import apply_erasures, erasing_of
from mandegar.customers.locking import lock_customers
from mandegar.customers.standings import Standings
from mandegar.database import Act, WorkerConnection, transaction_of
from mandegar.events import CustomerKey
from mandegar.events.envelope import derived_id
from mandegar.events.registry import ERASED
from mandegar.outbox.rows import write_outbox
from mandegar.service.context import Context
from mandegar.shops import load_shops
from mandegar.stream import beside
from mandegar.web.customers import unknown_customer

# What an erasure does in ingest: its own part, then what the library does by the declarations of the tables.
ERASE = erasing_of([apply.erase], CUSTOMER_TABLES, contacts=True)


class Outcome(NamedTuple):
    """The erasure of a person, their root, and whether it stood before."""

    erasure_id: UUID
    root: str
    stood: bool


async def erase(context: Context, act: Act, customer: CustomerKey) -> Outcome:
    """Erase the person who has the id, under all their ids; one who is erased stays so.

    Raises ``Problem`` 404 for an id of nobody.
    """
    now, partitions = context.clock.now(), context.settings.partitions
    async with transaction_of(act, context.worker) as connection:
        person = await lock_person(connection, customer, partitions)
        root = person.root.customer_id
        if person.erasure is not None:
            return Outcome(person.erasure, root, stood=True)
        version = 1 + max(each.erasure_version for each in person.identities)
        erasure_id = derived_id("ingest", f"{customer.shop}|{root}|{version}", "erasure")
        keep_books = (await load_shops(connection, {customer.shop}))[customer.shop].keep_books
        outgoing = events.erased(person.identities, erasure_id, version, keep_books=keep_books, now=now)
        erasures = [event for event in outgoing if event.type == ERASED]
        with beside():
            await apply_erasures(erasures, ERASE, connection, now, Standings())
        await add_unfinished(
            connection, customer.shop, erasure_id, [each.key.customer_id for each in person.identities]
        )
        await write_outbox(connection, outgoing)
    context.wake_relay()
    return Outcome(erasure_id, root, stood=False)


async def lock_person(connection: WorkerConnection, customer: CustomerKey, partitions: int) -> Person:
    """The person who has an id, with all their ids locked; raises ``Problem`` 404 for an id of nobody.

    Orders of the shop wait, as they do for a merge by hand. Whoever else merges locks the root, so after the second
    look nothing is added to the person.
    """
    await exclude_orders(connection, {customer.shop})
    locked: frozenset[CustomerKey] = frozenset()
    while True:
        person = await load_person(connection, customer)
        if person is None:
            raise unknown_customer()
        keys = {each.key for each in person.identities}
        if keys <= locked:
            return person
        await lock_customers(connection, keys, partitions)
        locked |= keys
