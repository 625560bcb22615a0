"""Applies events of ``ingest.events``: order facts are added to their accounts, which are settled once per batch."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from loyalty.account.post import settle_and_post
from loyalty.account.rows import end_backfill, load_accounts
from loyalty.domain.account import Account, Order
from loyalty.domain.ids import lot_id
from loyalty.earning.orders import fact_of
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.backfill import BACKFILL_QUIET
from mandegar.events.registry import ORDER_TYPES
from mandegar.quantities import to_us
from mandegar.stream import on


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Add the facts of a batch of order events, and settle the customers concerned."""
    of_customers: defaultdict[CustomerKey, list[Event]] = defaultdict(list)
    for event in events:
        of_customers[event.customer].append(event)
    accounts = await load_accounts(connection, of_customers)
    shops = {customer.shop for customer in of_customers}
    triggers = {customer: of_customer[-1] for customer, of_customer in of_customers.items()}
    return await settle_and_post(_with_facts(accounts, of_customers, now), shops, triggers, connection, now)


async def end_backfills(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Let the customers of closed sources be settled: their history is complete."""
    for event in events:
        await end_backfill(connection, event.shop, event.data.partition, now)
    return ()


def _with_facts(
    accounts: Iterable[tuple[CustomerKey, Account]], events: Mapping[CustomerKey, Sequence[Event]], now: datetime
) -> Iterator[tuple[CustomerKey, Account]]:
    backfill_until = to_us(now + BACKFILL_QUIET)
    for customer, account in accounts:
        for event in events[customer]:
            add_fact(account, customer, event)
            if event.backfill:
                account.backfill_until = backfill_until
        yield customer, account


def add_fact(account: Account, customer: CustomerKey, event: Event) -> None:
    """Add the fact of an order event to the account."""
    order_id = event.data.order_id
    order = account.orders.get(order_id)
    if order is None:
        order = account.orders[order_id] = Order(order_id, lot_id(customer, order_id), [], {})
    order.add(fact_of(event))


READS = (on(ORDER_TYPES, apply), on({"source.closed"}, end_backfills))
