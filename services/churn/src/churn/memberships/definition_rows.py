"""Rows of the segments that a shop has written, and of the generations in which they are in force."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import uuid4

from churn.memberships.built_in import BUILT_INS
from mandegar.database import Connection, Row, WorkerConnection, WriteConnection
from mandegar.documents.kind import DocumentKind
from mandegar.events.churn import SegmentChanged

SEGMENTS: Final = DocumentKind("segment", "segments")


class Stored(NamedTuple):
    """The newest version of a segment; without a document it was removed."""

    name: str
    version: int
    document: str | None
    announced: bool
    changed_at: datetime


class Counts(NamedTuple):
    """How many segments a shop has written, and how many names it has ever used."""

    segments: int
    names: int


async def next_generation(connection: WriteConnection, shop: str, now: datetime) -> int:
    """Begin another generation of a shop's segments: every customer is to be brought under it."""
    generation: int = await connection.fetchval(
        """
        INSERT INTO segment_shops AS s (shop, generation, token, built_ins, changed_at) VALUES ($1, 1, $2, $3, $4)
        ON CONFLICT (shop) DO UPDATE SET generation = s.generation + 1, token = excluded.token,
            built_ins = greatest(s.built_ins, excluded.built_ins), brought_to = '', changed_at = excluded.changed_at
        RETURNING generation
        """,
        shop,
        uuid4(),
        BUILT_INS,
        now,
    )
    return generation


async def find_segment(connection: Connection, shop: str, name: str) -> Stored | None:
    """The newest version of a segment that the shop has written or removed."""
    row = await connection.fetchrow(
        "SELECT name, version, document, announced, changed_at FROM segments WHERE shop = $1 AND name = $2", shop, name
    )
    return None if row is None else Stored(*row)


async def own_segments(connection: Connection, shop: str) -> list[Stored]:
    """The segments that a shop has written and not removed, by name."""
    rows = await connection.fetch(
        """
        SELECT name, version, document, announced, changed_at FROM segments
        WHERE shop = $1 AND document IS NOT NULL ORDER BY name
        """,
        shop,
    )
    return [Stored(*row) for row in rows]


async def count_segments(connection: Connection, shop: str) -> Counts:
    row = await connection.fetchrow("SELECT count(document), count(*) FROM segments WHERE shop = $1", shop)
    return Counts(*(row or (0, 0)))


async def write_segment(connection: WriteConnection, shop: str, changed: SegmentChanged, at: datetime) -> None:
    """Write a version of a segment, or that it was removed; an older version than the stored one changes nothing."""
    await connection.execute(
        """
        INSERT INTO segments AS s (shop, name, version, document, generation, announced, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (shop, name) DO UPDATE SET version = excluded.version, document = excluded.document,
            generation = excluded.generation, announced = excluded.announced, changed_at = excluded.changed_at
        WHERE excluded.version > s.version
        """,
        shop,
        changed.name,
        changed.version,
        changed.document,
        changed.generation,
        changed.announced,
        at,
    )


async def restore_segment(connection: WorkerConnection, shop: str, changed: SegmentChanged, at: datetime) -> None:
    """Write what was published, for a rebuild."""
    await write_segment(connection, shop, changed, at)
    await _restore_generation(connection, shop, changed.generation, at)


async def restore_lines(
    connection: WorkerConnection, shop: str, generation: int, lines: tuple[int, int, int], at: datetime
) -> None:
    """Write lines that were published, for a rebuild."""
    await _restore_generation(connection, shop, generation, at)
    await write_lines(connection, shop, lines, at)


async def write_lines(
    connection: WorkerConnection, shop: str, lines: tuple[int | None, int | None, int | None], at: datetime
) -> None:
    """Write the lines of a shop, of which the later stand."""
    await connection.execute(
        """
        UPDATE segment_shops SET often = $2, middle = $3, high = $4, lines_at = $5
        WHERE shop = $1 AND (lines_at IS NULL OR lines_at <= $5)
        """,
        shop,
        *lines,
        at,
    )


async def sizes_of(connection: Connection, shop: str) -> dict[str, int]:
    """The number of customers in each segment."""
    rows = await connection.fetch(
        "SELECT segment, sum(customers)::bigint AS customers FROM segment_counts WHERE shop = $1 GROUP BY segment", shop
    )
    return {row["segment"]: row["customers"] for row in rows}


async def find_generation(connection: Connection, shop: str) -> Row | None:
    """The generation of a shop's segments, whether all customers were brought under it, and its lines."""
    return await connection.fetchrow(
        """
        SELECT generation, brought_generation >= generation AS brought, often, middle, high, lines_at
        FROM segment_shops WHERE shop = $1
        """,
        shop,
    )


async def _restore_generation(connection: WorkerConnection, shop: str, generation: int, at: datetime) -> None:
    await connection.execute(
        """
        INSERT INTO segment_shops AS s (shop, generation, token, built_ins, changed_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (shop) DO UPDATE SET generation = greatest(s.generation, excluded.generation),
            token = excluded.token, brought_to = '', changed_at = excluded.changed_at
        """,
        shop,
        generation,
        uuid4(),
        BUILT_INS,
        at,
    )
