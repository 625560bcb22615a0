"""Locks customers. Lanes, the timer and commands all lock in key order, so that they do not deadlock."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from mandegar.customers.standings import Standing, Standings
from mandegar.database import WriteConnection, as_json
from mandegar.events import CustomerKey
from mandegar.events.topics import partition_key, partition_of


class KeyRow(Struct, frozen=True):
    """The columns of a customer's row that have no default."""

    shop: str
    customer_id: str
    partition: int


async def lock_customers(connection: WriteConnection, keys: Iterable[CustomerKey], partitions: int) -> Standings:
    """Insert the missing rows of ``keys`` and lock all of them, in key order, until the transaction ends.

    Returns the root of each that is an alias, and the standing of each that is or was erased; the roots are locked as
    well.
    """
    aliases: dict[CustomerKey, CustomerKey] = {}
    erasures: dict[CustomerKey, Standing] = {}
    wanted = set(keys)
    locked: set[CustomerKey] = set()
    while ordered := sorted(wanted - locked):
        # ON CONFLICT DO UPDATE locks an existing row even where WHERE leaves it unchanged. Only aliases, and those who
        # are or were erased, are returned, as they are once their lock is held.
        rows = await connection.fetch(
            """
            WITH locked AS (
                INSERT INTO customers AS c (shop, customer_id, partition)
                SELECT * FROM json_to_recordset($1::json) AS w(shop text, customer_id text, partition smallint)
                ON CONFLICT (shop, customer_id) DO UPDATE SET partition = c.partition
                WHERE c.merged_into IS NOT NULL OR c.erasure_version IS NOT NULL
                RETURNING c.shop, c.customer_id, c.merged_into, c.erased_at IS NOT NULL AS erased,
                    c.erasure_version, c.erased_before, c.erased_profile, c.erased_by
            )
            SELECT * FROM locked WHERE merged_into IS NOT NULL OR erasure_version IS NOT NULL
            """,
            as_json([KeyRow(*key, partition_of(partition_key(*key), partitions)) for key in ordered]),
        )
        locked.update(ordered)
        for shop, customer_id, root, *standing in rows:
            key = CustomerKey(shop, customer_id)
            if root is not None:
                aliases[key] = CustomerKey(shop, root)
            if standing[1] is not None:
                erasures[key] = Standing(*standing)
        # Roots come after their aliases, out of order: two transactions that meet here are told apart as a deadlock,
        # and the one that is rolled back is tried again.
        wanted = {*aliases.values()}
    return Standings({alias: root_of(alias, aliases) for alias in aliases}, erasures)


def root_of(key: CustomerKey, aliases: Mapping[CustomerKey, CustomerKey]) -> CustomerKey:
    """The customer whom ``key`` leads to, by any number of aliases."""
    while (root := aliases.get(key)) is not None:
        key = root
    return key
