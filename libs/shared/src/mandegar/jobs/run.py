"""The next job of a kind, computed: one at a time of all worker processes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

from mandegar.children import ChildFailed, Progress, child_lines, result_of
from mandegar.database import WorkerConnection, transaction
from mandegar.jobs.kind import JobKind
from mandegar.jobs.rows import Job, claim, fail, finish, renew
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

POLL_SECONDS: Final = 1.0
# The lease is renewed so often, and a cancelled job ends so soon.
RENEW_SECONDS: Final = 1.0
# A job that ended its process so many times is given up.
ATTEMPTS: Final = 3


class NotComputable(ValueError):
    """The job cannot be computed any more. The message becomes its ``failure``, which the shop reads."""


class Child(NamedTuple):
    """What computes a job: ``python -m module``, what it reads, and what stores the line that has its result.

    ``store`` runs in the transaction in which the job is done.
    """

    module: str
    given: AsyncIterator[bytes]
    store: Callable[[WorkerConnection, dict[str, Any]], Awaitable[None]]
    environment: Mapping[str, str] | None = None


# How a service begins a job. Raises ``NotComputable``.
Begin: TypeAlias = Callable[[Job], Awaitable[Child]]


async def compute_next(context: Context, kind: JobKind, begin: Begin) -> bool:
    """Compute the next job; False if there is none. One whose process ended begins again."""
    async with transaction(context.worker) as connection:
        job = await claim(connection, kind, context.clock.now())
    if job is None:
        return False
    if job.attempt > ATTEMPTS:
        await _fail(context, kind, job, f"the process that computed it ended {ATTEMPTS} times; it may need more memory")
        return True
    try:
        child = await begin(job)
        async with child_lines(child.module, child.given, child.environment) as told:
            found = await result_of(told, partial(_renew, context, kind, job), RENEW_SECONDS)
    except NotComputable as error:
        await _fail(context, kind, job, str(error))
    except ChildFailed as error:
        log.warning("job_failed", job=kind.noun, shop=job.shop, error=str(error))
        await _fail(context, kind, job, f"the {kind.noun} failed; the log of {context.name}'s worker says why")
    else:
        if found is not None:
            await _store(context, kind, job, child, found)
    return True


async def _renew(context: Context, kind: JobKind, job: Job, progress: Progress) -> bool:
    """Tell how far it is; False once the job is not this process's any more, because it was cancelled."""
    async with transaction(context.worker) as connection:
        is_ours = await renew(connection, kind, job, progress)
    if not is_ours:
        log.info("job_cancelled", job=kind.noun, shop=job.shop)
    return is_ours


async def _store(context: Context, kind: JobKind, job: Job, child: Child, found: dict[str, Any]) -> None:
    async with transaction(context.worker) as connection:
        if await finish(connection, kind, job, context.clock.now()):
            await child.store(connection, found)
    log.info("job_done", job=kind.noun, shop=job.shop)


async def _fail(context: Context, kind: JobKind, job: Job, failure: str) -> None:
    async with transaction(context.worker) as connection:
        await fail(connection, kind, job, failure, context.clock.now())
