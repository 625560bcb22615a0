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


async def take_due_shop(connection: WorkerConnection, now: datetime, until: datetime) -> str | None:
    """An announced shop whose draws are due, which nobody else takes until an instant; None if none are."""
    shop: str | None = await connection.fetchval(
        """
        UPDATE draw_dues SET next_at = $2 WHERE shop = (
            SELECT shop FROM draw_dues d WHERE next_at <= $1 AND EXISTS (SELECT FROM shops s WHERE s.shop = d.shop)
            ORDER BY next_at, shop LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING shop
        """,
        now,
        until,
    )
    return shop


async def are_due_by(connection: WorkerConnection, until: datetime) -> bool:
    """Whether draws of any announced shop are due by an instant."""
    due: bool = await connection.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM draw_dues d WHERE next_at <= $1 AND EXISTS (SELECT FROM shops s WHERE s.shop = d.shop)
        )
        """,
        until,
    )
    return due


async def crowded_draws(connection: Connection, shop: str) -> frozenset[str]:
    """The due draws of a shop that had too many entrants when they were tried last."""
    return frozenset(await connection.fetchval("SELECT crowded FROM draw_dues WHERE shop = $1", shop) or ())


async def look_again_at(
    connection: WorkerConnection, shop: str, at: datetime | None, taken: datetime, crowded: Collection[str]
) -> None:
    """Have the draws of a shop, taken until ``taken``, looked at again at an instant; None: when its rules change.
    ``crowded`` are those that had too many entrants.

    Nothing happens if they have changed meanwhile, or if somebody else has taken it.
    """
    if at is None:
        await connection.execute("DELETE FROM draw_dues WHERE shop = $1 AND next_at = $2", shop, taken)
    else:
        await connection.execute(
            "UPDATE draw_dues SET (next_at, crowded) = ($3, $4) WHERE shop = $1 AND next_at = $2",
            shop,
            taken,
            at,
            sorted(crowded),
        )


async def draws_held(connection: Connection, shop: str) -> dict[str, datetime]:
    """The names of a shop's draws that were held, each with the end of its span."""
    rows = await connection.fetch("SELECT draw, ends_at FROM draws WHERE shop = $1", shop)
    return {row["draw"]: row["ends_at"] for row in rows}
