"""Looks through every record of every topic: keys, values and headers, without a consumer group."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

from mandegar.clock import monotonic_seconds
from mandegar.events.topics import COMPACTED
from mandegar.kafka.broker import Broker
from mandegar_local.find.scanning import Found, Scan
from mandegar_local.find.spellings import Spelling
from mandegar_local.stack_error import StackError

_STALLED_SECONDS = 20.0


async def search_topics(broker: Broker, prefix: str, spellings: Sequence[Spelling]) -> list[Found]:
    """What stands in topics whose names begin with ``prefix``.

    Of a compacted topic only the last record of each key counts: the broker removes the others. Raises ``StackError``
    if a log cannot be read to its end.
    """
    scans: dict[str, Scan] = {}
    last: dict[tuple[str, int, bytes | None], ConsumerRecord] = {}

    def look(record: ConsumerRecord) -> None:
        topic = record.topic.removeprefix(prefix)
        if topic in COMPACTED:
            last[topic, record.partition, record.key] = record
        else:
            _look(scans.setdefault(topic, Scan(f"topic {topic}", spellings)), record)

    await read_topics(broker, prefix, look)
    for (topic, _, _), record in last.items():
        _look(scans.setdefault(topic, Scan(f"topic {topic}", spellings)), record)
    return [found for scan in scans.values() for found in scan.found]


async def read_topics(
    broker: Broker, prefix: str, look: Callable[[ConsumerRecord], None]
) -> Mapping[TopicPartition, int]:
    """Show ``look`` every record of the topics whose names begin with ``prefix``, up to their present ends.

    Returns the ends. Raises ``StackError`` if a log cannot be read to its end.
    """
    consumer = AIOKafkaConsumer(
        **broker.options(), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = [each for each in await _partitions(broker) if each.topic.startswith(prefix)]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions) if partitions else {}
        if ends:
            await _read(consumer, ends, look)
    finally:
        await consumer.stop()
    return ends


async def _partitions(broker: Broker) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(**broker.options())
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if not name.startswith("__")]
        topics = await admin.describe_topics(names) if names else []
        return [TopicPartition(each["topic"], part["partition"]) for each in topics for part in each["partitions"]]
    finally:
        await admin.close()


async def _read(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], look: Callable[[ConsumerRecord], None]
) -> None:
    consumer.assign(list(ends))
    await consumer.seek_to_beginning(*ends)
    moved_at = monotonic_seconds()
    while behind := [each for each, end in ends.items() if await consumer.position(each) < end]:
        batches = await consumer.getmany(*behind, timeout_ms=500, max_records=10_000)
        for record in chain.from_iterable(batches.values()):
            look(record)
        if batches:
            moved_at = monotonic_seconds()
        elif monotonic_seconds() - moved_at > _STALLED_SECONDS:
            stuck = ", ".join(sorted(f"{each.topic}-{each.partition}" for each in behind))
            raise StackError(f"These logs cannot be read to their ends: {stuck}. Is the broker up, are the logs whole?")


def _look(scan: Scan, record: ConsumerRecord) -> None:
    headers = [part for name, value in record.headers for part in (name.encode(), value)]
    for piece in (record.key, record.value, *headers):
        if piece is not None:
            scan.feed_whole(piece)
