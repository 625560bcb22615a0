"""The background task that computes replays, one at a time of all worker processes."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import json

from loyalty.comparing.request import Request
from loyalty.replays.inputs import Asked, NotThere, request_of
from loyalty.replays.rows import ATTEMPTS, Job, claim, delete_some, fail, finish, renew
from loyalty.settings import LoyaltySettings
from mandegar.children import ChildFailed, Progress, child_lines, result_of
from mandegar.database import WorkerConnection, transaction
from mandegar.quantities import from_us
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.service.parts import Expiry
from mandegar.telemetry.logging import logger

log = logger(__name__)

MODULE = "loyalty.comparing"
POLL_SECONDS = 1.0
# The lease is renewed so often, and a cancelled replay ends so soon.
RENEW_SECONDS = 1.0
DAYS_KEPT = 90
_DELETED_AT_ONCE = 100
GIVEN_UP = "the process that computed it ended three times; the comparison may need more memory than there is"


async def run_replays(context: Context[LoyaltySettings]) -> None:
    """Compute replays until cancelled; a replay whose process ended begins again."""
    await every(POLL_SECONDS, lambda: run_next(context), name="replays")


async def run_next(context: Context[LoyaltySettings]) -> bool:
    """Compute the next replay; False if there is none."""
    settings = context.settings
    async with transaction(context.worker) as connection:
        job = await claim(connection, context.clock.now())
        if job is None:
            return False
        if job.attempt > ATTEMPTS:
            await fail(connection, job, GIVEN_UP, context.clock.now())
            return True
        asked = json.decode(job.request, type=Asked)
        now = context.clock.now()
        try:
            request = await request_of(
                connection, job, asked, settings.broker, settings.topic_prefix, settings.partitions, now
            )
        except NotThere as error:
            await fail(connection, job, str(error), now)
            return True
    try:
        async with child_lines(MODULE, given_of(request)) as told:
            found = await result_of(told, partial(_renew, context, job), RENEW_SECONDS)
    except ChildFailed as error:
        log.warning("replay_failed", shop=job.shop, error=str(error))
        async with transaction(context.worker) as connection:
            await fail(connection, job, "the comparison failed; the log of loyalty's worker says why", now)
        return True
    if found is not None:
        await _store(context, job, asked, request, found["result"])
    return True


async def given_of(request: Request) -> AsyncIterator[bytes]:
    """What the child process reads."""
    yield json.encode(request)


async def _renew(context: Context[LoyaltySettings], job: Job, progress: Progress) -> bool:
    """Tell how far it is; False once the replay is not this process's any more, because it was cancelled."""
    async with transaction(context.worker) as connection:
        is_ours = await renew(connection, job, progress.doing or "reading", progress.done, progress.total)
    if not is_ours:
        log.info("replay_cancelled", shop=job.shop)
    return is_ours


async def _store(
    context: Context[LoyaltySettings], job: Job, asked: Asked, request: Request, result: dict[str, Any]
) -> None:
    customers = [*result.pop("winners"), *result.pop("losers")]
    plots = json.encode(result.pop("plots")).decode()
    result |= {"from": asked.from_, "as_of": from_us(request.now), "currency": request.currency}
    async with transaction(context.worker) as connection:
        await finish(connection, job, json.encode(result).decode(), plots, customers, context.clock.now())
    log.info("replay_done", shop=job.shop, records=result["records"], customers=result["customers"])


async def delete_old(connection: WorkerConnection, now: datetime, settings: LoyaltySettings) -> int:  # noqa: ARG001
    """Delete replays that were asked for long ago."""
    return await delete_some(connection, now - timedelta(days=DAYS_KEPT), _DELETED_AT_ONCE)


EXPIRY = Expiry[LoyaltySettings]("replays", delete_old)
