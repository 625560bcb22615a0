"""Writes the records of an archive to the topics of an empty installation."""

from collections.abc import AsyncIterator, Iterator

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from mandegar.events.topics import TOPICS
from mandegar.kafka import client
from mandegar.kafka.names import TopicNames
from mandegar.moving.archive import Archive
from mandegar.moving.records import Record
from mandegar.service.progress import progress
from mandegar_local.moving.installation import Installation
from mandegar_local.moving.read_records import Ends, deleted_records, ends_of, reader, records_between
from mandegar_local.stack_error import StackError


async def write_records(home: Installation, archive: Archive) -> None:
    """Write what the topics do not have yet, in the order of the archive.

    Raises StackError if they have anything else than the beginning of it, before or afterwards: a second run of the
    same archive, beside this one, writes what this one writes.
    """
    names = TopicNames(home.prefix)
    async with reader(home) as consumer:
        await _require_new_topics(consumer, home)
        ends = await ends_of(consumer, home)
        rest = {
            TopicPartition(names.physical(topic.name), number): await _behind(
                consumer,
                TopicPartition(names.physical(topic.name), number),
                archive.records(topic.name, number),
                ends[topic.name][number],
            )
            for topic in TOPICS
            for number in range(home.partitions)
        }
    producer = client.new_producer(home.broker, name="move-in")
    written = {topic: [*offsets] for topic, offsets in ends.items()}
    await producer.start()
    try:
        with progress("records") as bar:
            for place, records in rest.items():
                async for acknowledged in _send(producer, place, records):
                    written[names.logical(place.topic)][place.partition] += acknowledged
                    bar.update(bar.done + acknowledged, bar.done + acknowledged)
    finally:
        await producer.stop()
    async with reader(home) as consumer:
        _require_nothing_else(await ends_of(consumer, home), written)


async def _require_new_topics(consumer: AIOKafkaConsumer, home: Installation) -> None:
    """Groups go on behind as many records as the archive has, so those have to begin at offset 0."""
    for gone in await deleted_records(consumer, home):
        raise StackError(
            f"The topic {gone.topic}, partition {gone.partition}, begins at offset {gone.end:,}: it had other records. "
            "Delete the topics and create them again; to empty them is not enough."
        )


def _require_nothing_else(ends: Ends, written: Ends) -> None:
    for topic, offsets in ends.items():
        if [*offsets] != [*written[topic]]:
            raise StackError(
                f"The topic {topic} has got other records while the archive was written, perhaps by a second move-in "
                "of it. No database has its rows yet. Delete the topics, create them again, and run one move-in alone."
            )


async def _behind(
    consumer: AIOKafkaConsumer, place: TopicPartition, records: Iterator[Record], end: int
) -> Iterator[Record]:
    """The records behind those that the partition has: an interrupted run has written them."""
    written = 0
    async for there in records_between(consumer, place, 0, end):
        while written <= there.offset:  # a broker may have removed a tombstone before this one
            record = next(records, None)
            written += 1
        if record is None or (record.key.encode(), _value(record)) != (there.key, there.value):
            raise StackError(
                f"The topic {place.topic} has other records than the archive: a shop moves into an empty installation."
            )
    return records


async def _send(producer: AIOKafkaProducer, place: TopicPartition, records: Iterator[Record]) -> AsyncIterator[int]:
    """Send the records of a partition in their order; yields how many were acknowledged."""
    batch = producer.create_batch()
    for record in records:
        arguments = {
            "key": record.key.encode(),
            "value": _value(record),
            "timestamp": record.timestamp,
            "headers": record.headers,
        }
        if batch.append(**arguments) is None:
            yield await _flush(producer, place, batch)
            batch = producer.create_batch()
            batch.append(**arguments)  # fits: it is alone
    if batch.record_count():
        yield await _flush(producer, place, batch)


async def _flush(producer: AIOKafkaProducer, place: TopicPartition, batch: BatchBuilder) -> int:
    count: int = batch.record_count()
    batch.close()
    acknowledged = await producer.send_batch(batch, place.topic, partition=place.partition)
    await acknowledged
    return count


def _value(record: Record) -> bytes | None:
    return None if record.value is None else record.value.encode()
