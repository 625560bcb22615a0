"""Reads the records of one shop from the topics."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.structs import ConsumerRecord

from mandegar.clock import monotonic_seconds
from mandegar.events.topics import COMPACTED, TOPICS
from mandegar.kafka.missing_records import Missing, missing_before
from mandegar.kafka.names import TopicNames
from mandegar.moving.archive import ArchiveWriter, records_member
from mandegar.moving.records import Record, is_of
from mandegar.service.progress import progress
from mandegar_local.moving.installation import Installation
from mandegar_local.stack_error import StackError

STALLED_SECONDS = 20.0
_ENCODER = msgspec.json.Encoder()
Ends = Mapping[str, Sequence[int]]


async def require_topics(home: Installation) -> None:
    """Raise StackError unless the brokers have all topics, with the number of partitions that the settings say."""
    names = [TopicNames(home.prefix).physical(topic.name) for topic in TOPICS]
    admin = AIOKafkaAdminClient(**home.broker.options())
    try:
        await admin.start()
        topics = await admin.describe_topics(names)
    finally:
        await admin.close()
    for topic in topics:
        if topic["error_code"]:
            why = for_code(topic["error_code"])
            raise StackError(f"The brokers refuse the topic {topic['topic']}: {why.description or why.__name__}")
        if len(topic["partitions"]) != home.partitions:
            raise StackError(
                f"The topic {topic['topic']} has {len(topic['partitions'])} partitions, and MANDEGAR_PARTITIONS is "
                f"{home.partitions}."
            )


@asynccontextmanager
async def reader(home: Installation) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group."""
    consumer = AIOKafkaConsumer(
        **home.broker.options(), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def ends_of(consumer: AIOKafkaConsumer, home: Installation) -> dict[str, list[int]]:
    """The present end of each partition, by topic."""
    ends: dict[str, list[int]] = {}
    for topic, places in _places(home).items():
        found = await consumer.end_offsets(places)
        ends[topic] = [found[place] for place in places]
    return ends


async def deleted_records(consumer: AIOKafkaConsumer, home: Installation) -> list[Missing]:
    """What the brokers no longer have of the beginning of each partition."""
    missing: list[Missing] = []
    for topic, places in _places(home).items():
        found = missing_before(await consumer.beginning_offsets(places), {})
        missing += [msgspec.structs.replace(each, topic=topic) for each in found]
    return missing


def _places(home: Installation) -> dict[str, list[TopicPartition]]:
    names = TopicNames(home.prefix)
    return {
        topic.name: [TopicPartition(names.physical(topic.name), number) for number in range(home.partitions)]
        for topic in TOPICS
    }


async def records_between(
    consumer: AIOKafkaConsumer, place: TopicPartition, start: int, end: int
) -> AsyncIterator[ConsumerRecord]:
    """The records of a partition from ``start`` on, up to ``end``. Raises StackError if its log cannot be read."""
    consumer.assign([place])
    consumer.seek(place, start)
    moved_at = monotonic_seconds()
    while await consumer.position(place) < end:
        batch = await consumer.getmany(place, timeout_ms=500, max_records=5_000)
        for record in batch.get(place, ()):
            if record.offset < end:
                yield record
        if batch:
            moved_at = monotonic_seconds()
        elif monotonic_seconds() - moved_at > STALLED_SECONDS:
            raise StackError(f"The log of {place.topic}, partition {place.partition}, cannot be read to its end.")


async def anything_new(consumer: AIOKafkaConsumer, home: Installation, shop: str, since: Ends) -> bool:
    """Whether there is a record of the shop from the offsets ``since`` on."""
    names = TopicNames(home.prefix)
    for topic, ends in (await ends_of(consumer, home)).items():
        for number, end in enumerate(ends):
            place = TopicPartition(names.physical(topic), number)
            if end > since[topic][number]:
                async for record in records_between(consumer, place, since[topic][number], end):
                    if is_of(record.key, shop):
                        return True
    return False


async def write_records(
    consumer: AIOKafkaConsumer, home: Installation, shop: str, ends: Ends, archive: ArchiveWriter
) -> list[Missing]:
    """Write all records of the shop before ``ends``; of a compacted topic the last of each key alone.

    Returns what the brokers no longer have of any shop. Offsets within a compacted topic may be missing.
    """
    names = TopicNames(home.prefix)
    deleted = {(each.topic, each.partition): each.end for each in await deleted_records(consumer, home)}
    missing: list[Missing] = []
    for topic, offsets in ends.items():
        with progress(f"records of {topic}") as bar:
            for number, end in enumerate(offsets):
                place = TopicPartition(names.physical(topic), number)
                last = await _last_of_keys(consumer, place, shop, end) if topic in COMPACTED else None
                expected = first = min(deleted.get((topic, number), 0), end)
                if first:
                    missing.append(Missing(topic, number, 0, first))
                with archive.member(records_member(topic, number)) as member:
                    async for record in records_between(consumer, place, first, end):
                        if record.offset > expected and last is None:
                            missing.append(Missing(topic, number, expected, record.offset))
                        expected = record.offset + 1
                        if is_of(record.key, shop) and (last is None or last[record.key] == record.offset):
                            member.write(_line(record))
                            bar.update(bar.done + 1, bar.done + 1)
                if expected < end and last is None:
                    missing.append(Missing(topic, number, expected, end))
    return missing


async def _last_of_keys(consumer: AIOKafkaConsumer, place: TopicPartition, shop: str, end: int) -> dict[bytes, int]:
    last: dict[bytes, int] = {}
    async for record in records_between(consumer, place, 0, end):
        if is_of(record.key, shop):
            last[record.key] = record.offset
    return last


def _line(record: ConsumerRecord) -> bytes:
    try:
        key, value = record.key.decode(), None if record.value is None else record.value.decode()
    except UnicodeDecodeError as error:
        raise StackError(
            f"The record at offset {record.offset} of {record.topic}, partition {record.partition}, is not text."
        ) from error
    return _ENCODER.encode(Record(key, value, record.timestamp, [*record.headers]))
