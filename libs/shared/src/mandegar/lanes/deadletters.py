"""The rows of dead letters: records that could not be applied, with the reason. Operators list and release them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mandegar.database import Connection, Row, WorkerConnection
from mandegar.stream import Record

DETAIL_MAX = 500


class DeadLetter(NamedTuple):
    """A record that could not be applied; ``code`` is stable, ``detail`` describes the error."""

    record: Record
    code: str
    detail: str
    event_id: UUID | None = None
    shop: str | None = None


async def keep(connection: WorkerConnection, group: str, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Insert ``letters`` in the batch's transaction. A record that is a dead letter already is not inserted again."""
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
    """Dead letters without key and value, newest first. ``shop`` None includes those that belong to no shop."""
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


async def take_letter(connection: WorkerConnection, letter_id: int) -> Row | None:
    """One dead letter, locked until the transaction ends."""
    return await connection.fetchrow("SELECT * FROM dead_letters WHERE id = $1 FOR UPDATE", letter_id)


async def mark_released(connection: WorkerConnection, letter_id: int, now: datetime) -> None:
    await connection.execute("UPDATE dead_letters SET released_at = $2 WHERE id = $1", letter_id, now)


async def delete_letter(connection: WorkerConnection, letter_id: int) -> None:
    await connection.execute("DELETE FROM dead_letters WHERE id = $1", letter_id)


async def count_open(connection: Connection) -> int:
    """The number of dead letters that were not released."""
    count: int = await connection.fetchval("SELECT count(*) FROM dead_letters WHERE released_at IS NULL")
    return count
