"""``python -m <service> replay``: reads a topic again from an offset or an instant.

Stored offsets are moved back, and this command applies the records from there; the service may run meanwhile. The
compare-and-swap of offsets lets one of the two apply each batch, and the inbox skips events that were applied before.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from mandegar.database import WorkerConnection, transaction
from mandegar.kafka import client
from mandegar.kafka.names import TopicNames
from mandegar.lanes import inbox
from mandegar.lanes.beside import Beside
from mandegar.rebuild.catch_up import CatchUp, new_reader
from mandegar.service.context import Context
from mandegar.service.parts import S, Service
from mandegar.service.progress import progress


class NotReplayable(ValueError):
    """The service does not read the topic, or the start is before the retention of the inbox."""


class Start(NamedTuple):
    """Where a replay starts: at an offset, or at the first record published since an instant.

    ``partition`` None means all partitions.
    """

    offset: int | None = None
    since: datetime | None = None
    partition: int | None = None


async def replay(service: Service[S], context: Context[S], topic: str, start: Start) -> int:
    """Read ``topic`` again in every consumer group that reads it; returns the number of records.

    Raises ``NotReplayable``.
    """
    readers = {group: read for group, read in service.subscriptions.items() if topic in read.topics}
    if not readers:
        raise NotReplayable(f"the service does not read {topic}")
    offsets = await _starts(context, topic, start)
    records = 0
    beside = Beside(context.clock, service.subscriptions, service.settle, context.settings.partitions)
    for group, subscription in readers.items():
        async with transaction(context.worker) as connection:
            records += await move_back(connection, group, topic, offsets)
        with progress(f"{group} {topic}") as bar:
            await CatchUp(context, subscription, group, retention=inbox.RETENTION, topics=[topic]).run(bar.update)
            await beside.drain(context.worker)
    return records


async def move_back(connection: WorkerConnection, group: str, topic: str, offsets: Mapping[int, int]) -> int:
    """Move stored offsets back to ``offsets`` (by partition), never forward; returns the sum of the distances."""
    rows = await connection.fetch(
        """
        WITH wanted AS (
            SELECT o.partition, o.next_offset AS previous, w.start
            FROM offsets o JOIN unnest($3::int[], $4::bigint[]) AS w(partition, start) USING (partition)
            WHERE o.consumer_group = $1 AND o.topic = $2 AND o.next_offset > w.start
            ORDER BY o.partition FOR UPDATE OF o
        )
        UPDATE offsets o SET next_offset = wanted.start, updated_at = now()
        FROM wanted WHERE o.consumer_group = $1 AND o.topic = $2 AND o.partition = wanted.partition
        RETURNING wanted.previous - wanted.start AS records
        """,
        group,
        topic,
        list(offsets),
        list(offsets.values()),
    )
    return sum(row["records"] for row in rows)


async def _starts(context: Context, topic: str, start: Start) -> dict[int, int]:
    """The first offset to read in each partition; raises ``NotReplayable`` for one before the inbox's retention."""
    settings = context.settings
    numbers = range(settings.partitions) if start.partition is None else [start.partition]
    names = TopicNames(settings.topic_prefix)
    partitions = [TopicPartition(names.physical(topic), number) for number in numbers]
    consumer = await client.start_with_retries(lambda: new_reader(settings.broker, context.name))
    try:
        oldest = await _offsets_at(consumer, partitions, context.clock.now() - inbox.RETENTION)
        if start.since is not None:
            wanted = await _offsets_at(consumer, partitions, start.since)
        else:
            wanted = dict.fromkeys(partitions, start.offset or 0)
            first = await consumer.beginning_offsets(partitions)
            wanted = {partition: max(offset, first[partition]) for partition, offset in wanted.items()}
    finally:
        await client.stop_with_deadline(consumer.stop)
    for partition, offset in wanted.items():
        if offset < oldest[partition]:
            raise NotReplayable(
                f"{topic}, partition {partition.partition}: records before offset {oldest[partition]} are older than "
                f"{inbox.RETENTION.days} days, for which the inbox keeps ids. Start later (--since), or rebuild."
            )
    return {partition.partition: offset for partition, offset in wanted.items()}


async def _offsets_at(
    consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition], at: datetime
) -> dict[TopicPartition, int]:
    """The first offset of each partition published at or after an instant; the end offset if there is none."""
    wanted = dict.fromkeys(partitions, int(at.timestamp() * 1000))
    offsets = await consumer.offsets_for_times(wanted)
    ends = await consumer.end_offsets(list(wanted))
    return {partition: offsets[partition].offset if offsets[partition] else ends[partition] for partition in wanted}
