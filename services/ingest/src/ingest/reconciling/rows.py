"""Reconciliations, and how far they are."""

from datetime import datetime
from uuid import UUID

from mandegar.database import Connection, ReadConnection, Row, WorkerConnection


async def insert_reconciliation(
    connection: WorkerConnection,
    shop: str,
    id_: UUID,
    *,
    name: str,
    fingerprint: str,
    options: str,
    began: datetime | None,
    ended: datetime | None,
    now: datetime,
) -> bool:
    """Begin a reconciliation; False if there is one with this id."""
    row = await connection.fetchrow(
        """
        INSERT INTO reconciliations
            (id, shop, name, fingerprint, options, began, ended, created_at, moved_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (id) DO NOTHING RETURNING id
        """,
        id_,
        shop,
        name,
        fingerprint,
        options,
        began,
        ended,
        now,
    )
    return row is not None


async def count_reconciliations(connection: WorkerConnection, shop: str) -> int:
    """The number of the shop's reconciliations. Others that begin one wait until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(7312, hashtext($1))", shop)
    count: int = await connection.fetchval(
        "SELECT count(*) FROM reconciliations WHERE shop = $1 AND state <> 'dropped'", shop
    )
    return count


async def get_reconciliation(connection: Connection, shop: str, id_: UUID, *, lock: bool = False) -> Row | None:
    """A reconciliation of the shop; ``lock`` waits for the step that it is at."""
    sql = "SELECT * FROM reconciliations WHERE shop = $1 AND id = $2 AND state <> 'dropped'"
    return await connection.fetchrow(f"{sql} FOR UPDATE" if lock else sql, shop, id_)


async def list_reconciliations(
    connection: ReadConnection, shop: str, *, limit: int, before: tuple[datetime, UUID] | None
) -> list[Row]:
    """A page of reconciliations, newest first."""
    created_at, id_ = before or (None, None)
    return await connection.fetch(
        """
        SELECT * FROM reconciliations
        WHERE shop = $1 AND state <> 'dropped' AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
        ORDER BY created_at DESC, id DESC LIMIT $4
        """,
        shop,
        created_at,
        id_,
        limit,
    )


async def take_reconciliation(connection: WorkerConnection) -> Row | None:
    """Lock the one that has waited longest among those that have work, and that no other process carries on."""
    return await connection.fetchrow(
        """
        SELECT * FROM reconciliations WHERE state IN ('comparing', 'accepting')
        ORDER BY moved_at LIMIT 1 FOR UPDATE SKIP LOCKED
        """
    )


async def set_state(
    connection: WorkerConnection, id_: UUID, state: str, now: datetime, *, phase: str | None = None, place: str = ""
) -> None:
    """Set what a reconciliation does, and from where on."""
    await connection.execute(
        "UPDATE reconciliations SET state = $2, phase = $3, place = $4, moved_at = $5 WHERE id = $1",
        id_,
        state,
        phase,
        place,
        now,
    )


async def note_lines(
    connection: WorkerConnection,
    id_: UUID,
    last_line: int,
    period: tuple[datetime | None, datetime | None],
    now: datetime,
) -> None:
    """Note up to which line the file has come, and its period. What was compared before says nothing of these lines."""
    await connection.execute(
        """
        UPDATE reconciliations
        SET last_line = greatest(last_line, $2), first_at = least(first_at, $3), last_at = greatest(last_at, $4),
            moved_at = $5, state = 'receiving', phase = NULL
        WHERE id = $1
        """,
        id_,
        last_line,
        *period,
        now,
    )


async def set_accepting(connection: WorkerConnection, id_: UUID, now: datetime, *, every: bool) -> None:
    """Begin to accept missing rows: every one, or those that are wanted."""
    await connection.execute(
        """
        UPDATE reconciliations SET state = 'accepting', phase = 'rows', place = '', accept_all = $2, moved_at = $3
        WHERE id = $1
        """,
        id_,
        every,
        now,
    )


async def set_counts(connection: WorkerConnection, id_: UUID, counts: str, now: datetime) -> None:
    """End a comparison, or what was accepted after it, with its result."""
    await connection.execute(
        """
        UPDATE reconciliations
        SET state = 'compared', phase = NULL, place = '', counts = $2, moved_at = $3, compared_at = $3 WHERE id = $1
        """,
        id_,
        counts,
        now,
    )


async def delete_old(connection: WorkerConnection, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` rows of those that were dropped or last used before; those without rows go themselves."""
    count: int = await connection.fetchval(
        """
        WITH old AS (
            SELECT id FROM reconciliations WHERE moved_at < $1 OR state = 'dropped' ORDER BY moved_at LIMIT 10
        ),
        rows AS (
            DELETE FROM reconciliation_rows WHERE ctid = ANY(ARRAY(
                SELECT r.ctid FROM old JOIN reconciliation_rows r ON r.reconciliation_id = old.id LIMIT $2))
            RETURNING reconciliation_id
        ), extras AS (
            DELETE FROM reconciliation_extras WHERE ctid = ANY(ARRAY(
                SELECT r.ctid FROM old JOIN reconciliation_extras r ON r.reconciliation_id = old.id LIMIT $2))
            RETURNING reconciliation_id
        ), gone AS (
            DELETE FROM reconciliations r USING old
            WHERE r.id = old.id
              AND NOT EXISTS (SELECT FROM reconciliation_rows WHERE reconciliation_id = old.id)
              AND NOT EXISTS (SELECT FROM reconciliation_extras WHERE reconciliation_id = old.id)
            RETURNING r.id
        )
        SELECT (SELECT count(*) FROM rows) + (SELECT count(*) FROM extras) + (SELECT count(*) FROM gone)
        """,
        before,
        limit,
    )
    return count
