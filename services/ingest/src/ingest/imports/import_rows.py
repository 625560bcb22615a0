"""Imports, as they are stored."""

from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from mandegar.database import Connection, ReadConnection, Row, WorkerConnection

# The kinds whose later files correct earlier ones.
_CORRECTING = ("coupons", "customers", "points")


async def find_or_insert(
    connection: WorkerConnection,
    import_id: UUID,
    shop: str,
    *,
    kind: str,
    name: str,
    fingerprint: str,
    options: str,
    dry_run: bool,
    as_of: datetime | None,
    now: datetime,
) -> Row:
    """The import of this file in this way; one that was stopped runs again.

    One that was finished is left as it is, and another begins, if it may say something else today: a dry run, one of
    which rows were refused, and one since which another import of what later files correct has begun. ``as_of`` may lie
    ahead, as the shop's cut-off: a file is true when it is imported at the latest.
    """
    digest = blake2b(f"{options}{as_of}".encode(), digest_size=16).hexdigest()
    await connection.execute(
        """
        UPDATE imports i SET digest = digest || ' ' || id
        WHERE shop = $1 AND kind = $2 AND fingerprint = $3 AND dry_run = $4 AND digest = $5 AND state = 'finished'
          AND (dry_run
            OR EXISTS (SELECT FROM import_parts p WHERE p.import_id = i.id AND p.totals::jsonb ? 'refused')
            OR (kind = ANY($6::text[]) AND EXISTS (
                SELECT FROM imports o
                WHERE o.shop = i.shop AND o.started_at >= i.started_at AND o.id <> i.id AND NOT o.dry_run
                  AND o.kind = ANY($6::text[]))))
        """,
        shop,
        kind,
        fingerprint,
        dry_run,
        digest,
        _CORRECTING,
    )
    [row] = await connection.fetch(
        """
        INSERT INTO imports (id, shop, kind, name, fingerprint, options, digest, dry_run, as_of, started_at, moved_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
        ON CONFLICT (shop, kind, fingerprint, dry_run, digest) DO UPDATE
            SET state = CASE imports.state WHEN 'stopped' THEN 'running' ELSE imports.state END,
                finished_at = CASE imports.state WHEN 'stopped' THEN NULL ELSE imports.finished_at END
        RETURNING *
        """,
        import_id,
        shop,
        kind,
        name,
        fingerprint,
        options,
        digest,
        dry_run,
        None if as_of is None else min(as_of, now),
        now,
    )
    return row


async def get_import(connection: Connection, shop: str, import_id: UUID, *, lock: bool = False) -> Row | None:
    """An import of the shop."""
    sql = "SELECT * FROM imports WHERE shop = $1 AND id = $2"
    return await connection.fetchrow(f"{sql} FOR UPDATE" if lock else sql, shop, import_id)


async def follows_an_open_one(connection: Connection, shop: str, began: datetime) -> bool:
    """Whether an import that began earlier has not been finished: of what it states, parts may still come."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM imports
            WHERE shop = $1 AND started_at < $2 AND state <> 'finished' AND NOT dry_run
              AND kind IN ('customers', 'points')
        )
        """,
        shop,
        began,
    )
    return found


async def list_imports(
    connection: ReadConnection, shop: str, *, limit: int, before: tuple[datetime, UUID] | None
) -> list[Row]:
    """A page of imports, newest first."""
    started_at, id_ = before or (None, None)
    return await connection.fetch(
        """
        SELECT * FROM imports
        WHERE shop = $1 AND ($2::timestamptz IS NULL OR (started_at, id) < ($2, $3::uuid))
        ORDER BY started_at DESC, id DESC LIMIT $4
        """,
        shop,
        started_at,
        id_,
        limit,
    )


async def set_state(connection: WorkerConnection, import_id: UUID, state: str, now: datetime) -> Row:
    """End an import."""
    [row] = await connection.fetch(
        "UPDATE imports SET state = $2, finished_at = $3, moved_at = $3 WHERE id = $1 RETURNING *",
        import_id,
        state,
        now,
    )
    return row


async def touch(connection: WorkerConnection, import_id: UUID, now: datetime) -> None:
    """Note that an import made progress."""
    await connection.execute("UPDATE imports SET moved_at = $2 WHERE id = $1", import_id, now)


async def delete_imports(connection: WorkerConnection, before: datetime, limit: int) -> int:
    """Delete imports that made no progress since, with their parts and errors; returns how many rows."""
    count: int = await connection.fetchval(
        """
        WITH old AS (SELECT id FROM imports WHERE moved_at < $1 ORDER BY moved_at LIMIT 1),
        errors AS (
            DELETE FROM import_errors WHERE (import_id, line, place) IN (
                SELECT import_id, line, place FROM import_errors JOIN old ON old.id = import_id LIMIT $2
            ) RETURNING 1
        ),
        parts AS (
            DELETE FROM import_parts WHERE (import_id, first_line) IN (
                SELECT import_id, first_line FROM import_parts JOIN old ON old.id = import_id
                WHERE NOT EXISTS (SELECT FROM errors) LIMIT $2
            ) RETURNING 1
        ),
        gone AS (
            DELETE FROM imports i USING old
            WHERE i.id = old.id AND NOT EXISTS (SELECT FROM errors) AND NOT EXISTS (SELECT FROM parts) RETURNING 1
        )
        SELECT (SELECT count(*) FROM errors) + (SELECT count(*) FROM parts) + (SELECT count(*) FROM gone)
        """,
        before,
        limit,
    )
    return count
