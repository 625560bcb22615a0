"""``python -m <service> replay``: a topic read again from an offset or an instant. What was applied is known by its id.

Offsets are moved back and then caught up with, by this command and by the running service: the offset fence gives
each batch to one of them, and the inbox lets no event count twice.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from mandegar.database import WorkerConnection, transaction
from mandegar.kafka import client
from mandegar.kafka.names import TopicNames
from mandegar.lanes import inbox
from mandegar.rebuild.catch_up import CatchUp, new_reader
from mandegar.service.context import Context
from mandegar.service.parts import S, Service
from mandegar.service.progress import progress


class NotReplayable(ValueError):
    """Nobody reads this topic here, or it would be read from where the inbox remembers nothing."""


class Start(NamedTuple):
    """Where to begin: at an offset, or with what was published since an instant; in one partition or in all."""

    offset: int | None = None
    since: datetime | None = None
    partition: int | None = None


async def replay(service: Service[S], context: Context[S], topic: str, start: Start) -> int:
    """Read ``topic`` again, for every subscription of ``service`` that reads it; how many records come once more."""
    readers = {group: read for group, read in service.subscriptions.items() if topic in read.topics}
    if not readers:
        raise NotReplayable(f"nobody here reads {topic}")
    offsets = await _starts(context, topic, start)
    again = 0
    for group, subscription in readers.items():
        async with transaction(context.worker) as connection:
            again += await move_back(connection, group, topic, offsets)
        with progress(f"{group} {topic}") as bar:
            await CatchUp(context, subscription, group, retention=inbox.RETENTION, topics=[topic]).run(bar.update)
    return again


async def move_back(connection: WorkerConnection, group: str, topic: str, offsets: Mapping[int, int]) -> int:
    """Move stored offsets back to ``offsets`` (by partition), never forward; how many records that is in sum."""
    rows = await connection.fetch(
        """
        WITH wanted AS (
            SELECT o.partition, o.next_offset AS stood, w.start
            FROM offsets o JOIN unnest($3::int[], $4::bigint[]) AS w(partition, start) USING (partition)
            WHERE o.consumer_group = $1 AND o.topic = $2 AND o.next_offset > w.start
            ORDER BY o.partition FOR UPDATE OF o
        )
        UPDATE offsets o SET next_offset = wanted.start, updated_at = now()
        FROM wanted WHERE o.consumer_group = $1 AND o.topic = $2 AND o.partition = wanted.partition
        RETURNING wanted.stood - wanted.start AS records
        """,
        group,
        topic,
        list(offsets),
        list(offsets.values()),
    )
    return sum(row["records"] for row in rows)


async def _starts(context: Context, topic: str, start: Start) -> dict[int, int]:
    """The offset to begin with in each partition; refused where events are older than the inbox remembers."""
    settings = context.settings
    numbers = range(settings.partitions) if start.partition is None else [start.partition]
    names = TopicNames(settings.topic_prefix)
    partitions = [TopicPartition(names.physical(topic), number) for number in numbers]
    consumer = await client.start_with_retries(lambda: new_reader(settings.kafka_bootstrap, context.name))
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
                f"{topic}, partition {partition.partition}: what stands before offset {oldest[partition]} is older "
                f"than the {inbox.RETENTION.days} days for which ids are remembered. Begin later (--since), or rebuild."
            )
    return {partition.partition: offset for partition, offset in wanted.items()}


async def _offsets_at(
    consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition], at: datetime
) -> dict[TopicPartition, int]:
    """The first offset of each partition that was published at or after an instant; the end where none was."""
    wanted = dict.fromkeys(partitions, int(at.timestamp() * 1000))
    found = await consumer.offsets_for_times(wanted)
    ends = await consumer.end_offsets(list(wanted))
    return {partition: found[partition].offset if found[partition] else ends[partition] for partition in wanted}
