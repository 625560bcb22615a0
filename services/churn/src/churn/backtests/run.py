"""The background task that computes backtests, one at a time of all worker processes."""

import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import orjson

from churn.backtests.rows import ATTEMPTS, Job, claim, delete_some, fail, finish, renew
from churn.models.fit_shop import last_whole_day
from churn.models.rows import load_terms
from churn.models.sample_rows import choose_sample, read_sample
from churn.settings import ChurnSettings
from churn.treatments.rows import treatments_of
from mandegar.children import ONE_THREAD, ChildFailed, Progress, child_lines, result_of
from mandegar.database import WorkerConnection, as_shop_reporting, transaction
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.service.parts import Expiry
from mandegar.telemetry.logging import logger

log = logger(__name__)

MODULE: Final = "churn.backtest.sampled"
POLL_SECONDS: Final = 1.0
# The lease is renewed so often, and a cancelled backtest ends so soon.
RENEW_SECONDS: Final = 1.0
DAYS_KEPT: Final = 90
_DELETED_AT_ONCE: Final = 100
FAILED: Final = "the backtest failed; the log of churn's worker says why"
GIVEN_UP: Final = "the process that computed it ended three times; the backtest may need more memory than there is"


async def run_backtests(context: Context[ChurnSettings]) -> None:
    """Compute backtests until cancelled; one whose process ended begins again."""
    await every(POLL_SECONDS, lambda: run_next(context), name="backtests")


async def run_next(context: Context[ChurnSettings]) -> bool:
    """Compute the next backtest; False if there is none."""
    async with transaction(context.worker) as connection:
        job = await claim(connection, context.clock.now())
        if job is None:
            return False
        if job.attempt > ATTEMPTS:
            await fail(connection, job, GIVEN_UP, context.clock.now())
            return True
    try:
        async with child_lines(MODULE, _given(context, job), ONE_THREAD) as told:
            found = await result_of(told, partial(_renew, context, job), RENEW_SECONDS)
    except ChildFailed as error:
        log.warning("backtest_failed", shop=job.shop, error=str(error))
        async with transaction(context.worker) as connection:
            await fail(connection, job, FAILED, context.clock.now())
        return True
    if found is not None:
        async with transaction(context.worker) as connection:
            result = orjson.dumps(found["result"]).decode()
            await finish(connection, job, result, found["page"], context.clock.now())
        log.info("backtest_done", shop=job.shop, orders=found["result"]["log"]["orders"])
    return True


async def _given(context: Context[ChurnSettings], job: Job) -> AsyncIterator[bytes]:
    """What the child process reads: a request, then the sample that a fit of today would read."""
    async with as_shop_reporting(context.reporting, job.shop) as connection:
        zone = (await load_terms(connection, {job.shop}))[job.shop].days.zone
        through = last_whole_day(context.clock.now(), zone).toordinal()
        chosen = await choose_sample(connection, job.shop, through)
        treatments = await treatments_of(connection, job.shop, [each.customer_id for each in chosen])
    yield (
        orjson.dumps(
            {
                "parent": os.getpid(),
                "zone": zone.key,
                "through_day": through,
                "horizon_weeks": job.horizon_weeks,
                "treatments": treatments,
            }
        )
        + b"\n"
    )
    async for some in read_sample(context, job.shop, chosen):
        yield some


async def _renew(context: Context[ChurnSettings], job: Job, progress: Progress) -> bool:
    """Tell how far it is; False once the backtest is not this process's any more, because it was cancelled."""
    async with transaction(context.worker) as connection:
        is_ours = await renew(connection, job, *progress)
    if not is_ours:
        log.info("backtest_cancelled", shop=job.shop)
    return is_ours


async def delete_old(connection: WorkerConnection, now: datetime, settings: ChurnSettings) -> int:  # noqa: ARG001
    """Delete backtests that were asked for long ago, or have many newer ones."""
    return await delete_some(connection, now - timedelta(days=DAYS_KEPT), _DELETED_AT_ONCE)


EXPIRY = Expiry[ChurnSettings]("backtests", delete_old)
