"""Which customers there are: locking inserts those who are missing, and a command must not."""

from collections.abc import Collection

from loyalty.account.rows import KEYS
from mandegar.database import Connection, keys_as_json
from mandegar.events import CustomerKey


async def existing_among(connection: Connection, keys: Collection[CustomerKey]) -> set[CustomerKey]:
    """Those of the customers who have a row."""
    rows = await connection.fetch(
        f"SELECT shop, customer_id FROM customers JOIN {KEYS} USING (shop, customer_id)",  # noqa: S608
        keys_as_json(keys),
    )
    return {CustomerKey(*row) for row in rows}
