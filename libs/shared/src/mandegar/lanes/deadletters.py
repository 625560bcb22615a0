"""The rows of dead letters: records that could not be applied, with the reason. Operators list and release them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mandegar.database import Connection, Row, WorkerConnection
from mandegar.outbox.rows import RELAY
from mandegar.stream import Record

DETAIL_MAX = 500
# Open dead letters of one shop, or of none, that keep their content. Of others the place of the record is kept.
CONTENTS_MAX = 10_000
CONTENT_BYTES_MAX = 64 * 1024 * 1024
DELETE_LIMIT = 1_000


class DeadLetter(NamedTuple):
    """A record that could not be applied; ``code`` is stable, ``detail`` describes the error."""

    record: Record
    code: str
    detail: str
    event_id: UUID | None = None
    shop: str | None = None


async def keep(connection: WorkerConnection, group: str, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Insert ``letters`` in the batch's transaction. A record that is a dead letter already is not inserted again.

    A shop that has too many is not braked, and no record is lost: of what is above the budget, key and value are left
    out, and topic, partition and offset name the record that holds them.
    """
    if not letters:
        return
    letters = [letter._replace(shop=letter.shop and letter.shop.replace("\x00", "")) for letter in letters]
    letters = await _without_content_above_budget(connection, letters)
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
                letter.shop,
                letter.code,
                letter.detail[:DETAIL_MAX].replace("\x00", ""),
                now,
            )
            for letter in letters
        ],
    )


async def reopen(connection: WorkerConnection, group: str, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Open released dead letters again whose events waited since and could not be applied either."""
    await connection.executemany(
        """
        UPDATE dead_letters SET released_at = NULL, code = $5, detail = $6, received_at = $7
        WHERE (consumer_group, topic, partition, record_offset) = ($1, $2, $3, $4) AND released_at IS NOT NULL
        """,
        [
            (group, *letter.record[:3], letter.code, letter.detail[:DETAIL_MAX].replace("\x00", ""), now)
            for letter in letters
        ],
    )


async def _without_content_above_budget(
    connection: WorkerConnection, letters: Sequence[DeadLetter]
) -> Sequence[DeadLetter]:
    rows = await connection.fetch(
        """
        SELECT coalesce(shop, '') AS shop, count(*) AS letters, sum(octet_length(value))::bigint AS bytes
        FROM dead_letters
        WHERE released_at IS NULL AND value IS NOT NULL AND (shop = ANY($1::text[]) OR shop IS NULL)
          AND consumer_group <> $2
        GROUP BY 1
        """,
        list({letter.shop for letter in letters if letter.shop is not None}),
        RELAY,
    )
    held = {row["shop"]: (row["letters"], row["bytes"]) for row in rows}
    kept: list[DeadLetter] = []
    for letter in letters:
        number, size = held.get(letter.shop or "", (0, 0))
        size += len(letter.record.value or b"")
        if number < CONTENTS_MAX and size <= CONTENT_BYTES_MAX:
            held[letter.shop or ""] = number + 1, size
            kept.append(letter)
        else:
            kept.append(letter._replace(record=letter.record._replace(key=None, value=None)))
    return kept


async def list_letters(
    connection: Connection, *, shop: str | None, before: int | None, limit: int, include_released: bool
) -> list[Row]:
    """Dead letters without key and value, newest first. ``shop`` None includes those that belong to no shop."""
    return await connection.fetch(
        """
        SELECT id, consumer_group, topic, partition, record_offset, event_id, shop, code, detail,
               received_at, released_at, value IS NOT NULL AS has_content
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


async def delete_released(connection: WorkerConnection, before: datetime) -> int:
    """Delete at most ``DELETE_LIMIT`` dead letters that were released before an instant; returns how many."""
    return await _count(
        connection,
        """
        WITH old AS (
            SELECT id FROM dead_letters WHERE released_at < $1 ORDER BY released_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ), gone AS (DELETE FROM dead_letters d USING old WHERE d.id = old.id RETURNING 1)
        SELECT count(*) FROM gone
        """,
        before,
    )


async def delete_contents(connection: WorkerConnection, before: datetime) -> int:
    """Empty at most ``DELETE_LIMIT`` open dead letters from before an instant; returns how many.

    What the relay could not publish is on no topic, so its content stays.
    """
    return await _count(
        connection,
        """
        WITH old AS (
            SELECT id FROM dead_letters WHERE released_at IS NULL AND value IS NOT NULL AND received_at < $1
              AND consumer_group <> 'relay'
            LIMIT $2 FOR UPDATE SKIP LOCKED
        ), emptied AS (
            UPDATE dead_letters d SET key = NULL, value = NULL FROM old WHERE d.id = old.id RETURNING 1
        )
        SELECT count(*) FROM emptied
        """,
        before,
    )


async def _count(connection: WorkerConnection, statement: str, before: datetime) -> int:
    count: int = await connection.fetchval(statement, before, DELETE_LIMIT)
    return count


async def count_open(connection: Connection) -> int:
    """The number of dead letters that were not released."""
    count: int = await connection.fetchval("SELECT count(*) FROM dead_letters WHERE released_at IS NULL")
    return count
