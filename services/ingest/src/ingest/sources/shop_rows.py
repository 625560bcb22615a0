"""The rows of shops. Ingest writes them first; the other services copy them from ``shop.updated``."""

from mandegar.database import WorkerConnection
from mandegar.shops import Shop, load_shops


async def lock_shop(connection: WorkerConnection, shop: str) -> Shop | None:
    """The current settings, locked until the transaction ends, or None for a shop that does not exist yet."""
    await connection.execute("SELECT pg_advisory_xact_lock(7302, hashtext($1))", shop)
    return (await load_shops(connection, {shop})).get(shop)
