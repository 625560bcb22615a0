"""Orders that have left the row of their customer: each has a row of its own, found by the order's name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from churn.domain.packed import Packed
from mandegar.database import Connection, WorkerConnection, key_columns, keys_as_json
from mandegar.events import CustomerKey

# Names are unsigned, bigint is not.
_SIGN: Final = 1 << 63

# The older orders of ``customers c``, for a statement that reads them with the customer's row.
OLDER: Final = {"older_names": "bigint[]", "older_records": "bytea[]"}
OLDER_QUERY: Final = "o.names, o.records"
OLDER_TABLES: Final = """        LEFT JOIN LATERAL (
            SELECT array_agg(name) AS names, array_agg(record) AS records
            FROM older_orders WHERE shop = c.shop AND customer_id = c.customer_id) o ON true
"""


async def look_up_older(
    connection: WorkerConnection, packs: Mapping[CustomerKey, Packed], names: Mapping[CustomerKey, Collection[int]]
) -> None:
    """Read the older orders with these names: one query, and none if no customer has older orders."""
    wanted = {key: asked for key, pack in packs.items() if (asked := pack.names_to_look_up(names[key]))}
    if not wanted:
        return
    firsts, lasts, listed = list[int](), list[int](), list[int]()
    for asked in wanted.values():
        firsts.append(len(listed) + 1)
        listed += map(_signed, asked)
        lasts.append(len(listed))
    # One search of the index for all names of a customer that lie in one page, instead of one for each.
    rows = await connection.fetch(
        """
        SELECT shop, customer_id, name, record
        FROM unnest($1::text[], $2::text[], $3::int[], $4::int[]) AS w(shop, customer_id, first, last)
            JOIN older_orders o USING (shop, customer_id)
        WHERE o.name = ANY (($5::bigint[])[w.first:w.last])
        """,
        *key_columns(wanted),
        firsts,
        lasts,
        listed,
    )
    found: dict[CustomerKey, dict[int, bytes]] = {key: {} for key in wanted}
    for shop, customer_id, name, record in rows:
        found[CustomerKey(shop, customer_id)][_unsigned(name)] = record
    for key, asked in wanted.items():
        packs[key].find_older(asked, found[key])


async def complete(connection: Connection, packs: Mapping[CustomerKey, Packed]) -> None:
    """Read all older orders of customers."""
    for key, pack in packs.items():
        if not pack.is_complete:
            rows = await connection.fetch(
                "SELECT name, record FROM older_orders WHERE (shop, customer_id) = ($1, $2)", *key
            )
            pack.complete({_unsigned(name): record for name, record in rows})


async def complete_together(connection: WorkerConnection, packs: Mapping[CustomerKey, Packed]) -> None:
    """Read all older orders of customers in one query."""
    some = {key: pack for key, pack in packs.items() if not pack.is_complete}
    if not some:
        return
    rows = await connection.fetch(
        """
        SELECT shop, customer_id, name, record
        FROM json_to_recordset($1::json) AS w(shop text, customer_id text)
            JOIN older_orders USING (shop, customer_id)
        """,
        keys_as_json(some),
    )
    found: dict[CustomerKey, dict[int, bytes]] = {key: {} for key in some}
    for shop, customer_id, name, record in rows:
        found[CustomerKey(shop, customer_id)][_unsigned(name)] = record
    for key, pack in some.items():
        pack.complete(found[key])


async def delete_older(connection: WorkerConnection, keys: Collection[CustomerKey]) -> None:
    """Delete the older orders of customers."""
    if keys:
        await connection.execute(
            """
            DELETE FROM older_orders o
            USING json_to_recordset($1::json) AS w(shop text, customer_id text)
            WHERE o.shop = w.shop AND o.customer_id = w.customer_id
            """,
            keys_as_json(keys),
        )


def older_in(row: Sequence[Any]) -> dict[int, bytes]:
    """The records of older orders, by name, in the columns ``OLDER``."""
    names, records = row
    return {_unsigned(name): record for name, record in zip(names or (), records or (), strict=True)}


async def add_older(connection: WorkerConnection, older: Mapping[CustomerKey, Mapping[int, bytes]]) -> None:
    """Write orders that have left the rows of their customers. None of them has a row yet."""
    await connection.execute(
        """
        INSERT INTO older_orders (shop, customer_id, name, record)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[])
        """,
        *_columns_of(older),
    )


async def change_older(connection: WorkerConnection, older: Mapping[CustomerKey, Mapping[int, bytes]]) -> None:
    """Write older orders that have changed."""
    await connection.execute(
        """
        UPDATE older_orders o SET record = w.record
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[]) AS w(shop, customer_id, name, record)
        WHERE (o.shop, o.customer_id, o.name) = (w.shop, w.customer_id, w.name)
        """,
        *_columns_of(older),
    )


def _columns_of(
    older: Mapping[CustomerKey, Mapping[int, bytes]],
) -> tuple[list[str], list[str], list[int], list[bytes]]:
    return (
        [key.shop for key, records in older.items() for _ in records],
        [key.customer_id for key, records in older.items() for _ in records],
        [_signed(name) for records in older.values() for name in records],
        [record for records in older.values() for record in records.values()],
    )


def _signed(name: int) -> int:
    return name - 2 * _SIGN if name >= _SIGN else name


def _unsigned(name: int) -> int:
    return name % (2 * _SIGN)
