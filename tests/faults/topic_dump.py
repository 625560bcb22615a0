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

from aiokafka import ConsumerRecord

from mandegar.kafka.broker import Broker
from mandegar_local.find.topics import read_topics


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


async def dump_topics(bootstrap: str, prefix: str = "") -> TopicDump:
    """Read all topics behind ``prefix`` to their present ends; raises ``StackError`` if a log cannot be."""
    records: list[Dumped] = []

    def note(record: ConsumerRecord) -> None:
        topic = record.topic.removeprefix(prefix)
        records.append(Dumped(topic, record.partition, record.offset, record.key, record.value))

    ends = await read_topics(Broker(bootstrap), prefix, note)
    return TopicDump(
        sorted(records, key=lambda record: record[:3]),
        {(p.topic.removeprefix(prefix), p.partition): end for p, end in ends.items()},
    )


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
