"""Rows of draws, and who may win."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from mandegar.database import Connection, WorkerConnection


class DrawRow(NamedTuple):
    """One row of ``draws``: a draw, and once it is held the pseudonyms of who entered it and who won."""

    shop: str
    draw: str
    programme_version: int
    seed_hash: str
    seed: str
    begins_at: datetime
    ends_at: datetime
    held_at: datetime
    entrants: Sequence[str] = ()
    winners: Sequence[str] = ()


_COLUMNS = ", ".join(DrawRow._fields)
_LOAD = f"SELECT {_COLUMNS} FROM draws WHERE shop = $1 AND draw = $2"  # noqa: S608
_INSERT = f"""
    INSERT INTO draws ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING
"""  # noqa: S608
# Orders that earned in the span, less what was taken back since. The instant of posting, which is no earlier than that
# of the payment but for clocks that differ, has the index.
_ENTRANTS = r"""
    WITH earned AS (
        SELECT DISTINCT customer_id, order_id FROM entries
        WHERE shop = $1 AND kind = 'earn' AND posted_at >= $2::timestamptz - interval '1 day'
            AND effective_at >= $2 AND effective_at < $3 AND position(E'' IN order_id) = 0
    )
    SELECT e.customer_id FROM earned JOIN entries e USING (customer_id, order_id)
    JOIN customers c ON c.shop = e.shop AND c.customer_id = e.customer_id
    WHERE e.shop = $1 AND e.kind IN ('earn', 'reverse') AND c.merged_into IS NULL AND c.erased_at IS NULL
    GROUP BY e.customer_id HAVING sum(e.points) > 0 LIMIT $4
"""
# The entries of a season are many rows: the planner chooses, as in reports.
_CHOOSES = "SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL enable_seqscan = on"
_AS_BEFORE = "RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_seqscan"
ENTRANTS_SECONDS = 60.0


async def load_draw(connection: Connection, shop: str, draw: str) -> DrawRow | None:
    """A draw that was held."""
    row = await connection.fetchrow(_LOAD, shop, draw)
    return None if row is None else DrawRow(*row)


async def latest_draws(connection: Connection, shop: str, at_most: int) -> list[tuple[str, datetime]]:
    """The draws of a shop that were held last, the newest first, each with the instant."""
    rows = await connection.fetch(
        "SELECT draw, held_at FROM draws WHERE shop = $1 ORDER BY held_at DESC, draw LIMIT $2", shop, at_most
    )
    return [(draw, held_at) for draw, held_at in rows]


async def insert_draw(connection: WorkerConnection, row: DrawRow) -> None:
    """Store a draw; a repeated one changes nothing."""
    await connection.execute(_INSERT, *row)


async def customers_entered(
    connection: Connection, shop: str, begin: datetime, end: datetime, at_most: int
) -> list[str]:
    """The customers who earned points by orders in a span, and have not given all of them back."""
    await connection.execute(_CHOOSES)
    rows = await connection.fetch(_ENTRANTS, shop, begin, end, at_most, timeout=ENTRANTS_SECONDS)
    await connection.execute(_AS_BEFORE)
    return [row[0] for row in rows]


async def lock_draws(connection: WorkerConnection, shop: str) -> None:
    """One draw of a shop is held at a time."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('draws:' || $1, 0))", shop)
