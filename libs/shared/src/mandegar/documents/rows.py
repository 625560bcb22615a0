"""The rows of document versions. Every function takes the kind of document, which has the table's name."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from msgspec import Struct

from mandegar.database import Connection, Row, WorkerConnection, WriteConnection, as_json, record_set
from mandegar.documents.kind import DocumentKind

BEGINNING = datetime.min.replace(tzinfo=UTC)


class Version(Struct, frozen=True):
    """One version of a document, in force from ``effective_from`` until the next one. Version 0 is built in."""

    shop: str
    name: str
    version: int
    effective_from: datetime
    document: str
    created_at: datetime


class Head(Struct, frozen=True):
    """A stored version without its document; ``document_hash`` tells it from another with the same key."""

    shop: str
    name: str
    version: int
    effective_from: datetime
    document_hash: int
    created_at: datetime


class Counts(NamedTuple):
    """The versions of a shop's kind: the highest number of one document and how many of it are to come; how many there
    are of all its documents, how many of them since an instant, and the first of those.
    """

    number: int
    coming: int
    stored: int
    recent: int
    recent_since: datetime | None


_LOCK_SHARED = """
    SELECT pg_advisory_xact_lock_shared(hashtextextended('{noun}:' || shop, 0)) FROM unnest($1::text[]) AS w(shop)
"""
_LOCK = """
    SELECT pg_advisory_xact_lock(hashtextextended('{noun}:' || shop, 0)) FROM (SELECT $1::text) AS w(shop)
"""
_SELECT_FROM = """
    SELECT shop, {name} AS name, version, effective_from, document, created_at FROM {table}
    WHERE shop = $1 AND {name} = $2::text AND withdrawn_at IS NULL AND effective_from >= coalesce((
        SELECT max(effective_from) FROM {table}
        WHERE shop = $1 AND {name} = $2::text AND effective_from <= $3 AND withdrawn_at IS NULL
    ), '-infinity') ORDER BY effective_from
"""
_SELECT_IN_FORCE = """
    SELECT shop, {name} AS name, version, effective_from, document, created_at FROM {table}
    WHERE shop = $1 AND {name} = $2::text AND withdrawn_at IS NULL AND effective_from <= $3
    ORDER BY effective_from DESC LIMIT 1
"""
_SELECT_END = """
    SELECT min(effective_from) FROM {table}
    WHERE shop = $1 AND {name} = $2::text AND withdrawn_at IS NULL AND effective_from > $3
"""
_SELECT_COUNTS = """
    SELECT
        coalesce(max(version) FILTER (WHERE {name} = $2::text), 0),
        count(*) FILTER (WHERE {name} = $2::text AND effective_from > $3 AND withdrawn_at IS NULL),
        count(*), count(*) FILTER (WHERE created_at > $4), min(created_at) FILTER (WHERE created_at > $4)
    FROM {table} WHERE shop = $1
"""
_WITHDRAW = """
    UPDATE {table} SET withdrawn_at = $4{restart} WHERE shop = $1 AND {name} = $2::text AND version = $3
"""
_SELECT_VERSION = """
    SELECT shop, {name} AS name, version, effective_from, document, created_at, withdrawn_at FROM {table}
    WHERE shop = $1 AND {name} = $2::text AND version = $3
"""
_SELECT_HEADS = """
    SELECT shop, {name} AS name, version, effective_from, document_hash, created_at FROM {table}
    WHERE shop = ANY($1::text[]) AND withdrawn_at IS NULL ORDER BY {key}, effective_from
"""
_SELECT_DOCUMENTS = """
    SELECT document FROM unnest($1::text[], $2::text[], $3::int[]) WITH ORDINALITY AS w(shop, name, version, place)
        JOIN {table} d ON d.shop = w.shop AND {d_name} = w.name AND d.version = w.version
    ORDER BY place
"""
# The names are read from the index one by one, because DISTINCT would read every version of each.
_SELECT_BETWEEN = """
    WITH RECURSIVE names(shop, name) AS (
        SELECT w.shop, (SELECT min(d.name) FROM {table} d WHERE d.shop = w.shop) FROM unnest($1::text[]) AS w(shop)
        UNION ALL
        SELECT n.shop, (SELECT min(d.name) FROM {table} d WHERE d.shop = n.shop AND d.name > n.name)
        FROM names n WHERE n.name IS NOT NULL
    )
    SELECT v.shop, v.name, v.version, v.effective_from, v.document, v.created_at
    FROM names n CROSS JOIN LATERAL (
        SELECT * FROM {table} d
        WHERE d.shop = n.shop AND d.name = n.name AND d.withdrawn_at IS NULL
            AND ($3::timestamptz IS NULL OR d.effective_from <= $3)
            AND d.effective_from >= coalesce((
                SELECT max(e.effective_from) FROM {table} e
                WHERE e.shop = n.shop AND e.name = n.name AND e.effective_from <= $2 AND e.withdrawn_at IS NULL
            ), '-infinity')
    ) AS v
    ORDER BY v.shop, v.name, v.effective_from
"""
_INSERT = """
    INSERT INTO {table} ({key}, version, effective_from, document, created_at)
    SELECT {key}, version, effective_from, document, created_at FROM {record_set}
