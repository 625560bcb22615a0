"""The rows of erased customers: tombstones in ``customers``, and what each erasure has removed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from mandegar.customers.standings import Standing, Standings
from mandegar.database import Row, WorkerConnection, as_json, key_columns
from mandegar.events import CustomerKey
from mandegar.events.ingest import LatestErasure
from mandegar.events.topics import COMPACTED, partition_key


class ErasureRow(Struct, frozen=True):
    """One id of an erased person. ``asked_at`` is when the erasure was asked for."""

    shop: str
    erasure_id: UUID
    customer_id: str
    ids: int
    keep_books: bool
    asked_at: datetime
    removed: list[dict[str, Any]] = []


async def people_of(
    connection: WorkerConnection, roots: Collection[CustomerKey], standings: Standings
) -> dict[CustomerKey, list[CustomerKey]]:
    """The ids of the persons with these locked roots. The standings of those that were erased are added."""
    rows = await connection.fetch(
        """
        SELECT c.shop, c.merged_into, c.customer_id, c.erased_at IS NOT NULL, c.erasure_version, c.erased_before,
            c.erased_profile, c.erased_by
        FROM customers c JOIN unnest($1::text[], $2::text[]) AS w(shop, root)
            ON c.shop = w.shop AND c.merged_into = w.root
        """,
        *key_columns(roots),
    )
    people = {root: [root] for root in roots}
    for shop, root, alias, *standing in rows:
        key = CustomerKey(shop, alias)
        people[CustomerKey(shop, root)].append(key)
        if standing[1] is not None:
            standings.erasures.setdefault(key, Standing(*standing))
    return people


async def save_tombstones(
    connection: WorkerConnection, standings: Mapping[CustomerKey, Standing], now: datetime
) -> None:
    """Make tombstones of customers whose roots are locked. Nothing of them becomes due."""
    await connection.execute(
        """
        UPDATE customers c SET erased_at = $7, due_at = NULL, erased_by = w.erased_by, erasure_version = w.version,
            erased_before = w.before, erased_profile = w.profile
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::uuid[])
            AS w(shop, id, version, before, profile, erased_by)
        WHERE c.shop = w.shop AND c.customer_id = w.id
        """,
        *key_columns(standings),
        [standing.version for standing in standings.values()],
        [standing.before for standing in standings.values()],
        [standing.profile for standing in standings.values()],
        [standing.erasure_id for standing in standings.values()],
        now,
    )


async def lift_marks(connection: WorkerConnection, keys: Sequence[CustomerKey]) -> list[CustomerKey]:
    """Take back the marks of those who were erased with a person they were split from before; returns whose.

    Nothing says so under their own key.
    """
    rows = await connection.fetch(
        """
        UPDATE customers c SET erased_at = NULL, erased_by = NULL, erasure_version = NULL, erased_before = NULL
        FROM unnest($1::text[], $2::text[]) AS w(shop, id)
        WHERE c.shop = w.shop AND c.customer_id = w.id AND NOT EXISTS (
            SELECT FROM erasures e
            WHERE (e.shop, e.erasure_id, e.customer_id) = (c.shop, c.erased_by, c.customer_id))
        RETURNING c.shop, c.customer_id
        """,
        *key_columns(keys),
    )
    return [CustomerKey(*row) for row in rows]


async def keeps_books(connection: WorkerConnection, shop: str, erasure_id: UUID) -> bool:
    """Whether an erasure lets amounts stay for the books."""
    return bool(
        await connection.fetchval(
            "SELECT keep_books FROM erasures WHERE shop = $1 AND erasure_id = $2 LIMIT 1", shop, erasure_id
        )
    )


async def latest_erasures(
    connection: WorkerConnection, standings: Mapping[CustomerKey, Standing]
) -> dict[CustomerKey, LatestErasure]:
    """The erasures of these customers, as they were published."""
    if not standings:
        return {}
    rows = await connection.fetch(
        """
        SELECT e.shop, e.customer_id, e.ids, e.keep_books
        FROM erasures e JOIN unnest($1::text[], $2::text[], $3::uuid[]) AS w(shop, customer_id, erasure_id)
            USING (shop, customer_id, erasure_id)
        """,
        *key_columns(standings),
        [standing.erasure_id for standing in standings.values()],
    )
    latest: dict[CustomerKey, LatestErasure] = {}
    for shop, customer_id, ids, keep_books in rows:
        standing = standings[key := CustomerKey(shop, customer_id)]
        latest[key] = LatestErasure(
            erasure_id=standing.erasure_id, recorded_time=standing.before, ids=ids, keep_books=keep_books
        )
    return latest


async def readmit(connection: WorkerConnection, versions: Mapping[CustomerKey, int]) -> None:
    """Let customers come again; when they were erased stays known."""
    await connection.execute(
        """
        UPDATE customers c SET erased_at = NULL, erasure_version = w.version
        FROM unnest($1::text[], $2::text[], $3::bigint[]) AS w(shop, id, version)
        WHERE c.shop = w.shop AND c.customer_id = w.id
        """,
        *key_columns(versions),
        list(versions.values()),
    )


async def save_erasures(connection: WorkerConnection, rows: Sequence[ErasureRow], now: datetime) -> None:
    """Store what was removed of each id of a person, and what stays; what is said again is added."""
    await connection.execute(
        """
        INSERT INTO erasures AS e (shop, erasure_id, customer_id, ids, keep_books, asked_at, applied_at, removed)
        SELECT shop, erasure_id, customer_id, ids, keep_books, asked_at, $2, removed
        FROM json_to_recordset($1::json) AS w(shop text, erasure_id uuid, customer_id text, ids int, keep_books bool,
            asked_at timestamptz, removed jsonb)
        ON CONFLICT (shop, erasure_id, customer_id) DO UPDATE SET removed = e.removed || excluded.removed
        """,
        as_json(rows),
        now,
    )


async def delete_some(
    connection: WorkerConnection, statement: str, keys: Sequence[CustomerKey], limit: int
) -> dict[CustomerKey, int]:
    """Delete up to ``limit`` rows of some customers; returns how many of each."""
    rows = await connection.fetch(statement, *key_columns(keys), limit)
    return {CustomerKey(row["shop"], row["id"]): row["rows"] for row in rows}


async def empty_columns(connection: WorkerConnection, statement: str, keys: Sequence[CustomerKey]) -> list[CustomerKey]:
    """Empty columns of these customers; those in which there was something."""
    rows = await connection.fetch(statement, *key_columns(keys))
    return [CustomerKey(*row) for row in rows]


async def delete_letters(connection: WorkerConnection, keys: Sequence[CustomerKey]) -> dict[CustomerKey, int]:
    """Delete the dead letters of records with these keys; returns how many of each customer."""
    return await _by_key(
        connection,
        """
        WITH gone AS (DELETE FROM dead_letters WHERE key = ANY($1::bytea[]) RETURNING key)
        SELECT key, count(*) FROM gone GROUP BY key
        """,
        keys,
    )


async def delete_contacts(connection: WorkerConnection, keys: Sequence[CustomerKey]) -> dict[CustomerKey, int]:
    """Delete what was or will be published to compacted topics: a tombstone takes its place there.

    The outbox first: a row that the relay moves meanwhile is then seen by the second statement.
    """
    counts = [
        await _by_key(connection, statement, keys, list(COMPACTED))
        for statement in (
            """
            WITH gone AS (
                DELETE FROM outbox WHERE key = ANY($1::bytea[]) AND topic = ANY($2::text[]) AND value IS NOT NULL
                RETURNING key)
            SELECT key, count(*) FROM gone GROUP BY key
            """,
            """
            WITH gone AS (
                DELETE FROM outbox_published
                WHERE key = ANY($1::bytea[]) AND topic = ANY($2::text[]) AND value IS NOT NULL RETURNING key)
            SELECT key, count(*) FROM gone GROUP BY key
            """,
        )
    ]
    return {key: sum(some.get(key, 0) for some in counts) for key in keys}


async def erase_acts(connection: WorkerConnection, keys: Sequence[CustomerKey]) -> dict[CustomerKey, int]:
    """Take these customers out of the audit, whose lines stay; returns how many of each."""
    rows = await connection.fetch(
        """
        SELECT w.shop, w.id, erase_audit(w.shop, w.id) AS lines FROM unnest($1::text[], $2::text[]) AS w(shop, id)
        """,
        *key_columns(keys),
    )
    return {CustomerKey(row["shop"], row["id"]): row["lines"] for row in rows}


async def _by_key(
    connection: WorkerConnection, statement: str, keys: Sequence[CustomerKey], *more: object
) -> dict[CustomerKey, int]:
    names = {partition_key(*key): key for key in keys}
    rows: list[Row] = await connection.fetch(statement, list(names), *more)
    return {names[row["key"]]: row["count"] for row in rows}
