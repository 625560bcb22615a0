"""The timer: sleeps until the earliest ``due_at`` and settles the customers that are due. Others cost nothing."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from mandegar.clock import Clock
from mandegar.customers.locking import lock_customers
from mandegar.customers.waiting import add_settlings
from mandegar.database import Pool, WorkerConnection, after_commit, is_transient, transaction
from mandegar.database.bisect import LeaveOut, apply_or_bisect
from mandegar.database.meter import SHRINK, Meter
from mandegar.database.pool import answers
from mandegar.events import CustomerKey, Event
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.outbox.rows import write_outbox
from mandegar.stream import Settle, TakesLonger
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger
from mandegar.wakeup import Wakeup

log = logger(__name__)

CUSTOMERS_MAX = 500
# The step by which the number of customers at once grows again.
CUSTOMERS_MORE = 25
SLEEP_MAX_SECONDS = 5.0
RETRY_SECONDS = 0.5
PUT_OFF = timedelta(minutes=10)


class Timer:
    """Settles due customers until cancelled. Call ``wake`` after an earlier ``due_at`` may have been written."""

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        settle: Settle,
        partitions: int,
        *,
        wake: Wakeup | None = None,
        on_settled: Callable[[], None] = lambda: None,
        on_set_aside: Callable[[], None] = lambda: None,
    ) -> None:
        self._pool, self._clock, self._settle, self._partitions = pool, clock, settle, partitions
        self.wake = wake or Wakeup()
        self._on_settled, self._on_set_aside = on_settled, on_set_aside
        self._customers_max = CUSTOMERS_MAX
        self._meter, self._tried = Meter(), list[CustomerKey]()

    async def run(self) -> None:
        while True:
            try:
                settled = await self.settle_due()
                full = settled >= self._customers_max
                more = min(self._customers_max, CUSTOMERS_MORE)
                self._customers_max = min(self._customers_max + more, CUSTOMERS_MAX)
                if not full:
                    await self._sleep_until_next()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("timer_starts_over", error=type(error).__name__, own=self._meter.too_long)
                if not await self._make_smaller():
                    await asyncio.sleep(RETRY_SECONDS)

    async def _make_smaller(self) -> bool:
        """Take fewer customers at once; one whose settling alone is too long is left to the lane beside.

        Whether the others can go on at once, because the work was too long and not the database slow.
        """
        if not self._meter.too_long:
            self._customers_max = max(self._customers_max // 4, 1)
            return False
        self._customers_max = max(min(self._customers_max, len(self._tried)) // SHRINK, 1)
        if len(self._tried) > 1 or not self._meter.computed or not await answers(self._pool):
            return len(self._tried) > 1
        try:
            async with transaction(self._pool) as connection:
                await lock_customers(connection, self._tried, self._partitions)
                await add_settlings(connection, self._tried)
                after_commit(self._on_set_aside)
        except Exception as error:
            if not is_transient(error):
                raise
            return False
        return True

    async def settle_due(self) -> int:
        """Settle up to ``CUSTOMERS_MAX`` customers that are due now; returns how many candidates there were.

        Candidates are read without locks, locked in key order, and read again, so several replicas may run it. Those of
        whom something waits for the lane beside are left to it: it may hold their locks for long.
        """
        now = self._clock.now()
        self._meter, self._tried = Meter(), []
        async with transaction(self._pool) as connection:
            candidates = await connection.fetch(
                """
                SELECT c.shop, c.customer_id FROM customers c
                WHERE c.due_at <= $1 AND NOT EXISTS (
                    SELECT FROM waiting_beside b WHERE (b.shop, b.customer_id) = (c.shop, c.customer_id))
                ORDER BY c.due_at LIMIT $2
                """,
                now,
                self._customers_max,
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
            reach(StreamFailpoint.TIMER_AFTER_LOCK)
            keys = self._tried = sorted(CustomerKey(row["shop"], row["customer_id"]) for row in due)
            outgoing = await self._meter.measure(self._settle_or_postpone(keys, connection, now))
            await write_outbox(connection, outgoing)
            reach(StreamFailpoint.TIMER_BEFORE_COMMIT)
        reach(StreamFailpoint.TIMER_AFTER_COMMIT)
        for row in due:
            metrics.DUE_LATENESS.observe(max((now - row["due_at"]) / timedelta(seconds=1), 0))
        metrics.DUE_SETTLED.inc(len(due))
        self._on_settled()
        return len(candidates)

    async def _settle_or_postpone(
        self, keys: Sequence[CustomerKey], connection: WorkerConnection, now: datetime
    ) -> Sequence[Event]:
        """Settle ``keys``; customers whose settling raises are postponed, and the others are settled without them."""

        longer: set[CustomerKey] = set()

        async def settle(some: Sequence[CustomerKey]) -> Sequence[Event]:
            try:
                return await self._settle(some, connection, now)
            except TakesLonger as error:
                if len(rest := [key for key in some if key not in error.customers]) == len(some):
                    raise
                longer.update(error.customers)
                raise LeaveOut(rest) from error

        async def postpone(key: CustomerKey, error: Exception) -> Sequence[Event]:
            await put_off(connection, key, now, error)
            return ()

        outgoing = await apply_or_bisect(keys, settle, postpone, connection)
        if longer:
            await add_settlings(connection, longer.intersection(keys))
            after_commit(self._on_set_aside)
        return outgoing

    async def _sleep_until_next(self) -> None:
        self.wake.clear()  # before the query, so that a wake during it ends the sleep
        next_due: datetime | None = await self._pool.fetchval(
            """
            SELECT c.due_at FROM customers c
            WHERE c.due_at IS NOT NULL AND NOT EXISTS (
                SELECT FROM waiting_beside b WHERE (b.shop, b.customer_id) = (c.shop, c.customer_id))
            ORDER BY c.due_at LIMIT 1
            """
        )
        wait = SLEEP_MAX_SECONDS
        if next_due is not None:
            wait = min(wait, max((next_due - self._clock.now()) / timedelta(seconds=1), 0.0))
        await self.wake.wait(max(wait, 0.001))


async def put_off(connection: WorkerConnection, key: CustomerKey, now: datetime, error: Exception) -> None:
    """Set ``due_at`` ten minutes ahead. Only the error's type is logged: its message may quote personal data."""
    await connection.execute(
        "UPDATE customers SET due_at = $3 WHERE (shop, customer_id) = ($1, $2)", *key, now + PUT_OFF
    )
    after_commit(metrics.DUE_PUT_OFF.inc)
    log.error("customer_put_off", shop=key.shop, customer_id=key.customer_id, error=type(error).__name__)
