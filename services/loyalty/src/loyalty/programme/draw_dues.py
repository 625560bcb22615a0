"""When the next draw of a shop is due: one row for each shop, which asks to be looked at whenever its rules change."""

from collections.abc import Collection
from datetime import datetime

from mandegar.database import Connection, WorkerConnection


async def look_at_draws(connection: Connection, shops: Collection[str]) -> None:
    """Have the draws of shops looked at: their programme or their zone has changed."""
    await connection.execute(
        """
        INSERT INTO draw_dues (shop, next_at) SELECT shop, '-infinity' FROM unnest($1::text[]) AS w(shop) ORDER BY shop
        ON CONFLICT (shop) DO UPDATE SET next_at = excluded.next_at
        """,
        sorted(shops),
    )


async def due_shop(connection: WorkerConnection, now: datetime) -> str | None:
    """An announced shop whose draws are due, locked; None if none are."""
    shop: str | None = await connection.fetchval(
        """
        SELECT shop FROM draw_dues d WHERE next_at <= $1 AND EXISTS (SELECT FROM shops s WHERE s.shop = d.shop)
        ORDER BY next_at, shop LIMIT 1 FOR UPDATE SKIP LOCKED
        """,
        now,
    )
    return shop


async def look_again_at(connection: WorkerConnection, shop: str, at: datetime | None) -> None:
    """Have the draws of a shop, which is locked, looked at again at an instant; None: when its rules change."""
    if at is None:
        await connection.execute("DELETE FROM draw_dues WHERE shop = $1", shop)
    else:
        await connection.execute("UPDATE draw_dues SET next_at = $2 WHERE shop = $1", shop, at)
