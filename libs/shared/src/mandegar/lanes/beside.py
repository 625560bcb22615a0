"""The lane beside: applies the events, and settles, the customers who need more time than a batch has.

One customer at a time, in order, in a transaction with longer limits, on an event loop and a connection of its own: no
lane waits for it. The transaction deletes what it applies, so a rolled back one leaves all of it; it holds the lock on
the first row of the customer's queue, so that two processes never work for one customer.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from mandegar.clock import Clock, monotonic_seconds
from mandegar.customers.alias_rows import exclude_others
from mandegar.customers.applying import apply_to_roots
from mandegar.customers.locking import lock_customers
from mandegar.customers.standings import Standings
from mandegar.customers.timer import put_off
from mandegar.customers.waiting import TIMER, count_waiting, customers_in_turn, take_customer, take_rows
from mandegar.database import Pool, Row, WorkerConnection, after_commit, is_transient, transaction
from mandegar.database.bisect import apply_or_bisect
from mandegar.database.meter import SHRINK, Meter
from mandegar.database.pool import answers
from mandegar.events import CustomerKey, Event, UnreadableEvent
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.lanes.application import (
    ATTEMPTS,
    TAKES_TOO_LONG,
    Readable,
    event_of,
    letter_of,
    lock_their_customers,
    tells_of_persons,
)
from mandegar.lanes.deadletters import DeadLetter, keep, reopen
from mandegar.lanes.tally import beside as counted_beside
from mandegar.lanes.tally import count_applied
from mandegar.outbox.rows import write_outbox
from mandegar.stream import PermanentError, Record, Settle, Subscription, beside
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

ROWS_MAX = 1_000
# How long the session may rest in a transaction while this process computes. A killed process loses its session at
# once, a frozen one after this time; only this customer waits for it.
REST_SECONDS = 60
_LIMITS = f"SET LOCAL idle_in_transaction_session_timeout = '{REST_SECONDS}s'"
# Only an attempt that used this much CPU time without a word to the database counts towards giving up.
OWN_SECONDS = REST_SECONDS / 2
DRAIN_SECONDS = 0.2
BACKOFF_SECONDS, BACKOFF_MAX_SECONDS = 0.5, 30.0


@dataclass(slots=True)
class _Trouble:
    """A customer whose transaction was rolled back: how many rows the next takes, and not before when."""

    rows: int
    until: float = 0.0
    times: int = 0
    too_long: int = 0


class Beside:
    """Works off ``waiting_beside``. ``on_applied`` is called after each commit, to wake relay and timer."""

    def __init__(
        self,
        clock: Clock,
        subscriptions: Mapping[str, Subscription],
        settle: Settle | None,
        partitions: int,
        *,
        on_applied: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock, self._subscriptions, self._settle, self._partitions = clock, subscriptions, settle, partitions
        self._on_applied = on_applied
        self._troubles: dict[CustomerKey, _Trouble] = {}
        # Whose turn it is, as it was read when the last ones of before had had theirs.
        self._in_turn: deque[CustomerKey] = deque()

    async def turn(self, pool: Pool) -> bool:
        """Work for one customer in one transaction; False if there is none who is free.

        An error that the work did not cause is raised, a transient one only if no customer was taken.
        """
        meter, taken = Meter(), list[CustomerKey]()
        try:
            async with transaction(pool) as connection:
                await connection.execute(_LIMITS)
                if not await self._take(connection, taken):
                    return False
                reach(StreamFailpoint.BESIDE_AFTER_TAKE)
                now = self._clock.now()
                with beside():
                    outgoing = await meter.measure(self._work(connection, taken[0], now))
                await write_outbox(connection, outgoing)
                reach(StreamFailpoint.BESIDE_BEFORE_COMMIT)
        except Exception as error:
            if not is_transient(error) or not taken:
                raise
            await self._postpone(pool, taken[0], meter, error)
            return True
        reach(StreamFailpoint.BESIDE_AFTER_COMMIT)
        trouble = self._troubles.pop(taken[0], None)
        if trouble is not None and trouble.too_long >= ATTEMPTS:
            # The next row of a customer of whom one was given up has one attempt.
            self._troubles[taken[0]] = _Trouble(rows=1, too_long=ATTEMPTS - 1)
        self._on_applied()
        return True

    async def drain(self, pool: Pool) -> None:
        """Work off all that waits; beside a running service, wait for what it has taken."""
        while True:
            try:
                async with transaction(pool) as connection:
                    waiting = await count_waiting(connection)
                if not waiting.rows:
                    return
                worked = await self.turn(pool)
            except Exception as error:
                if not is_transient(error):
                    raise
                worked = False
            if not worked:
                await asyncio.sleep(DRAIN_SECONDS)

    async def _take(self, connection: WorkerConnection, taken: list[CustomerKey]) -> bool:
        """Lock the queue of the next customer, in turns, so that one who has much waiting does not hold up others."""
        if not await self._take_in_turn(connection, taken):
            self._in_turn.extend(await customers_in_turn(connection))
            await self._take_in_turn(connection, taken)
        return bool(taken)

    async def _take_in_turn(self, connection: WorkerConnection, taken: list[CustomerKey]) -> bool:
        now = monotonic_seconds()
        while self._in_turn:
            key = self._in_turn.popleft()
            trouble = self._troubles.get(key)
            if (trouble is None or trouble.until <= now) and await take_customer(connection, key):
                taken.append(key)
                return True
        return False

    async def _work(self, connection: WorkerConnection, key: CustomerKey, now: datetime) -> Sequence[Event]:
        trouble = self._troubles.get(key)
        rows = await take_rows(connection, key, ROWS_MAX if trouble is None else trouble.rows)
        standings = Standings()
        if any(self._tells_of_persons(group, some) for group, some in groupby(rows, key=_group)):
            await exclude_others(connection)
        if any(self._locks_customers(group) for group in {_group(row) for row in rows}):
            standings = await lock_customers(connection, [key], self._partitions)
        give_up = trouble is not None and trouble.too_long >= ATTEMPTS
        outgoing: list[Event] = []
        for group, some in groupby(rows, key=_group):
            if group == TIMER:
                if not standings.is_erased(key):
                    outgoing += await self._settle_one(connection, standings.root(key), now, give_up=give_up)
            else:
                outgoing += await self._apply(connection, group, list(some), now, give_up=give_up)
        return outgoing

    def _locks_customers(self, group: str) -> bool:
        subscription = self._subscriptions.get(group)
        return group == TIMER or (subscription is not None and subscription.locks_customers)

    def _tells_of_persons(self, group: str, rows: Iterable[Row]) -> bool:
        subscription = self._subscriptions.get(group)
        if subscription is None or not subscription.excluded:
            return False
        readable, _ = _read([*rows], subscription.types)
        return tells_of_persons(subscription, (item.event for item in readable))

    async def _settle_one(
        self, connection: WorkerConnection, key: CustomerKey, now: datetime, *, give_up: bool
    ) -> Sequence[Event]:
        async def settle(keys: Sequence[CustomerKey]) -> Sequence[Event]:
            if give_up:
                raise PermanentError("takes_too_long", "settling this customer took too long")
            return () if self._settle is None else await self._settle(keys, connection, now)

        async def refuse(key: CustomerKey, error: Exception) -> Sequence[Event]:
            await put_off(connection, key, now, error)
            return ()

        return await apply_or_bisect([key], settle, refuse, connection)

    async def _apply(
        self, connection: WorkerConnection, group: str, rows: Sequence[Row], now: datetime, *, give_up: bool
    ) -> Sequence[Event]:
        subscription = self._subscriptions.get(group)
        dropped = set[UUID]()
        readable, letters = _read(rows, frozenset() if subscription is None else subscription.types)

        async def apply(items: Sequence[Readable]) -> Sequence[Event]:
            if give_up or subscription is None:
                raise PermanentError("takes_too_long", TAKES_TOO_LONG)
            events = [item.event for item in items]
            standings = await lock_their_customers(subscription, events, connection, self._partitions)
            outgoing = await apply_to_roots(subscription, events, connection, now, standings)
            dropped.update(standings.dropped)
            return outgoing

        async def refuse(item: Readable, error: Exception) -> Sequence[Event]:
            letters.append(letter_of(item.record, error, item.event))
            return ()

        outgoing = await apply_or_bisect(readable, apply, refuse, connection)
        if letters:
            await reopen(connection, group, letters, now)
            await keep(connection, group, letters, now)
        refused = {letter.event_id for letter in letters}
        done = [item for item in readable if item.event.id not in refused]
        # Under numbers of its own: no batch waits for this transaction.
        counts = [(counted_beside(item.record.partition), item.event.type) for item in done]
        await count_applied(connection, group, counts)
        after_commit(lambda: metrics.EVENTS_APPLIED.labels(group).inc(len(done)))
        after_commit(lambda: metrics.DROPPED.labels(group).inc(len(dropped)))
        after_commit(lambda: metrics.DEAD_LETTERS.labels(group).inc(len(letters)))
        return outgoing

    async def _postpone(self, pool: Pool, key: CustomerKey, meter: Meter, error: Exception) -> None:
        """Try the customer again later, with fewer rows if the work itself was too long for a transaction.

        Only an attempt that used CPU time, on a single row, while the database answers, counts towards giving up.
        """
        metrics.BESIDE_RETRIES.labels(type(error).__name__).inc()
        trouble = self._troubles.setdefault(key, _Trouble(ROWS_MAX))
        trouble.times += 1
        own = meter.busy >= OWN_SECONDS
        if own and trouble.rows == 1 and await answers(pool):
            trouble.too_long += 1
        if own or trouble.times > ATTEMPTS:
            trouble.rows = max(trouble.rows // SHRINK, 1)
        seconds = min(BACKOFF_SECONDS * 2.0 ** min(trouble.times, 10), BACKOFF_MAX_SECONDS)
        trouble.until = monotonic_seconds() + (0.0 if own else seconds)
        log.warning("beside_given_up", error=type(error).__name__, rows=trouble.rows, times=trouble.times, own=own)


def _read(rows: Sequence[Row], wanted: frozenset[str]) -> tuple[list[Readable], list[DeadLetter]]:
    """The events of the rows. They were read when they were set aside; another release may not read them any more."""
    readable, letters = list[Readable](), list[DeadLetter]()
    for row in rows:
        record = Record(row["topic"], row["partition"], row["record_offset"], row["key"], row["value"])
        try:
            event = event_of(record, wanted)
        except UnreadableEvent as error:
            letters.append(DeadLetter(record, "unreadable", str(error), row["event_id"]))
            continue
        if event is None:
            detail = "no part of the service reads events of this type in this group any more"
            letters.append(DeadLetter(record, "not_read", detail, row["event_id"]))
        else:
            readable.append(Readable(event, record))
    return readable, letters


def _group(row: Row) -> str:
    group: str = row["consumer_group"]
    return group
