"""The rows of a file, and how they compare."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from mandegar.database import ReadConnection, Row, WorkerConnection


class FileRow(NamedTuple):
    """What a line of a file states; ``fault`` is why it cannot be used."""

    line: int
    order_id: str | None = None
    customer_id: str | None = None
    at: datetime | None = None
    total: Decimal | None = None
    refunded: Decimal | None = None
    currency: str | None = None
    status: str | None = None
    version: int | None = None
    refund_id: str | None = None
    fault: str | None = None


class Compared(NamedTuple):
    """How a row compares."""

    line: int
    kind: str
    cause: str | None = None
    lacks: str | None = None
    our_total: Decimal | None = None
    our_refunded: Decimal | None = None
    our_time: datetime | None = None
    shift: int | None = None


async def insert_rows(connection: WorkerConnection, shop: str, id_: UUID, rows: Sequence[FileRow]) -> int:
    """Store the rows whose lines are not stored yet, without the ids of erased customers; returns how many."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(FileRow._fields)
    stored = await connection.fetch(
        """
        INSERT INTO reconciliation_rows
            (reconciliation_id, shop, line, order_id, customer_id, at, total, refunded, currency, status, version,
             refund_id, fault, erased)
        SELECT $1, $2, w.line, w.order_id, CASE WHEN c.erased_at IS NULL THEN w.customer_id END, w.at, w.total,
            w.refunded, w.currency, w.status, w.version, w.refund_id, w.fault, c.erased_at IS NOT NULL
        FROM unnest($3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::numeric[], $8::numeric[], $9::text[],
                    $10::text[], $11::bigint[], $12::text[], $13::text[])
            AS w(line, order_id, customer_id, at, total, refunded, currency, status, version, refund_id, fault)
        LEFT JOIN customers c ON c.shop = $2 AND c.customer_id = w.customer_id
        ON CONFLICT (reconciliation_id, line) DO NOTHING RETURNING line
        """,
        id_,
        shop,
        *columns,
    )
    return len(stored)


async def next_rows(connection: WorkerConnection, id_: UUID, *, after: int, limit: int) -> list[Row]:
    """The next rows by line, each with the first row of the same order."""
    return await connection.fetch(
        """
        SELECT r.*, f.line AS first_line, f.total AS first_total, f.refunded AS first_refunded,
            f.status AS first_status
        FROM (
            SELECT * FROM reconciliation_rows WHERE reconciliation_id = $1 AND line > $2 ORDER BY line LIMIT $3
        ) r
        LEFT JOIN LATERAL (
            SELECT line, total, refunded, status FROM reconciliation_rows
            WHERE reconciliation_id = $1 AND order_id = r.order_id AND order_id IS NOT NULL ORDER BY line LIMIT 1
        ) f ON true
        ORDER BY r.line
        """,
        id_,
        after,
        limit,
    )


async def set_compared(connection: WorkerConnection, id_: UUID, rows: Sequence[Compared]) -> None:
    """Store how rows compare."""
    if not rows:
        return
    await connection.execute(
        """
        UPDATE reconciliation_rows r
        SET kind = w.kind, cause = w.cause, lacks = w.lacks, our_total = w.our_total, our_refunded = w.our_refunded,
            our_time = w.our_time, shift = w.shift, wanted = false
        FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::numeric[], $7::numeric[], $8::timestamptz[],
                    $9::int[]) AS w(line, kind, cause, lacks, our_total, our_refunded, our_time, shift)
        WHERE r.reconciliation_id = $1 AND r.line = w.line
        """,
        id_,
        *zip(*rows, strict=True),
    )


async def set_cause(connection: WorkerConnection, id_: UUID, causes: Sequence[tuple[str, str]]) -> None:
    """Set why orders, each with its cause, are missing or differ."""
    if not causes:
        return
    await connection.execute(
        """
        UPDATE reconciliation_rows r SET cause = w.cause
        FROM unnest($2::text[], $3::text[]) AS w(order_id, cause)
        WHERE r.reconciliation_id = $1 AND r.order_id = w.order_id AND r.order_id IS NOT NULL
          AND r.kind IN ('missing', 'differs')
        """,
        id_,
        *zip(*causes, strict=True),
    )


async def want(connection: WorkerConnection, id_: UUID, order_ids: Collection[str]) -> set[str]:
    """Mark the missing rows of these orders as those to accept; returns which orders had one."""
    rows = await connection.fetch(
        """
        UPDATE reconciliation_rows SET wanted = true
        WHERE reconciliation_id = $1 AND order_id = ANY($2::text[]) AND order_id IS NOT NULL AND kind = 'missing'
        RETURNING order_id
        """,
        id_,
        list(order_ids),
    )
    return {row["order_id"] for row in rows}


async def next_missing(connection: WorkerConnection, id_: UUID, *, every: bool, after: int, limit: int) -> list[Row]:
    """The next missing rows, by line, that lack nothing and are to be accepted."""
    return await connection.fetch(
        """
        SELECT * FROM reconciliation_rows
        WHERE reconciliation_id = $1 AND kind = 'missing' AND lacks IS NULL AND (wanted OR $2) AND line > $3
        ORDER BY line LIMIT $4
        """,
        id_,
        every,
        after,
        limit,
    )


async def list_rows(
    connection: ReadConnection, shop: str, id_: UUID, kind: str, *, cause: str | None, after: int, limit: int
) -> list[Row]:
    """A page of the rows of one kind, by line."""
    return await connection.fetch(
        """
        SELECT * FROM reconciliation_rows
        WHERE shop = $1 AND reconciliation_id = $2 AND kind = $3 AND line > $4 AND ($5::text IS NULL OR cause = $5)
        ORDER BY line LIMIT $6
        """,
        shop,
        id_,
        kind,
        after,
        cause,
        limit,
    )
