"""Erasures that are not finished, and what they still have to look through."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from mandegar.database import Row, WorkerConnection
from mandegar.events import CustomerKey


class Unfinished(NamedTuple):
    """An erasure with the ids of its person. ``is_last``: no transaction runs any more that had begun before it."""

    shop: str
    erasure_id: UUID
    ids: Sequence[str]
    is_last: bool

    @property
    def keys(self) -> list[CustomerKey]:
        return [CustomerKey(self.shop, id_) for id_ in self.ids]


async def add_unfinished(connection: WorkerConnection, shop: str, erasure_id: UUID, ids: Sequence[str]) -> None:
    """Note that of these ids something may still be found."""
    await connection.execute(
        "INSERT INTO unfinished_erasures (shop, erasure_id, customer_id) SELECT $1, $2, unnest($3::text[])",
        shop,
        erasure_id,
        ids,
    )


async def is_unfinished(connection: WorkerConnection, shop: str, erasure_id: UUID) -> bool:
    """Whether the erasure still has something to look through."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM unfinished_erasures WHERE shop = $1 AND erasure_id = $2)", shop, erasure_id
    )
    return found


async def take_unfinished(connection: WorkerConnection) -> Unfinished | None:
    """Lock an erasure that can go on and that nobody else has.

    It waits after its first pass until the transactions have ended that had begun by then.
    """
    row = await connection.fetchrow(
        """
        WITH taken AS (
            SELECT shop, erasure_id, running_until FROM unfinished_erasures
            WHERE running_until IS NULL OR running_until < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
            LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        SELECT u.shop, u.erasure_id, array_agg(u.customer_id), bool_and(taken.running_until IS NOT NULL)
        FROM taken JOIN unfinished_erasures u USING (shop, erasure_id) GROUP BY u.shop, u.erasure_id
        """
    )
    return None if row is None else Unfinished(*row)


async def set_running_until(connection: WorkerConnection, erasure: Unfinished) -> None:
    """Note which transactions have to end before the erasure is looked through for the last time."""
    await connection.execute(
        """
        UPDATE unfinished_erasures SET running_until = pg_current_xact_id()::text::bigint
        WHERE shop = $1 AND erasure_id = $2
        """,
        erasure.shop,
        erasure.erasure_id,
    )


async def end(connection: WorkerConnection, erasure: Unfinished) -> None:
    """Note that the erasure is finished."""
    await connection.execute(
        "DELETE FROM unfinished_erasures WHERE shop = $1 AND erasure_id = $2", erasure.shop, erasure.erasure_id
    )


async def next_unnamed(connection: WorkerConnection, shop: str, limit: int) -> list[Row]:
    """Events in quarantine, with their bodies, of which no release has stored yet whom they name."""
    return await connection.fetch(
        "SELECT id, body FROM quarantine WHERE shop = $1 AND names IS NULL LIMIT $2", shop, limit
    )


async def next_letters(connection: WorkerConnection, shop: str, after: int, limit: int) -> list[Row]:
    """The next dead letters, by id, of what a shop produced into topics of its own."""
    return await connection.fetch(
        """
        SELECT id, value FROM dead_letters
        WHERE shop = $1 AND id > $2 AND value IS NOT NULL AND starts_with(topic, 'raw.')
        ORDER BY id LIMIT $3
        """,
        shop,
        after,
        limit,
    )


async def delete_letters(connection: WorkerConnection, ids: Sequence[int]) -> None:
    """Delete dead letters."""
    await connection.execute("DELETE FROM dead_letters WHERE id = ANY($1::bigint[])", ids)
