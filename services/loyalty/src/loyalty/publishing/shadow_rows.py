"""Rows of programmes in the shadow of the live one."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from loyalty.replays.kind import SHADOW
from mandegar.database import Connection, Row, ShopConnection, WorkerConnection

# A shadow that is due while it is still computed waits so long.
POSTPONED: Final = timedelta(minutes=5)


class Shadow(NamedTuple):
    """A document that is counted beside the live one ``since`` an instant, and what is asked of its replays, as JSON.

    ``next_at`` is when it is computed next; None once it was promoted, as ``promoted_version``.
    """

    shop: str
    document: str
    request: str
    since: datetime
    every_hours: int
    next_at: datetime | None
    promoted_version: int | None = None


_COLUMNS = ", ".join(Shadow._fields)
_STORE = f"""
    INSERT INTO shadows ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (shop) DO UPDATE SET (document, request, since, every_hours, next_at, promoted_version) =
        (excluded.document, excluded.request, excluded.since, excluded.every_hours, excluded.next_at,
        excluded.promoted_version)
"""  # noqa: S608
_OF_SHOP = f"SELECT {_COLUMNS} FROM shadows WHERE shop = $1"  # noqa: S608
_DUE = f"SELECT {_COLUMNS} FROM shadows WHERE next_at <= $1 ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED"  # noqa: S608


async def store_shadow(connection: ShopConnection, shadow: Shadow) -> None:
    """Store the shadow of a shop, in place of another one."""
    await connection.execute(_STORE, *shadow)


async def shadow_of(connection: Connection, shop: str) -> Shadow | None:
    """The shadow of a shop."""
    row = await connection.fetchrow(_OF_SHOP, shop)
    return None if row is None else Shadow(*row)


async def due_shadow(connection: WorkerConnection, now: datetime) -> Shadow | None:
    """A shadow that is due, locked; None if none is."""
    row = await connection.fetchrow(_DUE, now)
    return None if row is None else Shadow(*row)


async def compute_next_at(connection: WorkerConnection, shop: str, at: datetime) -> None:
    """Let the shadow of a shop, which is locked, be due at an instant."""
    await connection.execute("UPDATE shadows SET next_at = $2 WHERE shop = $1", shop, at)


async def delete_shadow(connection: ShopConnection, shop: str) -> None:
    """End the shadow of a shop."""
    await connection.execute("DELETE FROM shadows WHERE shop = $1", shop)


async def record_promotion(connection: ShopConnection, shop: str, document: str, version: int) -> None:
    """Record that the document of a shadow was stored as a version; it is not computed any more."""
    await connection.execute(
        "UPDATE shadows SET promoted_version = $3, next_at = NULL WHERE shop = $1 AND document = $2",
        shop,
        document,
        version,
    )


async def cancel_open(connection: ShopConnection, shop: str, now: datetime) -> None:
    """Cancel what is computed of the shadow of a shop: nobody will ask for it."""
    await connection.execute(
        """
        UPDATE replays SET status = 'cancelled', finished_at = $3
        WHERE shop = $1 AND purpose = $2 AND status IN ('waiting', 'running')
        """,
        shop,
        SHADOW,
        now,
    )


async def shadow_replays(connection: Connection, shop: str, since: datetime) -> list[Row]:
    """The latest replays of a shadow that began at an instant, the newest first."""
    return await connection.fetch(
        """
        SELECT replay_id, status, result FROM replays
        WHERE shop = $1 AND purpose = $2 AND created_at >= $3 ORDER BY created_at DESC LIMIT 3
        """,
        shop,
        SHADOW,
        since,
    )


async def delete_superseded(connection: WorkerConnection, shop: str) -> None:
    """Delete the replays of a shop's shadows but for the latest that is done."""
    await connection.execute(
        """
        WITH gone AS (
            DELETE FROM replays r WHERE r.shop = $1 AND r.purpose = $2 AND r.replay_id IS DISTINCT FROM (
                SELECT replay_id FROM replays WHERE shop = $1 AND purpose = $2 AND status = 'done'
                ORDER BY created_at DESC LIMIT 1
            ) RETURNING shop, replay_id
        )
        DELETE FROM replay_customers c USING gone WHERE (c.shop, c.replay_id) = (gone.shop, gone.replay_id)
        """,
        shop,
        SHADOW,
    )
