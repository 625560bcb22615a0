"""Group commit: concurrent requests share one transaction, and each is answered once it has committed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from datetime import datetime
from typing import NamedTuple

from ingest.domain.candidates import Arrival
from ingest.domain.outcomes import Result
from ingest.domain.sources import Budget, Source
from ingest.hallway import metrics
from ingest.hallway.accept import Accepted, accept, accept_together
from ingest.hallway.failpoints import DoorFailpoint
from ingest.hallway.quarantine import UNLIMITED
from ingest.hallway.room import Room, units_of
from ingest.hallway.turns import Turns
from mandegar.clock import monotonic_seconds
from mandegar.database import Pool, WorkerConnection, is_transient, transaction
from mandegar.database.bisect import CAUSED_BY_DATA
from mandegar.failpoints import reach
from mandegar.outbox.rows import write_outbox

# Of 4 KiB each at most, so a flush is at most 2 MiB large, or one request.
UNITS_PER_FLUSH = 500
GATHER_SECONDS = 0.005
# What is left of the requests expected after a flush that waited for them in vain.
FADING = 0.8
RETRY_SECONDS = 0.1


Accept = Callable[[WorkerConnection, Sequence[Arrival], datetime, int, Budget], Awaitable[Accepted]]


class Busy(Exception):
    """The shop or the source holds its share of the room for requests; retry shortly."""


class Unavailable(Exception):
    """The database did not answer in time. The events may have been accepted: retry with the same ids."""


class _Waiting(NamedTuple):
    source: Source
    units: int
    arrivals: Sequence[Arrival]
    answer: "asyncio.Future[list[Result]]"


class GroupCommit:
    """One writer for the requests of this process, which wait in a bounded room and are taken in turns of their shops.

    A flush waits for as many requests as were in hand at once lately, for at most 5 ms or 500 units: a sender on a
    single connection waits for nobody. It never splits a request, and is retried for ``patience_seconds``.
    """

    def __init__(
        self,
        pool: Pool,
        now: Callable[[], datetime],
        *,
        partitions: int,
        budget: Budget = UNLIMITED,
        events_max: int = 20_000,
        patience_seconds: float = 1.5,
        on_committed: Callable[[], None] = lambda: None,
    ) -> None:
        self._pool, self._now, self._partitions = pool, now, partitions
        self._patience, self._budget = patience_seconds, budget
        self._on_committed = on_committed
        self.room = Room(events_max)
        self._queue: Turns[_Waiting] = Turns()
        # Requests that wait or are being stored, and how many of them the next flush waits for.
        self._in_hand, self._expected = 0, 0.0
        self._enough = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    @contextmanager
    def entering(self, source: Source, size: int) -> Iterator[None]:
        """Around the reading of a request of ``size`` bytes, which takes room; raises ``Busy``."""
        units = units_of(0, size)
        if not self.room.has(source, units):
            raise Busy
        with self.room.holding(source, units):
            yield

    async def submit(self, arrivals: Sequence[Arrival]) -> list[Result]:
        """Accept the events of a request and return once they are committed; raises ``Busy`` or ``Unavailable``."""
        if not arrivals:
            return []
        source = arrivals[0].source
        units = units_of(len(arrivals), sum(len(arrival.body) for arrival in arrivals))
        if not self.room.has(source, units):
            raise Busy
        waiting = _Waiting(source, units, arrivals, asyncio.get_running_loop().create_future())
        self.room.take(source, units)
        self._queue.add(source.shop.id, source.id, waiting, units)
        metrics.QUEUED.inc(len(arrivals))
        self._in_hand += 1
        self._expected = max(self._expected, self._in_hand)
        if self._is_enough():
            self._enough.set()
        if self._writer is None or self._writer.done():
            # In a context of its own: it outlives the request, and has a limit of its own.
            self._writer = asyncio.create_task(self._write(), context=Context())
        try:
            return await waiting.answer
        finally:
            self._in_hand -= 1

    async def _write(self) -> None:
        while self._queue:
            await self._gather()
            requests = self._take()
            began = monotonic_seconds()
            try:
                accepted = await self._flush([arrival for request in requests for arrival in request.arrivals])
            except BaseException as error:
                for request in requests:
                    if not request.answer.done():
                        request.answer.set_exception(error if isinstance(error, Exception) else Unavailable())
                if not isinstance(error, Exception):
                    raise
                if isinstance(error, Unavailable):
                    self._give_up_waiting()
            else:
                metrics.FLUSH_SECONDS.observe(monotonic_seconds() - began)
                self._answer(requests, accepted)

    def _give_up_waiting(self) -> None:
        """Fail the requests that waited for this flush, instead of letting each wait for as long again."""
        for late in self._queue.drop(lambda _: True):
            self._leave(late)
            if not late.answer.done():
                late.answer.set_exception(Unavailable())

    def _leave(self, request: _Waiting) -> None:
        self.room.give_back(request.source, request.units)
        metrics.QUEUED.dec(len(request.arrivals))

    def _is_enough(self) -> bool:
        return self._in_hand > self._expected - 1 or self._queue.units >= UNITS_PER_FLUSH

    async def _gather(self) -> None:
        """Wait for the requests that are expected, all of which wait in the queue while nothing is being stored."""
        await asyncio.sleep(0)
        if self._is_enough():
            return
        self._enough.clear()
        try:
            async with asyncio.timeout(GATHER_SECONDS):
                await self._enough.wait()
        except TimeoutError:
            self._expected *= FADING

    def _take(self) -> list[_Waiting]:
        requests = self._queue.take(UNITS_PER_FLUSH)
        for request in requests:
            self._leave(request)
        return requests

    async def _flush(self, arrivals: Sequence[Arrival]) -> Accepted:
        deadline = monotonic_seconds() + self._patience
        while True:
            try:
                async with asyncio.timeout(max(deadline - monotonic_seconds(), 0)):
                    return await self._commit(arrivals)
            except Exception as error:
                if not is_transient(error):
                    raise
                metrics.FLUSH_RETRIES.labels(type(error).__name__).inc()
                if monotonic_seconds() + RETRY_SECONDS >= deadline:
                    raise Unavailable from error
            await asyncio.sleep(RETRY_SECONDS)

    async def _commit(self, arrivals: Sequence[Arrival]) -> Accepted:
        """Accept the arrivals in one transaction, or in a second one where the database refused data of the first.

        Bisecting takes a savepoint for each part, and hardly any flush needs it.
        """
        try:
            return await self._store(arrivals, accept_together)
        except CAUSED_BY_DATA as error:
            if is_transient(error):
                raise
            return await self._store(arrivals, accept)

    async def _store(self, arrivals: Sequence[Arrival], way: Accept) -> Accepted:
        async with transaction(self._pool) as connection:
            accepted = await way(connection, arrivals, self._now(), self._partitions, self._budget)
            await write_outbox(connection, accepted.outgoing)
            reach(DoorFailpoint.BEFORE_COMMIT)
        reach(DoorFailpoint.AFTER_COMMIT)
        return accepted

    def _answer(self, requests: Sequence[_Waiting], accepted: Accepted) -> None:
        start = 0
        for request in requests:
            stop = start + len(request.arrivals)
            if not request.answer.done():
                request.answer.set_result(accepted.results[start:stop])
            start = stop
        self._on_committed()
