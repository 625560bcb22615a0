"""Until when the ledger is complete: who paid in time but is applied late, after an outage, is to be drawn too."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from math import isnan

from loyalty.programme.draw_dues import are_due_by
from loyalty.settings import LoyaltySettings
from mandegar.clock import Clock, monotonic_seconds
from mandegar.customers.waiting import waiting_by_group
from mandegar.database import transaction
from mandegar.kafka.names import TopicNames
from mandegar.kafka.probe import Probe
from mandegar.lanes.group_lag import LOOK_SECONDS, GroupLag
from mandegar.service.context import Context

# What was recorded by an instant is published so much later at the latest, if the broker has answered for so long.
MARGIN = timedelta(minutes=5)
EVERY_SECONDS = 20.0
# So long before a draw is looked at the ledger is: when it is due, the ledger has been known for ``MARGIN``.
SOON = 2 * MARGIN


class Ledger:
    """``age`` tells how many seconds ago the oldest record was published that is not applied; None: nobody knows.

    It is asked while draws are ``due_by`` an instant soon, and by nobody where no shop has a draw that holds itself.
    """

    def __init__(
        self,
        clock: Clock,
        age: Callable[[], Awaitable[float | None]],
        due_by: Callable[[datetime], Awaitable[bool]],
    ) -> None:
        self._clock, self._age, self._due_by = clock, age, due_by
        self._looked_at = float("-inf")
        self._known_since: datetime | None = None
        self._applied_until: datetime | None = None

    @classmethod
    @asynccontextmanager
    async def of(cls, context: Context[LoyaltySettings]) -> "AsyncIterator[Ledger]":
        """The ledger of a process."""
        group, probe = context.name, Probe(context.settings.broker, f"{context.name}-draws")
        lag = GroupLag(group, context.worker, probe, TopicNames(context.settings.topic_prefix))

        async def age() -> float | None:
            told = await lag.ask(patience=LOOK_SECONDS)
            if told is None or isnan(told.seconds):
                return None
            async with transaction(context.worker) as connection:
                beside = (await waiting_by_group(connection)).get(group)
            return told.seconds if beside is None else max(told.seconds, beside.age_seconds)

        async def due_by(until: datetime) -> bool:
            async with transaction(context.worker) as connection:
                return await are_due_by(connection, until)

        try:
            yield cls(context.clock, age, due_by)
        finally:
            await probe.close()

    async def look(self) -> None:
        """Find out how far the ledger is, if that was not done just now."""
        if monotonic_seconds() - self._looked_at < EVERY_SECONDS:
            return
        self._looked_at = monotonic_seconds()
        now, known_since = self._clock.now(), self._known_since
        self._known_since = self._applied_until = None
        age = await self._age() if await self._due_by(now + SOON) else None
        if age is not None:
            self._known_since, self._applied_until = known_since or now, now - timedelta(seconds=age)

    @property
    def complete_until(self) -> datetime | None:
        """All that was recorded until then is applied; None: nobody knows.

        After an outage of the broker, or a start, it is known once ``MARGIN`` has passed: what others could not publish
        arrives first.
        """
        applied, since = self._applied_until, self._known_since
        return None if applied is None or since is None or applied < since + MARGIN else applied - MARGIN
