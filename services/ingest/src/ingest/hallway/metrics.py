"""Metrics of the hallway. Labels are stable codes, never shops or customers."""

from collections.abc import Sequence

from prometheus_client import Counter, Gauge, Histogram

from ingest.hallway.rows.quarantine import count_open
from ingest.hallway.rows.refunds import count_waiting
from mandegar.database import Connection
from mandegar.service.parts import Measure

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

FLUSH_SECONDS = Histogram("ingest_flush_seconds", "Time of one group commit", buckets=_SECONDS)
FLUSH_RETRIES = Counter("ingest_flush_retries_total", "Group commits tried again", ["error"])
QUEUED = Gauge("ingest_queued_events", "Events waiting for a group commit")
QUARANTINE_OPEN = Gauge("quarantine_open", "Events in quarantine that nobody has released or dropped")
WAITING_REFUNDS = Gauge("ingest_waiting_refunds", "Refunds, cancellations and deliveries whose order is not known yet")


async def count_unsettled(connection: Connection) -> Sequence[float]:
    """The open entries of the quarantine, and the refunds that wait for their order."""
    return await count_open(connection), await count_waiting(connection)


WAITING = Measure((QUARANTINE_OPEN, WAITING_REFUNDS), count_unsettled)
