"""Which completions customers were told of, restored from what loyalty has published."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from loyalty.account.rebuild_rows import due_now
from loyalty.account.rows import MarkedRow, OrderRow, changed_orders, load_accounts, save_orders
from loyalty.domain.account import Order
from loyalty.domain.attained import Attained, key_of
from loyalty.domain.ids import lot_id
from loyalty.domain.orders import ANNOUNCED, Fact
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import to_us


async def restore_told(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Mark what was announced and not taken back; what aliases were told counts for their roots."""
    of_customers: defaultdict[CustomerKey, list[Event]] = defaultdict(list)
    for event in events:
        of_customers[event.customer].append(event)
    orders: list[OrderRow | MarkedRow] = []
    for customer, account in await load_accounts(connection, of_customers):
        for event in of_customers[customer]:
            data = event.data
            key = key_of(Attained(data.challenge.name, data.challenge.id))
            order = account.orders.get(key)
            if order is None:
                lot = lot_id(customer, key, account.readmission)
                order = account.orders[key] = Order(key, lot, [], {})
            told = Fact(to_us(data.at), ANNOUNCED, ANNOUNCED, data.points, 0, data.badge)
            order.facts = [fact for fact in order.facts if fact.kind != ANNOUNCED]
            if event.type == "challenge.completed":
                order.facts = sorted([*order.facts, told])
            order.changed = True
        orders += changed_orders(customer, account.orders.values())
    await save_orders(connection, orders)
    await due_now(connection, list(of_customers), now)
    return ()
