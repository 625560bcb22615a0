"""The rows of jobs. Every function takes the kind of job, which has the table's name."""

from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from mandegar.children import Progress
from mandegar.database import ShopConnection, WorkerConnection
from mandegar.jobs.kind import JobKind

LEASE_SECONDS: Final = 15


class Job(NamedTuple):
    """A job that this process computes, and the number of its attempt, by which it is known to be still ours.

    ``asked`` is what the column of its kind says.
    """

    shop: str
    id: UUID
    attempt: int
    asked: Any


_ANY_OPEN = "SELECT EXISTS (SELECT FROM {table} WHERE status IN ('waiting', 'running'))"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('{table}', 0))"
_CLAIM = """
    UPDATE {table} AS j SET status = 'running', attempt = j.attempt + 1, started_at = $1, doing = NULL, done = 0,
        total = 0, leased_until = clock_timestamp() + interval '{lease} s'
    FROM (
        SELECT shop, {key} FROM {table}
        WHERE (status = 'waiting' OR status = 'running' AND leased_until < clock_timestamp())
            AND NOT EXISTS (SELECT FROM {table} WHERE status = 'running' AND leased_until >= clock_timestamp())
        ORDER BY {first}created_at LIMIT 1
    ) AS w
    WHERE (j.shop, j.{key}) = (w.shop, w.{key})
    RETURNING j.shop, j.{key}, j.attempt, j.{asked}
"""
_RENEW = """
    UPDATE {table} SET leased_until = clock_timestamp() + interval '{lease} s', doing = $4, done = $5, total = $6
    WHERE {is_ours}
"""
_FAIL = "UPDATE {table} SET status = 'failed', failure = $4, finished_at = $5 WHERE {is_ours}"
_FINISH = "UPDATE {table} SET status = 'done', finished_at = $4 WHERE {is_ours}"
_CANCEL = """
    UPDATE {table} SET status = 'cancelled', finished_at = $3
    WHERE shop = $1 AND {key} = $2 AND status IN ('waiting', 'running')
"""


@cache
def _for(kind: JobKind, template: str) -> str:
    """The statement of a template for one kind; formatted, because a table's name cannot be an argument."""
    order = ", ".join(f"'{purpose}'" for purpose in kind.purposes)
    return template.format(
        table=kind.table,
        key=kind.key,
        asked=kind.asked,
        first=f"array_position(ARRAY[{order}], purpose), " if order else "",
        lease=LEASE_SECONDS,
        is_ours=f"status = 'running' AND shop = $1 AND {kind.key} = $2 AND attempt = $3",
    )


async def claim(connection: WorkerConnection, kind: JobKind, now: datetime) -> Job | None:
    """The next job, which is this process's from now on; None if none waits, or another one is computed.

    One whose process has not renewed its lease begins again.
    """
    if not await connection.fetchval(_for(kind, _ANY_OPEN)):
        return None
    await connection.execute(_for(kind, _LOCK))
    row = await connection.fetchrow(_for(kind, _CLAIM), now)
    return None if row is None else Job(*row)


async def renew(connection: WorkerConnection, kind: JobKind, job: Job, progress: Progress) -> bool:
    """Record progress and renew the lease; False if the job is not this process's any more."""
    return _is_one(await connection.execute(_for(kind, _RENEW), *job[:3], *progress))


async def fail(connection: WorkerConnection, kind: JobKind, job: Job, failure: str, now: datetime) -> None:
    """Record that nothing came of a job."""
    await connection.execute(_for(kind, _FAIL), *job[:3], failure, now)


async def finish(connection: WorkerConnection, kind: JobKind, job: Job, now: datetime) -> bool:
    """Record that a job is done; False if it is not this process's any more: then nothing of it may be stored."""
    return _is_one(await connection.execute(_for(kind, _FINISH), *job[:3], now))


async def cancel(connection: ShopConnection, kind: JobKind, shop: str, job_id: UUID, now: datetime) -> None:
    """Cancel a job that is not finished."""
    await connection.execute(_for(kind, _CANCEL), shop, job_id, now)


def _is_one(status: str) -> bool:
    return status == "UPDATE 1"
