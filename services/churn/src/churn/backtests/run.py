"""Backtests of shops, computed in a child process from the sample that a fit of today would read."""

import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import orjson

from churn.backtests.kind import BACKTESTS
from churn.backtests.rows import delete_some, store_result
from churn.models.fit_shop import last_whole_day
from churn.models.rows import load_terms
from churn.models.sample_rows import choose_sample, read_sample
from churn.settings import ChurnSettings
from churn.treatments.rows import treatments_of
from mandegar.children import ONE_THREAD
from mandegar.database import WorkerConnection, as_shop_reporting
from mandegar.jobs.rows import Job
from mandegar.jobs.run import POLL_SECONDS, Child, compute_next
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.service.parts import Expiry

MODULE: Final = "churn.backtest.sampled"
DAYS_KEPT: Final = 90
_DELETED_AT_ONCE: Final = 100


async def run_backtests(context: Context[ChurnSettings]) -> None:
    """Compute backtests until cancelled."""
    await every(POLL_SECONDS, lambda: run_next(context), name=BACKTESTS.table)


async def run_next(context: Context[ChurnSettings]) -> bool:
    """Compute the next backtest; False if there is none."""
    return await compute_next(context, BACKTESTS, partial(_begin, context))


async def _begin(context: Context[ChurnSettings], job: Job) -> Child:
    async def store(connection: WorkerConnection, found: dict[str, Any]) -> None:
        await store_result(connection, job, orjson.dumps(found["result"]).decode(), found["page"])

    return Child(MODULE, _given(context, job), store, ONE_THREAD)


async def _given(context: Context[ChurnSettings], job: Job) -> AsyncIterator[bytes]:
    """What the child process reads: a request, then the sample."""
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
                "horizon_weeks": job.asked,
                "treatments": treatments,
            }
        )
        + b"\n"
    )
    async for some in read_sample(context, job.shop, chosen):
        yield some


async def delete_old(connection: WorkerConnection, now: datetime, settings: ChurnSettings) -> int:  # noqa: ARG001
    """Delete backtests that were asked for long ago, or have many newer ones."""
    return await delete_some(connection, now - timedelta(days=DAYS_KEPT), _DELETED_AT_ONCE)


EXPIRY = Expiry[ChurnSettings]("backtests", delete_old)
