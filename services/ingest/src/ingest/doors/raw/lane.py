"""Events from ``raw.<source_id>`` topics, accepted inside the transaction of the lane.

The topic name identifies the source; the producer's ACL protects it. There is no caller to answer, so whatever cannot
be accepted is quarantined, and becomes a dead letter if the shop's quarantine is full. Records of a topic without a
source become dead letters too.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from ingest.domain.normalise import Reading
from ingest.domain.sources import Budget, Source
from ingest.doors.metrics import count_answers
from ingest.doors.raw.read import read_record
from ingest.hallway.accept import accept
from ingest.settings import IngestSettings
from ingest.sources.rows import load_sources
from mandegar.database import WorkerConnection, after_commit
from mandegar.events import Event
from mandegar.events.topics import RAW_PREFIX
from mandegar.lanes.deadletters import DeadLetter, keep
from mandegar.service.context import Context
from mandegar.service.parts import RecordRead
from mandegar.stream import Process, Record

GROUP = "raw"
PATTERN = re.escape(RAW_PREFIX) + r"[A-Za-z0-9._-]+"


def process_raw(context: Context[IngestSettings]) -> Process:
    """The function that accepts the events in records of ``raw.<source_id>``."""
    identity_key, settings = context.identity_key, context.settings
    budget = Budget(settings.quarantine_events_max, settings.quarantine_bytes_max)

    async def process(records: Sequence[Record], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
        sources = await load_sources(connection, {_source_id(record) for record in records})
        owned = [record for record in records if _source_id(record) in sources and record.unreadable is None]
        letters = [_unreadable(record, sources.get(_source_id(record))) for record in records if record.unreadable]
        orphans = [
            DeadLetter(record, "unknown_source", "no source belongs to this topic")
            for record in records
            if _source_id(record) not in sources and record.unreadable is None
        ]
        await keep(connection, f"ingest.{GROUP}", [*letters, *orphans], now)
        readings = {
            source_id: Reading(source, now, identity_key, keep_rejected=True) for source_id, source in sources.items()
        }
        events = [
            (record, arrival) for record in owned for arrival in read_record(record, readings[_source_id(record)])
        ]
        accepted = await accept(connection, [arrival for _, arrival in events], now, settings.partitions, budget=budget)
        without_room = [
            DeadLetter(record, result.code or "", result.detail or "", shop=sources[_source_id(record)].shop.id)
            for (record, _), result in zip(events, accepted.results, strict=True)
            if result.status == "retry"
        ]
        await keep(connection, f"ingest.{GROUP}", without_room, now)
        after_commit(partial(count_answers, "kafka", accepted.results))
        return accepted.outgoing

    return process


RAW = RecordRead[IngestSettings](PATTERN, GROUP, process_raw)


def _unreadable(record: Record, source: Source | None) -> DeadLetter:
    """Nothing can be said of its events, so it is no quarantined one, which could be released."""
    return DeadLetter(record, "unreadable", record.unreadable or "", shop=None if source is None else source.shop.id)


def _source_id(record: Record) -> str:
    return record.topic.removeprefix(RAW_PREFIX)
