"""Sets the gauges of backlogs when metrics are scraped; between scrapes the database is not queried."""

import asyncio
from collections.abc import Mapping, Sequence
from math import nan

from mandegar.clock import monotonic_seconds
from mandegar.customers.waiting import count_waiting
from mandegar.database import Connection, Pool, is_transient, transaction
from mandegar.lanes.deadletters import count_open
from mandegar.lanes.lanes import Lanes
from mandegar.look import Look
from mandegar.outbox.rows import outbox_backlog
from mandegar.service.parts import Measure
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

MIN_INTERVAL_SECONDS = 1.0
QUERY_SECONDS = 2.0
# How long a scrape waits.
PATIENCE_SECONDS = 0.8


class Measuring:
    """Refreshes the gauges of one process, at most once a second. A gauge that cannot be measured is NaN.

    ``measures`` are those of the service, in a process that measures the database; otherwise ``None``.
    """

    def __init__(self, pool: Pool, lanes: Mapping[str, Lanes], measures: Sequence[Measure] | None) -> None:
        self._pool, self._lanes = pool, lanes
        self._measures = () if measures is None else (STREAM, *measures)
        self._measured_at = float("-inf")
        self._look = Look(self._query, seconds=QUERY_SECONDS)

    async def refresh(self) -> None:
        """Set the gauges, within a second; a query that takes longer goes on for the next scrape."""
        groups = (lanes.backlog.measure(patience=PATIENCE_SECONDS) for lanes in self._lanes.values())
        await asyncio.gather(self._refresh_database(), *groups)

    async def _refresh_database(self) -> None:
        if not self._measures or monotonic_seconds() - self._measured_at < MIN_INTERVAL_SECONDS:
            return
        values = await self._look.ask(patience=PATIENCE_SECONDS)
        self._measured_at = monotonic_seconds()
        for index, measure in enumerate(self._measures):
            for position, gauge in enumerate(measure.gauges):
                gauge.set(nan if values is None else values[index][position])

    async def _query(self) -> list[Sequence[float]]:
        try:
            async with transaction(self._pool) as connection:
                return [await measure.query(connection) for measure in self._measures]
        except Exception as error:
            if not is_transient(error):
                log.exception("not_measured", error=type(error).__name__)
            raise


async def measure_stream(connection: Connection) -> Sequence[float]:
    """The gauges of ``STREAM``: the outbox, open dead letters, and what waits for the lane beside."""
    return (*await outbox_backlog(connection), await count_open(connection), *await count_waiting(connection))


STREAM = Measure(
    (
        metrics.OUTBOX_ROWS,
        metrics.OUTBOX_AGE,
        metrics.DEAD_LETTERS_OPEN,
        metrics.WAITING_BESIDE,
        metrics.WAITING_BESIDE_CUSTOMERS,
        metrics.WAITING_BESIDE_AGE,
    ),
    measure_stream,
)
