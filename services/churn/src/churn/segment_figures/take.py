"""The background task that takes a snapshot of the figures by segment: of every shop once a day, and once customers
are under other segments.

Customers are read page by page, each in a short transaction, so they may be of different moments, but each is of one.
A child process counts them.
"""

import os
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from churn.domain.counting import PlainCounts
from churn.memberships.definitions import load_definitions
from churn.segment_figures.claim_rows import (
    LEASE_SECONDS,
    Claim,
    Standing,
    claim_snapshot,
    finish_snapshot,
    renew_claim,
    standings,
)
from churn.segment_figures.count import page_line
from churn.segment_figures.rows import StoredPart, page, write_part
from mandegar.children import ChildFailed, child_lines
from mandegar.clock import monotonic_seconds
from mandegar.database import as_shop_reporting, transaction
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

LOOK_SECONDS: Final = 30.0
MODULE: Final = "churn.segment_figures.count"
# After the day has begun: until then crossings of the night, the fit and its lines go on.
SETTLING: Final = timedelta(minutes=30)
PAGE_CUSTOMERS: Final = 1_000
# Claims are renewed at the first page after so long.
_RENEW_SECONDS: Final = LEASE_SECONDS / 10
# A snapshot that failed is tried again after so long.
_PUT_OFF_SECONDS: Final = 3600


class _LeftError(Exception):
    """Another process takes the snapshot, or other segments have come into force."""


async def take_snapshots(context: Context) -> None:
    """Take snapshots that are due, until cancelled."""
    await every(LOOK_SECONDS, lambda: take_due(context), name="figures by segment")


async def take_due(context: Context) -> None:
    """Take the snapshots that are due, one shop after another."""
    async with transaction(context.worker) as connection:
        due = [each for each in await standings(connection) if is_due(each, context.clock.now())]
    for each in due:
        await _take(context, each)


def is_due(standing: Standing, now: datetime) -> bool:
    """Whether other segments are in force than in the last snapshot, or a day of the shop has begun since."""
    if standing.taken_at is None or standing.taken_generation != standing.generation:
        return True
    zone = ZoneInfo(standing.zone)
    days = [(at - SETTLING).astimezone(zone).date() for at in (standing.taken_at, now)]
    return days[0] < days[1]


async def _take(context: Context, standing: Standing) -> None:
    now = context.clock.now()
    async with transaction(context.worker) as connection:
        definitions = (await load_definitions(connection, [standing.shop])).get(standing.shop)
        if definitions is None or definitions.generation != standing.generation:
            return
        claim = await claim_snapshot(connection, standing)
    if claim is None:
        return
    versions = {each.name: each.version for each in definitions.segments}
    try:
        async with child_lines(MODULE, _given(context, claim, [*versions])) as lines:
            await anext(lines)
            await _store(context, claim, (standing.generation, versions, now), lines)
    except _LeftError:
        log.info("segment_snapshot_left", shop=claim.shop)
        await _let_go(context, claim, 0)
    except ChildFailed as error:
        log.warning("segment_snapshot_failed", shop=claim.shop, error=str(error))
        await _let_go(context, claim, _PUT_OFF_SECONDS)


async def _let_go(context: Context, claim: Claim, seconds: float) -> None:
    """Let any process take the snapshot after so long, unless another one has claimed it already."""
    async with transaction(context.worker) as connection:
        await renew_claim(connection, claim, seconds)


async def _given(context: Context, claim: Claim, names: list[str]) -> AsyncIterator[bytes]:
    """What the child process reads: a request, then pages of customers."""
    yield orjson.dumps({"parent": os.getpid(), "segments": names}) + b"\n"
    after, renew_at = "", monotonic_seconds() + _RENEW_SECONDS
    while True:
        async with as_shop_reporting(context.reporting, claim.shop) as connection:
            members = await page(connection, claim.shop, after, PAGE_CUSTOMERS)
        if not members:
            return
        yield page_line(members)
        after = members[-1].customer_id
        if monotonic_seconds() >= renew_at:
            renew_at = monotonic_seconds() + _RENEW_SECONDS
            async with transaction(context.worker) as connection:
                if not await renew_claim(connection, claim):
                    raise _LeftError


async def _store(
    context: Context,
    claim: Claim,
    taken: tuple[int, Mapping[str, int], datetime],
    lines: AsyncIterator[dict[str, Any]],
) -> None:
    """Write what the child process has counted: a snapshot as a whole, or nothing of it."""
    generation, versions, at = taken
    async with transaction(context.worker) as connection:
        if not await finish_snapshot(connection, claim, generation, at):
            raise _LeftError
        async for line in lines:
            if "segment" in line:
                found = StoredPart(line["members"], line["fingerprint"], _counts(line["counts"]))
                await write_part(connection, claim.shop, line["segment"], versions[line["segment"]], found)
    log.info("segment_snapshot_taken", shop=claim.shop, segments=len(versions))


def _counts(rows: list[list[Any]]) -> PlainCounts:
    return {
        (calendar, kind, one, other): (customers, orders, revenue, again)
        for calendar, kind, one, other, customers, orders, revenue, again in rows
    }
