"""Locks customers. Lanes, the timer and commands all lock in key order, so that they do not deadlock."""

from collections.abc import Iterable

from msgspec import Struct

from mandegar.database import WriteConnection, as_json
from mandegar.events import CustomerKey
from mandegar.events.topics import partition_key, partition_of


class KeyRow(Struct, frozen=True):
    """The columns of a customer's row that have no default."""

    shop: str
    customer_id: str
    partition: int


async def lock_customers(connection: WriteConnection, keys: Iterable[CustomerKey], partitions: int) -> None:
    """Insert the missing rows of ``keys`` and lock all of them, in key order, until the transaction ends."""
    ordered = sorted(set(keys))
    if not ordered:
        return
    # ON CONFLICT DO UPDATE locks an existing row even though WHERE false leaves it unchanged.
    await connection.execute(
        """
        INSERT INTO customers AS c (shop, customer_id, partition)
        SELECT * FROM json_to_recordset($1::json) AS w(shop text, customer_id text, partition smallint)
        ON CONFLICT (shop, customer_id) DO UPDATE SET partition = c.partition WHERE false
        """,
        as_json([KeyRow(*key, partition_of(partition_key(*key), partitions)) for key in ordered]),
    )
