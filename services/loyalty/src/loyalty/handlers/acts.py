"""Events of ``ingest.events``: facts of orders go into their accounts, which are settled once per batch."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from loyalty.domain.account import Order
from loyalty.domain.quantities import instant
from loyalty.handlers.facts import fact_of, lot_id_of
from loyalty.handlers.posting import settle_and_post
from loyalty.queries.accounts import end_quiet, load_accounts
from shared.database import Connection
from shared.events import CustomerKey, Event
from shared.events.registry import ORDER_TYPES
from shared.shops import record_shops

TYPES = ORDER_TYPES | {"shop.updated", "source.closed"}
BACKFILL_QUIET = timedelta(seconds=30)


async def apply(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:
    """Apply a batch: shops first, then orders, then the end of histories."""
    await record_shops(connection, events)
    of_orders: defaultdict[CustomerKey, list[Event]] = defaultdict(list)
    for event in events:
        if event.type in ORDER_TYPES:
            of_orders[event.customer].append(event)
    outgoing = await _apply_orders(of_orders, connection, now) if of_orders else []
    for event in events:
        if event.type == "source.closed":
            await end_quiet(connection, event.shop, event.data.partition, now)
    return outgoing


async def _apply_orders(
    events: dict[CustomerKey, list[Event]], connection: Connection, now: datetime
) -> Sequence[Event]:
    accounts = await load_accounts(connection, events)
    quiet_at = instant(now + BACKFILL_QUIET)
    occasions: dict[CustomerKey, Event] = {}
    for customer, told in events.items():
        account = accounts[customer]
        for event in told:
            order_id = event.data.order_id
            order = account.orders.get(order_id)
            if order is None:
                order = account.orders[order_id] = Order(order_id, lot_id_of(customer, order_id), [], {})
            order.add(fact_of(event))
            if event.backfill:
                account.quiet_at = quiet_at
        occasions[customer] = told[-1]
    return await settle_and_post(accounts, occasions, connection, now)
