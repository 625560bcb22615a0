"""A plain consumer: every record of every partition of every topic, from 0, without a group.

``python -m tests.faults.topic_dump <bootstrap> [prefix]`` prints it as JSON lines.
"""

import asyncio
import base64
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from faults.topics import partitions as partitions_of
from mandegar.clock import monotonic_seconds

STALLED_SECONDS = 20.0


class Dumped(NamedTuple):
    """One record as it lies in its log; ``topic`` is the logical name, without the deployment's prefix."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class TopicDump:
    """What the broker has: the records by (topic, partition) and offset, and where each log ends."""

    records: Sequence[Dumped]
    ends: Mapping[tuple[str, int], int]


class DumpStalled(RuntimeError):
    """A log could not be read to its end."""


async def dump_topics(bootstrap: str, prefix: str = "") -> TopicDump:
    """Read all topics behind ``prefix`` to their present ends."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        # not partitions_for_topic(): a client that subscribed to nothing may know of none
        partitions = [part for part in await partitions_of(bootstrap) if part.topic.startswith(prefix)]
        ends = await consumer.end_offsets(partitions) if partitions else {}
        records = await _read(consumer, ends, prefix) if partitions else []
    finally:
        await consumer.stop()
    return TopicDump(
        sorted(records, key=lambda record: record[:3]),
        {(p.topic.removeprefix(prefix), p.partition): end for p, end in ends.items()},
    )


async def _read(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], prefix: str) -> list[Dumped]:
    consumer.assign(list(ends))
    await consumer.seek_to_beginning(*ends)
    records: list[Dumped] = []
    moved_at = monotonic_seconds()
    while behind := [p for p, end in ends.items() if await consumer.position(p) < end]:
        batches = await consumer.getmany(*behind, timeout_ms=500, max_records=10_000)
        for partition, batch in batches.items():
            topic = partition.topic.removeprefix(prefix)
            records += [Dumped(topic, r.partition, r.offset, r.key, r.value) for r in batch]
        if batches:
            moved_at = monotonic_seconds()
        elif monotonic_seconds() - moved_at > STALLED_SECONDS:
            stuck = sorted(f"{p.topic}-{p.partition}" for p in behind)
            raise DumpStalled(
                f"cannot be read to their ends: {', '.join(stuck)}; is the broker up, are the logs whole?"
            )
    return records


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode()


async def main(bootstrap: str, prefix: str = "") -> None:
    """Print every record."""
    for record in (await dump_topics(bootstrap, prefix)).records:
        line = record._asdict() | {"key": _text(record.key), "value": _text(record.value)}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
