"""Locks customers. Lanes, the timer and commands all lock in key order, so that they do not deadlock."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from mandegar.database import WriteConnection, as_json
from mandegar.events import CustomerKey
from mandegar.events.topics import partition_key, partition_of


class KeyRow(Struct, frozen=True):
    """The columns of a customer's row that have no default."""

    shop: str
    customer_id: str
    partition: int


async def lock_customers(
    connection: WriteConnection, keys: Iterable[CustomerKey], partitions: int
) -> dict[CustomerKey, CustomerKey]:
    """Insert the missing rows of ``keys`` and lock all of them, in key order, until the transaction ends.

    Returns the root of each that is an alias; the roots are locked as well.
    """
    aliases: dict[CustomerKey, CustomerKey] = {}
    wanted = set(keys)
    locked: set[CustomerKey] = set()
    while ordered := sorted(wanted - locked):
        # ON CONFLICT DO UPDATE locks an existing row even where WHERE leaves it unchanged. Only aliases are returned,
        # as they are once their lock is held.
        rows = await connection.fetch(
            """
            WITH locked AS (
                INSERT INTO customers AS c (shop, customer_id, partition)
                SELECT * FROM json_to_recordset($1::json) AS w(shop text, customer_id text, partition smallint)
                ON CONFLICT (shop, customer_id) DO UPDATE SET partition = c.partition WHERE c.merged_into IS NOT NULL
                RETURNING c.shop, c.customer_id, c.merged_into
            )
            SELECT shop, customer_id, merged_into FROM locked WHERE merged_into IS NOT NULL
            """,
            as_json([KeyRow(*key, partition_of(partition_key(*key), partitions)) for key in ordered]),
        )
        locked.update(ordered)
        for shop, alias, root in rows:
            aliases[CustomerKey(shop, alias)] = CustomerKey(shop, root)
        # Roots come after their aliases, out of order: two transactions that meet here are told apart as a deadlock,
        # and the one that is rolled back is tried again.
        wanted = {*aliases.values()}
    return {alias: root_of(alias, aliases) for alias in aliases}


def root_of(key: CustomerKey, aliases: Mapping[CustomerKey, CustomerKey]) -> CustomerKey:
    """The customer whom ``key`` leads to, by any number of aliases."""
    while (root := aliases.get(key)) is not None:
        key = root
    return key
