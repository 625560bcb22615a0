"""Locking customers: the one order in which lanes, timers and commands may do it."""

from collections.abc import Iterable

from shared.database import Connection
from shared.events import CustomerKey
from shared.events.topics import partition_key, partition_of


async def lock_customers(connection: Connection, keys: Iterable[CustomerKey], partitions: int) -> None:
    """Make sure a row exists for each customer and lock them all, in key order, until the transaction ends."""
    ordered = sorted(set(keys))
    if not ordered:
        return
    shops, ids = [key.shop for key in ordered], [key.customer_id for key in ordered]
    # New rows first, then the locks: whoever inserts waits for nobody that could wait for them.
    await connection.execute(
        """
        INSERT INTO customers (shop, customer_id, partition)
        SELECT * FROM unnest($1::text[], $2::text[], $3::smallint[])
        ON CONFLICT DO NOTHING
        """,
        shops,
        ids,
        [partition_of(partition_key(*key), partitions) for key in ordered],
    )
    await connection.execute(
        """
        SELECT count(*) FROM (
            SELECT 1
            FROM customers c JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
            ORDER BY c.shop COLLATE "C", c.customer_id COLLATE "C"
            FOR UPDATE OF c
        ) AS locked
        """,
        shops,
        ids,
    )
