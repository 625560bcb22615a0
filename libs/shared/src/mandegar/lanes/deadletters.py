"""Records that can never be applied: kept with their cause, looked at and released by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mandegar.database import Connection, Row
from mandegar.stream import Record

DETAIL_MAX = 500


class DeadLetter(NamedTuple):
    """A record and why it could not be applied."""

    record: Record
    code: str
    detail: str
    event_id: UUID | None = None
    shop: str | None = None


async def keep(connection: Connection, group: str, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Write ``letters`` in the batch's own transaction. The same record again is the same letter."""
    if not letters:
        return
    await connection.executemany(
        """
        INSERT INTO dead_letters
            (consumer_group, topic, partition, record_offset, key, value, event_id, shop, code, detail, received_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT DO NOTHING
        """,
        [
            (
                group,
                *(letter.record[:5]),
                letter.event_id,
                letter.shop and letter.shop.replace("\x00", ""),
                letter.code,
                letter.detail[:DETAIL_MAX].replace("\x00", ""),
                now,
            )
            for letter in letters
        ],
    )


async def list_letters(
    connection: Connection, *, shop: str | None, before: int | None, limit: int, include_released: bool
) -> list[Row]:
    """The newest dead letters first, without their bodies; of one shop, or of all and of none."""
    return await connection.fetch(
        """
        SELECT id, consumer_group, topic, partition, record_offset, event_id, shop, code, detail,
               received_at, released_at
        FROM dead_letters
        WHERE ($1::bigint IS NULL OR id < $1) AND ($3 OR released_at IS NULL) AND ($4::text IS NULL OR shop = $4)
        ORDER BY id DESC LIMIT $2
        """,
        before,
        limit,
        include_released,
        shop,
    )


async def take_letter(connection: Connection, letter_id: int) -> Row | None:
    """One dead letter, locked, for its release."""
    return await connection.fetchrow("SELECT * FROM dead_letters WHERE id = $1 FOR UPDATE", letter_id)


async def mark_released(connection: Connection, letter_id: int, now: datetime) -> None:
    await connection.execute("UPDATE dead_letters SET released_at = $2 WHERE id = $1", letter_id, now)


async def count_open(connection: Connection) -> int:
    """Dead letters that nobody has released."""
    count: int = await connection.fetchval("SELECT count(*) FROM dead_letters WHERE released_at IS NULL")
    return count
