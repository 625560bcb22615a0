"""Gauges of what waits, looked up when somebody asks: between two scrapes they cost nothing."""

import asyncio

from mandegar.clock import monotonic_seconds
from mandegar.database import Connection, is_weather, transaction
from mandegar.outbox.rows import Pending
from mandegar.service.context import Context
from mandegar.telemetry import metrics

AT_MOST_EVERY_SECONDS = 1.0
ANSWER_SECONDS = 1.0


class Measuring:
    """Brings the gauges of one process up to date, at most once a second."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._measured_at = float("-inf")
        self._turn = asyncio.Lock()

    async def refresh(self) -> None:
        """Look; what cannot be told now keeps its last value, and ``/readyz`` says what is away."""
        async with self._turn:
            if monotonic_seconds() - self._measured_at < AT_MOST_EVERY_SECONDS:
                return
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await asyncio.gather(
                        self._look_into_the_database(),
                        *(lanes.backlog.measure(group) for group, lanes in self._context.lanes.items()),
                    )
            except Exception as error:
                if not is_weather(error):
                    raise
            self._measured_at = monotonic_seconds()

    async def _look_into_the_database(self) -> None:
        async with transaction(self._context.worker) as connection:
            await _measure_stream(connection)
            for measure in self._context.measures:
                await measure(connection)


async def _measure_stream(connection: Connection) -> None:
    backlog = await connection.fetchrow(Pending.BACKLOG)
    if backlog is not None:
        metrics.OUTBOX_ROWS.set(backlog["rows"])
        metrics.OUTBOX_AGE.set(backlog["age"])
    letters = await connection.fetchval("SELECT count(*) FROM dead_letters WHERE released_at IS NULL")
    metrics.DEAD_LETTERS_OPEN.set(letters)
