"""What stands in the topics of a run: their partitions, their ends, and every record from the beginning."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from mandegar.events import UnreadableEvent, decode

_KAFKAS_OWN = "__"


@asynccontextmanager
async def administration(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client that asks for and changes what topics are."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def partitions(bootstrap: str, topics: Collection[str] = ()) -> list[TopicPartition]:
    """The partitions of ``topics``, or of all topics that are ours."""
    async with administration(bootstrap) as admin:
        names = sorted(topics or [name for name in await admin.list_topics() if not name.startswith(_KAFKAS_OWN)])
        found = await admin.describe_topics(names)
    return [TopicPartition(topic["topic"], part["partition"]) for topic in found for part in topic["partitions"]]


async def log_ends(bootstrap: str) -> dict[tuple[str, int], int]:
    """The end offset of every partition of ours."""
    parts = await partitions(bootstrap)
    async with _reading(bootstrap) as consumer:
        ends = await consumer.end_offsets(parts)
    return {(part.topic, part.partition): end for part, end in ends.items()}


async def records(bootstrap: str, *topics: str) -> AsyncIterator[ConsumerRecord]:
    """Every record of ``topics`` (all of ours, when none is named) up to the present end."""
    parts = await partitions(bootstrap, topics)
    async with _reading(bootstrap) as consumer:
        consumer.assign(parts)
        ends = {part: end for part, end in (await consumer.end_offsets(parts)).items() if end > 0}
        await consumer.seek_to_beginning(*parts)
        while any([await consumer.position(part) < end for part, end in ends.items()]):
            for found in (await consumer.getmany(timeout_ms=500, max_records=5000)).values():
                for record in found:
                    yield record


async def ids_by_topic(bootstrap: str) -> dict[str, list[str]]:
    """The ids of all readable events, as often as they stand there."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    async for record in records(bootstrap):
        if record.value is None:
            continue
        try:
            found[record.topic].append(str(decode(record.value).id))
        except UnreadableEvent:
            continue
    return found


@asynccontextmanager
async def _reading(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
