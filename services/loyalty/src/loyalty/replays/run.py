"""Replays of programmes over what is recorded of a shop, computed in a child process."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import json

from loyalty.comparing.request import Request
from loyalty.replays.inputs import Asked, request_of
from loyalty.replays.kind import REPLAYS
from loyalty.replays.rows import delete_some, store_result
from loyalty.settings import LoyaltySettings
from mandegar.database import WorkerConnection, transaction
from mandegar.jobs.rows import Job
from mandegar.jobs.run import POLL_SECONDS, Child, compute_next
from mandegar.quantities import from_us
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.service.parts import Expiry

MODULE = "loyalty.comparing"
DAYS_KEPT = 90
_DELETED_AT_ONCE = 100


async def run_replays(context: Context[LoyaltySettings]) -> None:
    """Compute replays until cancelled."""
    await every(POLL_SECONDS, lambda: run_next(context), name=REPLAYS.table)


async def run_next(context: Context[LoyaltySettings]) -> bool:
    """Compute the next replay; False if there is none."""
    return await compute_next(context, REPLAYS, partial(_begin, context))


async def _begin(context: Context[LoyaltySettings], job: Job) -> Child:
    settings, asked, now = context.settings, json.decode(job.asked, type=Asked), context.clock.now()
    async with transaction(context.worker) as connection:
        request = await request_of(
            connection, job.shop, asked, settings.broker, settings.topic_prefix, settings.partitions, now
        )

    async def store(connection: WorkerConnection, found: dict[str, Any]) -> None:
        result = found["result"]
        customers = [*result.pop("winners"), *result.pop("losers")]
        plots = json.encode(result.pop("plots")).decode()
        result |= {"from": asked.from_, "as_of": from_us(request.now), "currency": request.currency}
        await store_result(connection, job, json.encode(result).decode(), plots, customers)

    return Child(MODULE, given_of(request), store)


async def given_of(request: Request) -> AsyncIterator[bytes]:
    """What the child process reads."""
    yield json.encode(request)


async def delete_old(connection: WorkerConnection, now: datetime, settings: LoyaltySettings) -> int:  # noqa: ARG001
    """Delete replays that were asked for long ago."""
    return await delete_some(connection, now - timedelta(days=DAYS_KEPT), _DELETED_AT_ONCE)


EXPIRY = Expiry[LoyaltySettings]("replays", delete_old)
