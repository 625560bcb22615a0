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
from mandegar.shops import record_shops

TYPES = ORDER_TYPES | {"shop.updated", "source.closed"}


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Apply a batch: shops first, then orders, then sources that were closed."""
    await record_shops(connection, events)
    of_orders: defaultdict[CustomerKey, list[Event]] = defaultdict(list)
    for event in events:
        if event.type in ORDER_TYPES:
            of_orders[event.customer].append(event)
    outgoing = await _apply_orders(of_orders, connection, now) if of_orders else []
    for event in events:
        if event.type == "source.closed":
            await end_backfill(connection, event.shop, event.data.partition, now)
    return outgoing


async def _apply_orders(
    events: Mapping[CustomerKey, Sequence[Event]], connection: WorkerConnection, now: datetime
) -> Sequence[Event]:
    accounts = await load_accounts(connection, events)
    shops = {customer.shop for customer in events}
    triggers = {customer: of_customer[-1] for customer, of_customer in events.items()}
    return await settle_and_post(_with_facts(accounts, events, now), shops, triggers, connection, now)


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
