"""Looks through every record of every topic: keys, values and headers, without a consumer group."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

from mandegar.clock import monotonic_seconds
from mandegar.events.topics import TOPICS
from mandegar.kafka.broker import Broker
from mandegar_local.find.scanning import Found, Scan
from mandegar_local.find.spellings import Spelling
from mandegar_local.stack_error import StackError

_STALLED_SECONDS = 20.0
_COMPACTED = frozenset(topic.name for topic in TOPICS if ("cleanup.policy", "compact") in topic.config)


async def search_topics(broker: Broker, prefix: str, spellings: Sequence[Spelling]) -> list[Found]:
    """What stands in topics whose names begin with ``prefix``.

    Of a compacted topic only the last record of each key counts: the broker removes the others. Raises ``StackError``
    if a log cannot be read to its end.
    """
    consumer = AIOKafkaConsumer(
        **broker.options(), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = [each for each in await _partitions(broker) if each.topic.startswith(prefix)]
        ends = await consumer.end_offsets(partitions) if partitions else {}
        return await _search(consumer, ends, prefix, spellings) if partitions else []
    finally:
        await consumer.stop()


async def _partitions(broker: Broker) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(**broker.options())
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if not name.startswith("__")]
        topics = await admin.describe_topics(names) if names else []
        return [TopicPartition(each["topic"], part["partition"]) for each in topics for part in each["partitions"]]
    finally:
        await admin.close()


async def _search(
    consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int], prefix: str, spellings: Sequence[Spelling]
) -> list[Found]:
    consumer.assign(list(ends))
    await consumer.seek_to_beginning(*ends)
    scans = {each.topic: Scan(f"topic {each.topic.removeprefix(prefix)}", spellings) for each in ends}
    last: dict[tuple[str, int, bytes | None], ConsumerRecord] = {}
    moved_at = monotonic_seconds()
    while behind := [each for each, end in ends.items() if await consumer.position(each) < end]:
        batches = await consumer.getmany(*behind, timeout_ms=500, max_records=10_000)
        for partition, batch in batches.items():
            moved_at = monotonic_seconds()
            for record in batch:
                if partition.topic.removeprefix(prefix) in _COMPACTED:
                    last[partition.topic, partition.partition, record.key] = record
                else:
                    _look(scans[partition.topic], record)
        if monotonic_seconds() - moved_at > _STALLED_SECONDS:
            stuck = ", ".join(sorted(f"{each.topic}-{each.partition}" for each in behind))
            raise StackError(f"These logs cannot be read to their ends: {stuck}. Is the broker up?")
    for (topic, _, _), record in last.items():
        _look(scans[topic], record)
    return [found for scan in scans.values() for found in scan.found]


def _look(scan: Scan, record: ConsumerRecord) -> None:
    headers = [part for name, value in record.headers for part in (name.encode(), value)]
    for piece in (record.key, record.value, *headers):
        if piece is not None:
            scan.feed_whole(piece)
