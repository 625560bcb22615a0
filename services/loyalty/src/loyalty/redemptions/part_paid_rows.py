"""Rows of orders that were paid in part with points."""

from datetime import datetime

from loyalty.account.packing import unpack_facts
from loyalty.domain.orders import TAKINGS, Fact
from loyalty.redemptions.rows import COLUMNS, RedemptionRow
from mandegar.database import Connection
from mandegar.events import CustomerKey

_OF_ORDER = f"""
    SELECT {COLUMNS} FROM redemptions
    WHERE shop = $1 AND customer_id = $2 AND order_id = $3 AND state = 'confirmed' AND discount IS NOT NULL
    ORDER BY reserved_at, redemption_id
"""  # noqa: S608


async def part_payments_of(connection: Connection, customer: CustomerKey, order_id: str) -> list[RedemptionRow]:
    """The redemptions that paid a part of an order, in order of time."""
    return [RedemptionRow(*row) for row in await connection.fetch(_OF_ORDER, *customer, order_id)]


async def facts_of_order(connection: Connection, customer: CustomerKey, order_id: str) -> list[Fact]:
    """What is known of an order itself; nothing of what was redeemed of its points."""
    text = await connection.fetchval(
        "SELECT facts FROM orders WHERE shop = $1 AND customer_id = $2 AND order_id = $3", *customer, order_id
    )
    return [] if text is None else [fact for fact in unpack_facts(text) if fact.kind not in TAKINGS]


async def settled_at_of(connection: Connection, customer: CustomerKey) -> datetime:
    """Up to when a settled customer's account is written."""
    settled_at: datetime = await connection.fetchval(
        "SELECT settled_at FROM customers WHERE shop = $1 AND customer_id = $2", *customer
    )
    return settled_at
