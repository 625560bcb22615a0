"""Rows of orders that were paid in part with points."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from loyalty.account.packing import unpack_facts
from loyalty.domain.orders import TAKINGS, Fact
from loyalty.redemptions.rows import COLUMNS, RedemptionRow
from mandegar.database import KEYS, Connection, as_json, keys_as_json, record_set
from mandegar.events import CustomerKey

OrderKey: TypeAlias = tuple[CustomerKey, str]


class PaidOrder(NamedTuple):
    """The redemptions that paid a part of an order, in order of time, and what is known of the order itself."""

    redemptions: list[RedemptionRow]
    facts: list[Fact]


class _Wanted(Struct, frozen=True):
    shop: str
    customer_id: str
    order_id: str


_REDEMPTIONS = f"""
    SELECT {COLUMNS} FROM redemptions JOIN {KEYS} USING (shop, customer_id)
    WHERE state = 'confirmed' AND discount IS NOT NULL AND order_id = ANY($2::text[])
    ORDER BY reserved_at, redemption_id
"""  # noqa: S608
_FACTS = f"""
    SELECT shop, customer_id, order_id, facts FROM orders JOIN {record_set(_Wanted)} USING (shop, customer_id, order_id)
"""  # noqa: S608
_SETTLED = f"SELECT shop, customer_id, settled_at FROM customers JOIN {KEYS} USING (shop, customer_id)"  # noqa: S608


async def load_paid_orders(connection: Connection, orders: Collection[OrderKey]) -> dict[OrderKey, PaidOrder]:
    """Those of the orders that points or credit paid a part of; without what was redeemed of their own points."""
    found: dict[OrderKey, PaidOrder] = {}
    customers = keys_as_json({customer for customer, _ in orders})
    rows = await connection.fetch(_REDEMPTIONS, customers, list({order_id for _, order_id in orders}))
    for each in [RedemptionRow(*row) for row in rows]:
        key = CustomerKey(each.shop, each.customer_id), each.order_id or ""
        if key in orders:
            found.setdefault(key, PaidOrder([], [])).redemptions.append(each)
    if found:
        wanted = as_json([_Wanted(*customer, order) for customer, order in found])
        for shop, customer_id, order_id, facts in await connection.fetch(_FACTS, wanted):
            own = [fact for fact in unpack_facts(facts) if fact.kind not in TAKINGS]
            found[CustomerKey(shop, customer_id), order_id].facts.extend(own)
    return found


async def settled_at_of(connection: Connection, customers: Collection[CustomerKey]) -> dict[CustomerKey, datetime]:
    """Up to when the accounts of settled customers are written."""
    rows = await connection.fetch(_SETTLED, keys_as_json(customers))
    return {CustomerKey(shop, customer_id): settled_at for shop, customer_id, settled_at in rows}
