"""Erases the coupons of customers. The code of a pool is not given again."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.coupons.rows import erase_coupons
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey
from mandegar.stream import Erased, Removed

WHAT = "coupons"


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:
    """Delete coupons with generated codes, and all but the hash of the code of others."""
    rows = await erase_coupons(connection, [each.customer for each in erased], now)
    return [Removed(CustomerKey(shop, customer_id), WHAT, count) for shop, customer_id, count in rows]
