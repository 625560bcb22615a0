"""What budgets have given, restored from what loyalty has published."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from loyalty.account.budget_rows import Period, add_used
from loyalty.account.rebuild_rows import due_now
from loyalty.account.rows import MarkedRow, OrderRow, changed_orders, load_accounts, save_orders
from loyalty.domain.account import Order
from loyalty.domain.acts import key_of_act
from loyalty.domain.ids import lot_id
from loyalty.domain.orders import FUNDED, Fact
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import to_us


async def restore_draws(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store each draw as a fact of its act; those of aliases are of the acts of their roots."""
    of_customers: dict[CustomerKey, list[Event]] = {}
    for event in events:
        of_customers.setdefault(event.customer, []).append(event)
    orders: list[OrderRow | MarkedRow] = []
    for customer, account in await load_accounts(connection, of_customers):
        for event in of_customers[customer]:
            order_id = key_of_act(event.data.act.type, event.data.act.id)
            order = account.orders.get(order_id)
            if order is None:
                lot = lot_id(customer, order_id, account.readmission)
                order = account.orders[order_id] = Order(order_id, lot, [], {})
            order.add(draw_fact(event))
        orders += changed_orders(customer, account.orders.values())
    await save_orders(connection, orders)
    await due_now(connection, of_customers, now)
    return await count_draws(events, connection, now)


async def count_draws(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Count what budgets gave, also to those who are erased: it was given."""
    used: Counter[Period] = Counter()
    for event in events:
        data = event.data
        used[Period(event.shop, data.budget, data.per, data.period)] += data.points
    await add_used(connection, used)
    return ()


def draw_fact(event: Event) -> Fact:
    """The fact of an act that a ``budget.drawn`` tells of."""
    data = event.data
    return Fact(to_us(data.acted_at), str(event.id), FUNDED, data.points, data.asked, data.budget, data.number)
