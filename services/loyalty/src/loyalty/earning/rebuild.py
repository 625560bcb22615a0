"""The facts of orders from ``ingest.events``, restored without posting anything."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.account.rebuild_rows import due_now
from loyalty.account.rows import changed_orders, load_accounts, save_orders
from loyalty.earning.apply import add_fact
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.events.registry import ORDER_TYPES
from mandegar.service.rebuild_plan import Rebuild
from mandegar.stream import on


async def restore_facts(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store order facts, and make the customers due: they are settled at the end of the rebuild."""
    accounts = dict(await load_accounts(connection, {event.customer for event in events}))
    for event in events:
        add_fact(accounts[event.customer], event.customer, event)
    await save_orders(
        connection, [row for customer, account in accounts.items() for row in changed_orders(customer, account)]
    )
    await due_now(connection, accounts.keys(), now)
    return ()


REBUILD = Rebuild(reads=(on(ORDER_TYPES, restore_facts),))
