"""Sets the gauges of backlogs when metrics are scraped; between scrapes nothing is queried."""

import asyncio
from collections.abc import Mapping, Sequence

from mandegar.clock import monotonic_seconds
from mandegar.database import Connection, Pool, is_transient, transaction
from mandegar.lanes.deadletters import count_open
from mandegar.lanes.lanes import Lanes
from mandegar.outbox.rows import outbox_backlog
from mandegar.service.parts import Measure
from mandegar.telemetry import metrics

MIN_INTERVAL_SECONDS = 1.0
QUERY_SECONDS = 1.0


class Measuring:
    """Refreshes the gauges of one process, at most once a second."""

    def __init__(self, pool: Pool, lanes: Mapping[str, Lanes], measures: Sequence[Measure]) -> None:
        self._pool, self._lanes, self._measures = pool, lanes, (measure_stream, *measures)
        self._measured_at = float("-inf")
        self._turn = asyncio.Lock()

    async def refresh(self) -> None:
        """Query the values; a gauge whose query fails or exceeds a second keeps its last value."""
        async with self._turn:
            if monotonic_seconds() - self._measured_at < MIN_INTERVAL_SECONDS:
                return
            try:
                async with asyncio.timeout(QUERY_SECONDS):
                    await asyncio.gather(
                        self._query_database(),
                        *(lanes.backlog.measure(group) for group, lanes in self._lanes.items()),
                    )
            except Exception as error:
                if not is_transient(error):
                    raise
            self._measured_at = monotonic_seconds()

    async def _query_database(self) -> None:
        async with transaction(self._pool) as connection:
            for measure in self._measures:
                await measure(connection)


async def measure_stream(connection: Connection) -> None:
    """Set the gauges of the outbox and of open dead letters."""
    backlog = await outbox_backlog(connection)
    metrics.OUTBOX_ROWS.set(backlog.rows)
    metrics.OUTBOX_AGE.set(backlog.age_seconds)
    metrics.DEAD_LETTERS_OPEN.set(await count_open(connection))
