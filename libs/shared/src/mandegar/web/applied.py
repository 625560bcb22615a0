"""Reads that wait until an event has been applied: ``?after=<event_id>&wait=2``.

A door answers when an event is stored; the other services apply it some moments later. Who reads right behind the
answer names the event, and is answered once the inbox of this service holds it. A first look serves most reads; those
that have to wait share one query every few milliseconds, and hold no connection.
"""

import asyncio
from collections import Counter
from contextvars import Context
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BeforeValidator

from mandegar.clock import monotonic_seconds
from mandegar.database import Pool, is_transient, transaction
from mandegar.events.derived import snapshots_of
from mandegar.lanes.inbox import claimed_among
from mandegar.service.parts import AppliedAmong
from mandegar.service.replica import Replica
from mandegar.telemetry.logging import logger
from mandegar.web.problems import Problem

log = logger(__name__)

# Less than a process that stops gives to requests in hand.
WAIT_SECONDS_MAX = 3
WAIT_SECONDS = 2
LOOK_SECONDS = 0.025
# Reads above these are answered after their first look.
WAITING_MAX = 128
WAITING_PER_SHOP = 32
RETRY_AFTER_SECONDS = 1
# Also for a read that does not wait: the position of a replica is known only once it was asked for.
REPLICA_SECONDS_MIN = 0.25


def _seconds(value: object) -> object:
    return value.removesuffix("s") if isinstance(value, str) else value


After = Annotated[
    UUID | None,
    Query(
        description="Answer once this event has been applied: `event_id` of the result of `POST /v1/events`. "
        "425 `not_applied_yet` if that takes longer than `wait`"
    ),
]
Wait = Annotated[
    float,
    BeforeValidator(_seconds),
    Query(ge=0, le=WAIT_SECONDS_MAX, description=f"Seconds to wait for `after`, at most {WAIT_SECONDS_MAX}"),
]


class Applied:
    """Which of the events that reads wait for were applied by this service."""

    def __init__(self, pool: Pool, among: AppliedAmong = claimed_among) -> None:
        self._pool = pool
        self._among = among
        self._waiting: dict[asyncio.Future[None], tuple[UUID, ...]] = {}
        self._per_shop: Counter[str] = Counter()
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, shop: str, event_id: UUID, seconds: float) -> bool:
        """Whether the event was applied, now or within ``seconds``."""
        # An event about a customer is published as a snapshot of the customer, under an id of its own.
        ids = (event_id, *snapshots_of(event_id))
        if await self._look(ids):
            return True
        if not seconds or len(self._waiting) >= WAITING_MAX or self._per_shop[shop] >= WAITING_PER_SHOP:
            return False
        applied: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[applied] = ids
        self._per_shop[shop] += 1
        if self._looking is None or self._looking.done():
            # In a context of its own: it outlives the request that starts it.
            self._looking = asyncio.create_task(self._look_repeatedly(), context=Context())
        try:
            async with asyncio.timeout(seconds):
                await applied
        except TimeoutError:
            return False
        finally:
            del self._waiting[applied]
            self._per_shop[shop] -= 1
            if not self._per_shop[shop]:
                del self._per_shop[shop]
        return True

    async def _look_repeatedly(self) -> None:
        """Look for all events that somebody waits for, until nobody does."""
        while self._waiting:
            await asyncio.sleep(LOOK_SECONDS)
            waiting = dict(self._waiting)
            try:
                found = await self._look({id_ for ids in waiting.values() for id_ in ids})
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("wait_for_event_failed", error=type(error).__name__)
                continue
            for applied, ids in waiting.items():
                if not found.isdisjoint(ids) and not applied.done():
                    applied.set_result(None)

    async def _look(self, ids: "set[UUID] | tuple[UUID, ...]") -> set[UUID]:
        async with transaction(self._pool) as connection:
            return await self._among(connection, ids)


async def require_applied(request: Request, shop: str, event_id: UUID, seconds: float) -> None:
    """Return once the event was applied, also in the copy of the database that reads use.

    Raises a 425 problem if it is not within ``seconds``.
    """
    applied: Applied = request.app.state.applied
    replica: Replica | None = request.app.state.context.replica
    until = monotonic_seconds() + seconds
    if await applied.wait(shop, event_id, seconds) and (
        replica is None or await replica.holds_present(max(until - monotonic_seconds(), REPLICA_SECONDS_MIN))
    ):
        return
    types = sorted({type_ for reads in request.app.state.subscriptions.values() for type_ in reads.types})
    raise Problem(
        425,
        "not_applied_yet",
        "This service has not applied the event yet",
        "It may still be on its way: ask again after the seconds in Retry-After. An event that was not accepted, was "
        "applied more than 90 days ago, changed nothing of the customer, or has a type that this service does not "
        f"read is never applied here. It reads {', '.join(types)}",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )
