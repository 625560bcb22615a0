"""The facts of orders from ``ingest.events``, restored without posting anything."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.account.rebuild_rows import due_now
from loyalty.account.rows import changed_orders, load_accounts, save_orders
from loyalty.earning.apply import add_fact
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.events.registry import ORDER_TYPES
from mandegar.shops import record_shops


async def restore_facts(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store shops and order facts, and make the customers due: they are settled at the end of the rebuild."""
    await record_shops(connection, events)
    of_orders = [event for event in events if event.type in ORDER_TYPES]
    accounts = dict(await load_accounts(connection, {event.customer for event in of_orders}))
    for event in of_orders:
        add_fact(accounts[event.customer], event.customer, event)
    await save_orders(
        connection, [row for customer, account in accounts.items() for row in changed_orders(customer, account)]
    )
    await due_now(connection, accounts.keys(), now)
    return ()