"""
_SELECT_UNFINISHED = """
    SELECT shop, {name} AS name, version, effective_from, recomputed_to FROM {table}
    WHERE recomputed_at IS NULL ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_RECORD_PROGRESS = """
    UPDATE {table} SET
        recomputed_to = coalesce($4, recomputed_to),
        recomputed_at = CASE WHEN $4::text IS NULL THEN $5::timestamptz END
    WHERE shop = $1 AND {name} = $2::text AND version = $3
"""


@cache
def _for(kind: DocumentKind, template: str) -> str:
    """The statement of a template for one kind; formatted, because a table's name cannot be an argument."""
    return template.format(
        noun=kind.noun,
        table=kind.table,
        name="name" if kind.named else "''",
        key="shop, name" if kind.named else "shop",
        d_name="d.name" if kind.named else "''",
        record_set=record_set(Version),
        restart=", recomputed_to = '', recomputed_at = NULL" if kind.recomputed else "",
    )


async def share_lock(connection: WorkerConnection, kind: DocumentKind, shops: Collection[str]) -> None:
    """Take the shared advisory lock of each shop: no version is stored until the transaction ends."""
    await connection.fetch(_for(kind, _LOCK_SHARED), sorted(shops))


async def take_lock(connection: WriteConnection, kind: DocumentKind, shop: str) -> None:
    """Take the exclusive advisory lock of ``shop``: batches and other writers wait until the transaction ends."""
    await connection.fetch(_for(kind, _LOCK), shop)


async def versions_from(
    connection: Connection, kind: DocumentKind, shop: str, at: datetime, name: str = ""
) -> list[Version]:
    """The version of one document in force at ``at``, and all later ones, by ``effective_from``."""
    return [Version(*row) for row in await connection.fetch(_for(kind, _SELECT_FROM), shop, name, at)]


async def version_in_force(
    connection: Connection, kind: DocumentKind, shop: str, at: datetime, name: str = ""
) -> Version | None:
    """The version of one document in force at ``at``, if there is one."""
    row = await connection.fetchrow(_for(kind, _SELECT_IN_FORCE), shop, name, at)
    return None if row is None else Version(*row)


async def next_begin(
    connection: Connection, kind: DocumentKind, shop: str, after: datetime, name: str = ""
) -> datetime | None:
    """When the next version of one document takes effect after an instant, if there is one."""
    begin: datetime | None = await connection.fetchval(_for(kind, _SELECT_END), shop, name, after)
    return begin


async def count_versions(
    connection: Connection, kind: DocumentKind, shop: str, name: str, *, now: datetime, since: datetime
) -> Counts:
    """Counts of a document and of its shop; versions to come take effect after ``now``."""
    row = await connection.fetchrow(_for(kind, _SELECT_COUNTS), shop, name, now, since)
    return Counts(*row) if row else Counts(0, 0, 0, 0, None)


async def version_numbered(
    connection: Connection, kind: DocumentKind, shop: str, name: str, number: int
) -> tuple[Version, bool] | None:
    """One version of a document, and whether it is withdrawn."""
    row = await connection.fetchrow(_for(kind, _SELECT_VERSION), shop, name, number)
    return None if row is None else (Version(*row[:-1]), row[-1] is not None)


async def record_withdrawal(
    connection: WriteConnection, kind: DocumentKind, version: tuple[str, str, int], now: datetime
) -> None:
    """Take a version (shop, name, number) out of those that are or come into force; customers are recomputed again."""
    await connection.execute(_for(kind, _WITHDRAW), *version, now)


async def versions_between(
    connection: Connection, kind: DocumentKind, shops: Collection[str], since: datetime, until: datetime | None
) -> list[Version]:
    """The versions of named documents of ``shops`` in force at some instant of a span; None: a span without end.

    By shop, name and ``effective_from``. What this costs does not grow with the number of earlier versions.
    """
    return [Version(*row) for row in await connection.fetch(_for(kind, _SELECT_BETWEEN), list(shops), since, until)]


async def heads_of_shops(connection: Connection, kind: DocumentKind, shops: Collection[str]) -> list[Head]:
    """All versions of all documents of ``shops``, by shop, name and ``effective_from``."""
    return [Head(*row) for row in await connection.fetch(_for(kind, _SELECT_HEADS), list(shops))]


async def documents_of(connection: Connection, kind: DocumentKind, heads: Sequence[Head]) -> list[str]:
    """The texts of versions that exist, in the same order."""
    rows = await connection.fetch(
        _for(kind, _SELECT_DOCUMENTS),
        [head.shop for head in heads],
        [head.name for head in heads],
        [head.version for head in heads],
    )
    return [row["document"] for row in rows]


async def insert_version(connection: WriteConnection, kind: DocumentKind, version: Version) -> None:
    await connection.execute(_for(kind, _INSERT), as_json([version]))


async def unfinished_version(connection: WorkerConnection, kind: DocumentKind) -> Row | None:
    """The oldest version that was not applied to every customer, locked; versions locked elsewhere are skipped."""
    return await connection.fetchrow(_for(kind, _SELECT_UNFINISHED))


async def record_progress(
    connection: WorkerConnection, kind: DocumentKind, version: tuple[str, str, int], *, to: str | None, now: datetime
) -> None:
    """Record the last customer to whom a version (shop, name, number) was applied; None after the last one."""
    await connection.execute(_for(kind, _RECORD_PROGRESS), *version, to, now)
