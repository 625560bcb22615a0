"""The lock on orders of a shop: whose an order is, and who is who, is decided under it."""

from collections.abc import Collection
from zlib import crc32

from mandegar.database import WorkerConnection

LOCK_SPACE = 7301


async def exclude_orders(connection: WorkerConnection, shops: Collection[str]) -> None:
    """Take the lock on orders of these shops exclusively: other transactions with their orders have ended by then."""
    await connection.fetch(
        "SELECT pg_advisory_xact_lock($2, lock) FROM unnest($1::int[]) AS w(lock)",
        sorted({lock_of(shop) for shop in shops}),
        LOCK_SPACE,
    )


def lock_of(shop: str) -> int:
    """The number of a shop's lock."""
    return crc32(shop.encode()) - 2**31
