"""Which customers there are: locking inserts those who are missing, and a command must not."""

from collections.abc import Collection

from mandegar.database import KEYS, Connection, keys_as_json
from mandegar.events import CustomerKey

_PRESENT = f"""
    SELECT shop, customer_id, EXISTS (
        SELECT FROM waiting_beside b WHERE (b.shop, b.customer_id) = (c.shop, coalesce(c.merged_into, c.customer_id)))
    FROM customers c JOIN {KEYS} USING (shop, customer_id)
"""  # noqa: S608


async def present_among(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, bool]:
    """Those of the customers who have a row, and whether events of theirs wait for the lane beside, which may lock them
    for long.
    """
    rows = await connection.fetch(_PRESENT, keys_as_json(keys))
    return {CustomerKey(shop, customer_id): waits for shop, customer_id, waits in rows}
