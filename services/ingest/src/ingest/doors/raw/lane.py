"""``raw.<source_id>``: platforms that produce by themselves use the same hallway, inside the lane's transaction.

The topic's name says which source it is (the producer's ACL guards it). There is no caller to tell, so everything that
cannot be accepted is quarantined; a topic of no known source gives dead letters.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from ingest.domain.candidates import Arrival
from ingest.domain.normalise import Reading
from ingest.doors.read_events import read_one
from ingest.hallway.accept import accept
from ingest.hallway.metrics import count_answers
from ingest.sources.rows import load_sources
from mandegar.database import Connection, once_committed
from mandegar.events import Event
from mandegar.events.topics import RAW_PREFIX
from mandegar.lanes.deadletters import DeadLetter, keep
from mandegar.service.context import Context
from mandegar.stream import Record, RecordSubscription

GROUP = "raw"
PATTERN = re.escape(RAW_PREFIX) + r"[A-Za-z0-9._-]+"


class RawLane:
    """Knows the process it runs in once ``open`` was called, before the first record."""

    def __init__(self) -> None:
        self._identity_key = b""
        self._partitions = 0

    @property
    def subscription(self) -> RecordSubscription:
        return RecordSubscription(PATTERN, self.process, group=GROUP)

    async def open(self, context: Context) -> None:
        self._identity_key = context.identity_key
        self._partitions = context.settings.partitions

    async def process(self, records: Sequence[Record], connection: Connection, now: datetime) -> Sequence[Event]:
        """Accept what the records say; the events to publish."""
        sources = await load_sources(connection, {_source_id(record) for record in records})
        known = [record for record in records if _source_id(record) in sources]
        lost = [
            DeadLetter(record, "unknown_source", "no source has this topic")
            for record in records
            if _source_id(record) not in sources
        ]
        await keep(connection, f"ingest.{GROUP}", lost, now)
        readings = {
            source_id: Reading(source, now, self._identity_key, keep=True) for source_id, source in sources.items()
        }
        accepted = await accept(connection, [_read(record, readings) for record in known], now, self._partitions)
        once_committed(partial(count_answers, "kafka", accepted.results))
        return accepted.outgoing


def _source_id(record: Record) -> str:
    return record.topic.removeprefix(RAW_PREFIX)


def _read(record: Record, readings: Mapping[str, Reading]) -> Arrival:
    """One record is one event; without an id of its own its place in the topic names it."""
    place = f"{record.topic}-{record.partition}-{record.offset}"
    return read_one(record.value or b"", 0, readings[_source_id(record)], fallback_id=place)
