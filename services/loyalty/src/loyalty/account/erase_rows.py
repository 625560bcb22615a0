"""Entries of erased customers: they leave the ledger, or stay in it for the books without the person."""

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec import Struct

from mandegar.database import KEYS, Connection, WorkerConnection, as_json, keys_as_json, record_set
from mandegar.events import CustomerKey

# A third of a second.
ENTRIES_AT_ONCE = 10_000


class Pseudonym(Struct, frozen=True):
    """Under what the amounts of a customer stay: ``pseudonym`` takes the place of the id, ``lot_id`` that of all lots.

    Lots are told apart no more, because their ids follow from those of customer and order.
    """

    shop: str
    customer_id: str
    pseudonym: str
    lot_id: UUID


_LONG = f"""
    SELECT w.shop, w.customer_id FROM {KEYS} CROSS JOIN LATERAL (
        SELECT FROM entries e WHERE e.shop = w.shop AND e.customer_id = w.customer_id LIMIT $2 + 1) AS counted
    GROUP BY w.shop, w.customer_id HAVING count(*) > $2
"""  # noqa: S608
_DELETE = f"""
    WITH gone AS (
        DELETE FROM entries WHERE ctid = ANY(ARRAY(
            SELECT e.ctid FROM {KEYS} JOIN entries e USING (shop, customer_id) LIMIT $2))
        RETURNING shop, customer_id
    )
    SELECT shop, customer_id, count(*) FROM gone GROUP BY shop, customer_id
"""  # noqa: S608
_LEAVE_AMOUNTS = f"""
    WITH kept AS (
        UPDATE entries e SET
            entry_id = gen_random_uuid(), customer_id = w.pseudonym, lot_id = w.lot_id, order_id = '', cause = NULL,
            triggered_by = NULL, earned_as = NULL
        FROM {record_set(Pseudonym)}
        WHERE e.shop = w.shop AND e.customer_id = w.customer_id AND e.ctid = ANY(ARRAY(
            SELECT o.ctid FROM {record_set(Pseudonym)} JOIN entries o USING (shop, customer_id) LIMIT $2))
        RETURNING w.shop, w.customer_id
    )
    SELECT shop, customer_id, count(*) FROM kept GROUP BY shop, customer_id
"""  # noqa: S608


async def load_long(connection: Connection, keys: Collection[CustomerKey], at_most: int) -> set[CustomerKey]:
    """Those of the customers who have more than ``at_most`` entries."""
    rows = await connection.fetch(_LONG, keys_as_json(keys), at_most)
    return {CustomerKey(*row) for row in rows}


async def delete_entries(connection: WorkerConnection, keys: Collection[CustomerKey]) -> Counter[CustomerKey]:
    """Delete the entries of customers, which row-level security permits of erased ones; returns how many they were."""
    return await _in_parts(connection, _DELETE, keys_as_json(keys))


async def leave_amounts(connection: WorkerConnection, pseudonyms: Sequence[Pseudonym]) -> Counter[CustomerKey]:
    """Leave of entries the shop, amounts and instants, which no serving role may change; returns how many they were.

    Their ids are new ones, because those that they had follow from the ids of customer and order.
    """
    return await _in_parts(connection, _LEAVE_AMOUNTS, as_json(pseudonyms))


async def _in_parts(connection: WorkerConnection, statement: str, argument: str) -> Counter[CustomerKey]:
    """Run a statement until it finds no more: no single one takes longer than a statement may."""
    counts = Counter[CustomerKey]()
    while True:
        rows = await connection.fetch(statement, argument, ENTRIES_AT_ONCE)
        counts.update({CustomerKey(shop, customer_id): count for shop, customer_id, count in rows})
        if sum(row["count"] for row in rows) < ENTRIES_AT_ONCE:
            return counts
