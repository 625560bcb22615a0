"""Locking customers: the one order in which lanes, timers and commands may do it."""

from collections.abc import Iterable

from msgspec import Struct

from mandegar.database import Connection, as_json
from mandegar.events import CustomerKey
from mandegar.events.topics import partition_key, partition_of


class KeyRow(Struct, frozen=True):
    """What is known of a customer before anything is: who they are, and in which partition."""

    shop: str
    customer_id: str
    partition: int


async def lock_customers(connection: Connection, keys: Iterable[CustomerKey], partitions: int) -> None:
    """Make sure a row exists for each customer and lock them all, in key order, until the transaction ends."""
    ordered = sorted(set(keys))
    if not ordered:
        return
    # An update that changes no row still locks the row that it did not change.
    await connection.execute(
        """
        INSERT INTO customers AS c (shop, customer_id, partition)
        SELECT * FROM json_to_recordset($1::json) AS w(shop text, customer_id text, partition smallint)
        ON CONFLICT (shop, customer_id) DO UPDATE SET partition = c.partition WHERE false
        """,
        as_json([KeyRow(*key, partition_of(partition_key(*key), partitions)) for key in ordered]),
    )
