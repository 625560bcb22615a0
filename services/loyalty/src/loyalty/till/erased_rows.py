"""The ids of redemptions and adjustments of erased customers, and those that their keys make instead.

An id follows from an ``Idempotency-Key``, and the ids of events from it. Readers of the topic know these for ever, so
what is made under the same key after an erasure has an id of its own.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeAlias, TypeVar
from uuid import UUID

from loyalty.domain.ids import NAME
from mandegar.database import KEYS, Connection, WorkerConnection, keys_as_json
from mandegar.events import CustomerKey, derived_id

# A command's id in a shop.
CommandId = tuple[str, UUID]
Stored = TypeVar("Stored")
Load: TypeAlias = Callable[[WorkerConnection, Collection[CommandId]], Awaitable[dict[CommandId, Stored]]]

_OF_CUSTOMERS = f"""
    WITH made AS (
        SELECT shop, customer_id, redemption_id AS command_id FROM redemptions JOIN {KEYS} USING (shop, customer_id)
        UNION ALL
        SELECT shop, customer_id, adjustment_id FROM adjustments JOIN {KEYS} USING (shop, customer_id)
    ), kept AS (
        INSERT INTO erased_commands (shop, command_id) SELECT shop, command_id FROM made ON CONFLICT DO NOTHING
    )
    SELECT shop, customer_id, count(*) FROM made GROUP BY shop, customer_id
"""  # noqa: S608
_KEEP = """
    INSERT INTO erased_commands (shop, command_id) SELECT shop, id FROM unnest($1::text[], $2::uuid[]) AS w(shop, id)
    ON CONFLICT DO NOTHING
"""
_AMONG = """
    SELECT shop, command_id FROM erased_commands
    JOIN unnest($1::text[], $2::uuid[]) AS w(shop, command_id) USING (shop, command_id)
"""


async def keep_ids_of(connection: WorkerConnection, customers: Collection[CustomerKey]) -> dict[CustomerKey, int]:
    """Keep the ids of what customers redeemed and were given, before they are erased; returns how many there are."""
    rows = await connection.fetch(_OF_CUSTOMERS, keys_as_json(customers))
    return {CustomerKey(shop, customer_id): count for shop, customer_id, count in rows}


async def keep_ids(connection: WorkerConnection, ids: Collection[CommandId]) -> None:
    """Keep ids of erased customers."""
    await connection.execute(_KEEP, [shop for shop, _ in ids], [id_ for _, id_ in ids])


async def load_in_use(
    connection: WorkerConnection, ids: Collection[CommandId], load: Load[Stored]
) -> tuple[dict[CommandId, UUID], dict[CommandId, Stored]]:
    """What each id is by now, as in ``ids_in_use``, and what is stored under those.

    What is stored is asked first. An erasure that is committed between the two questions, of a customer whom this
    transaction has not locked, would otherwise be seen by the second alone, and the first id be made again.
    """
    stored: dict[CommandId, Stored] = {}
    asked, asked_before = {*ids}, set[CommandId]()
    in_use: dict[CommandId, UUID] = {}
    while asked:
        stored |= await load(connection, asked)
        asked_before |= asked
        in_use = await ids_in_use(connection, ids)
        asked = {(shop, id_) for (shop, _), id_ in in_use.items()} - asked_before
    return in_use, stored


async def ids_in_use(connection: Connection, ids: Collection[CommandId]) -> dict[CommandId, UUID]:
    """What each id is by now: itself, or the one that follows once its customer was erased."""
    found = {each: each[1] for each in ids}
    asked = set(ids)
    while asked:
        rows = await connection.fetch(_AMONG, [shop for shop, _ in asked], [id_ for _, id_ in asked])
        erased = {(row["shop"], row["command_id"]) for row in rows}
        asked = set()
        for (shop, first), id_ in found.items():
            if (shop, id_) in erased:
                found[shop, first] = derived_id(NAME, str(id_), "after an erasure")
                asked.add((shop, found[shop, first]))
    return found
