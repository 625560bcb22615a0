"""A rebuild of ingest in this process, from events that an ingest published."""

from collections.abc import Sequence

from harness.in_process import PARTITIONS
from harness.ingest_service import Ingest
from ingest.main import SERVICE
from ingest.rebuild.apply import complete
from mandegar.database import transaction
from mandegar.events import Event, topic_of
from mandegar.events.codec import encode_value
from mandegar.events.topics import partition_of
from mandegar.lanes.application import as_process
from mandegar.stream import Record


async def rebuild(other: Ingest, events: Sequence[Event], partition_order: int, at_once: int) -> None:
    """Apply the events as the lanes of a rebuild do, one partition after the other."""
    (subscription,) = [reads for group, reads in SERVICE.rebuild_subscriptions.items() if group == "ingest.rebuild"]
    process = as_process(subscription, "ingest.rebuild", PARTITIONS, retention=None)
    logs: dict[tuple[str, int], list[Record]] = {}
    for event in events:
        topic, partition = topic_of(event.type), partition_of(event.partition_key, PARTITIONS)
        log = logs.setdefault((topic, partition), [])
        log.append(Record(topic, partition, len(log), event.partition_key, encode_value(event)))
    for place in sorted(logs, reverse=bool(partition_order)):
        for start in range(0, len(logs[place]), at_once):
            async with transaction(other.database.worker) as connection:
                await process(logs[place][start : start + at_once], connection, other.clock.now())
    await complete(other.context)
