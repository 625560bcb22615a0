"""The timer: wakes for the earliest due instant and settles those customers. Idle customers cost nothing."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.clock import Clock, monotonic_seconds
from shared.database import Pool, is_weather, transaction
from shared.events import CustomerKey, Event
from shared.messaging.customers import lock_customers
from shared.messaging.outbox import write_outbox
from shared.messaging.subscription import Settle
from shared.telemetry import metrics
from shared.telemetry.logging import logger

log = logger(__name__)

CUSTOMERS_MAX = 500
SLEEP_MAX_SECONDS = 5.0
RETRY_SECONDS = 0.5


class Timer:
    """Settles what is due until cancelled. ``wake`` says that an earlier instant may have been written."""

    def __init__(self, pool: Pool, clock: Clock, settle: Settle, partitions: int) -> None:
        self._pool, self._clock, self._settle, self._partitions = pool, clock, settle, partitions
        self._woken = asyncio.Event()
        self.wake = self._woken.set
        self.on_settled = self._woken.clear

    async def run(self) -> None:
        while True:
            try:
                settled = await self.settle_due()
                if settled < CUSTOMERS_MAX:
                    await self._sleep_until_next()
            except Exception as error:
                if not is_weather(error):
                    raise
                log.warning("timer_starts_over", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def settle_due(self) -> int:
        """Settle the customers who are due now, at most ``CUSTOMERS_MAX``; how many there were.

        Candidates are read without locks, locked in the common order, then looked at again: any replica may do it.
        """
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            candidates = await connection.fetch(
                "SELECT shop, customer_id FROM customers WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
                now,
                CUSTOMERS_MAX,
            )
            if not candidates:
                return 0
            await lock_customers(connection, (CustomerKey(*row) for row in candidates), self._partitions)
            due = await connection.fetch(
                """
                SELECT c.shop, c.customer_id, c.due_at
                FROM customers c JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
                WHERE c.due_at <= $3
                """,
                [row["shop"] for row in candidates],
                [row["customer_id"] for row in candidates],
                now,
            )
            keys = sorted(CustomerKey(row["shop"], row["customer_id"]) for row in due)
            outgoing: Sequence[Event] = await self._settle(keys, connection, now) if keys else ()
            await write_outbox(connection, outgoing)
        for row in due:
            metrics.DUE_LATENESS.observe(max((now - row["due_at"]) / timedelta(seconds=1), 0))
        metrics.DUE_SETTLED.inc(len(due))
        self.on_settled()
        return len(candidates)

    async def _sleep_until_next(self) -> None:
        next_due: datetime | None = await self._pool.fetchval("SELECT min(due_at) FROM customers")
        wait = SLEEP_MAX_SECONDS
        if next_due is not None:
            wait = min(wait, max((next_due - self._clock.now()) / timedelta(seconds=1), 0.0))
        until = monotonic_seconds() + wait
        self._woken.clear()
        try:
            async with asyncio.timeout(max(until - monotonic_seconds(), 0.001)):
                await self._woken.wait()
        except TimeoutError:
            return
