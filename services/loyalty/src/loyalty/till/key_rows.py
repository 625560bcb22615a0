"""Answers that were given under an ``Idempotency-Key``."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from loyalty.till.command import KeyName
from mandegar.database import Connection, WorkerConnection, as_json, columns, record_set

DELETED_AT_ONCE = 5_000


class KeyRow(Struct, frozen=True):
    """One row of ``idempotency_keys``; ``answer`` is a JSON text."""

    shop: str
    route: str
    key: str
    customer_id: str
    fingerprint: str
    status: int
    answer: str
    at: datetime


class _Wanted(Struct, frozen=True):
    shop: str
    route: str
    key: str


class Stored(NamedTuple):
    """The answer under a key, and the fingerprint of its request."""

    fingerprint: str
    status: int
    answer: str


class KeyTaken(ValueError):
    """Another transaction has used a key at the same time."""


_LOAD = f"""
    SELECT k.shop, k.route, k.key, k.fingerprint, k.status, k.answer
    FROM idempotency_keys k JOIN {record_set(_Wanted)} USING (shop, route, key)
"""  # noqa: S608
_INSERT = f"""
    INSERT INTO idempotency_keys ({columns(KeyRow)})
    SELECT {columns(KeyRow)} FROM {record_set(KeyRow, status="smallint", answer="text")}
    ON CONFLICT DO NOTHING
"""  # noqa: S608


async def load_answers(connection: Connection, names: Collection[KeyName]) -> dict[KeyName, Stored]:
    """The stored answers, by shop, route and digest of their keys."""
    if not names:
        return {}
    rows = await connection.fetch(_LOAD, as_json([_Wanted(*name) for name in names]))
    return {(shop, route, key): Stored(*rest) for shop, route, key, *rest in rows}


async def insert_answers(connection: WorkerConnection, rows: Sequence[KeyRow]) -> None:
    """Store answers; raises ``KeyTaken`` if one of the keys has an answer."""
    if rows:
        done = await connection.execute(_INSERT, as_json(rows))
        if done.rpartition(" ")[2] != str(len(rows)):
            raise KeyTaken


async def delete_answers(connection: WorkerConnection, before: datetime) -> int:
    """Delete some of the answers that were given before an instant; returns how many."""
    deleted: int = await connection.fetchval(
        """
        WITH gone AS (
            DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM idempotency_keys WHERE at < $1 LIMIT $2))
            RETURNING 1
        )
        SELECT count(*) FROM gone
        """,
        before,
        DELETED_AT_ONCE,
    )
    return deleted
