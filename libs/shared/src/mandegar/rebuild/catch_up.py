"""Reading topics from where the stored offsets stand to their present end, through the batch transaction."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from mandegar.database import is_weather, transaction
from mandegar.kafka import client
from mandegar.kafka.names import TopicNames
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.offsets import stored_offsets
from mandegar.service.context import Context
from mandegar.stream import Process, Record, Subscription
from mandegar.telemetry.logging import logger

log = logger(__name__)

RECORDS_MAX = 4_000
RECORDS_MIN = 50
POLL_MS = 500
RETRY_SECONDS = 0.5
FETCH_BYTES_PER_PARTITION = 2 * 1024 * 1024

Progress: TypeAlias = Callable[[int, int], None]
Offsets: TypeAlias = dict[TopicPartition, int]


class CatchUp:
    """One subscription, read by no group of Kafka's: nobody takes partitions away.

    Where the running service moves the same offsets, each batch has one of the two, as between any two owners.
    ``kept`` is how old an event may be, None where nothing was applied before; ``topics`` may be some of its own.
    """

    def __init__(
        self, context: Context, subscription: Subscription, group: str, *, kept: timedelta | None, topics: Sequence[str]
    ) -> None:
        self._context, self._group = context, group
        self._names = TopicNames(context.settings.topic_prefix)
        self._process: Process = as_process(subscription, group, context.settings.partitions, kept=kept)
        self._partitions = [
            TopicPartition(self._names.physical(topic), number)
            for topic in topics
            for number in range(context.settings.partitions)
        ]
        self._expected: Offsets = {}
        self._records_max = RECORDS_MAX

    async def run(self, progress: Progress) -> int:
        """Apply everything that stands on the topics now; how many records. ``progress`` hears (done, of so many)."""
        consumer = await client.started(lambda: new_reader(self._context.settings.kafka_bootstrap, self._group))
        try:
            consumer.assign(self._partitions)
            ends: Offsets = await consumer.end_offsets(self._partitions)
            first: Offsets = await consumer.beginning_offsets(self._partitions)
            await self._seek(consumer)
            begun = {partition: max(self._expected[partition], first[partition]) for partition in self._partitions}
            total = sum(max(ends[partition] - begun[partition], 0) for partition in self._partitions)
            progress(0, total)
            while left := await self._left(consumer, ends, first):
                await self._turn(consumer)
                progress(total - left, total)
            progress(total, total)
        finally:
            await client.stopped(consumer.stop)
        return total

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        try:
            polled: Mapping[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(
                timeout_ms=POLL_MS, max_records=self._records_max
            )
            chunks = {
                (self._names.logical(partition.topic), partition.partition): self._chunk(partition, raw)
                for partition, raw in polled.items()
            }
            if chunks:
                await self._apply(consumer, chunks)
        except Exception as error:
            if not (isinstance(error, KafkaError) or is_weather(error)):
                raise
            log.warning("catching_up_again", group=self._group, error=type(error).__name__)
            self._records_max = max(self._records_max // 4, RECORDS_MIN)
            await asyncio.sleep(RETRY_SECONDS)
            await self._seek(consumer)

    def _chunk(self, partition: TopicPartition, raw: list[ConsumerRecord]) -> Chunk:
        topic = self._names.logical(partition.topic)
        records = [Record(topic, partition.partition, r.offset, r.key, r.value, r.timestamp) for r in raw]
        return Chunk(self._expected[partition], records)

    async def _apply(self, consumer: AIOKafkaConsumer, chunks: dict[tuple[str, int], Chunk]) -> None:
        moved = await apply_batch(self._context.worker, self._group, self._process, chunks, self._context.clock.now())
        for (topic, number), chunk in chunks.items():
            self._expected[TopicPartition(self._names.physical(topic), number)] = chunk.stop
        if moved != chunks.keys():
            await self._seek(consumer)
        self._records_max = min(self._records_max + RECORDS_MIN, RECORDS_MAX)

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        """Go to the stored offsets, as soon as the database tells them."""
        wanted = {(self._names.logical(partition.topic), partition.partition) for partition in self._partitions}
        while True:
            try:
                async with transaction(self._context.worker) as connection:
                    stored = await stored_offsets(connection, self._group, wanted)
                break
            except Exception as error:
                if not is_weather(error):
                    raise
                await asyncio.sleep(RETRY_SECONDS)
        for partition in self._partitions:
            self._expected[partition] = stored[self._names.logical(partition.topic), partition.partition]
            consumer.seek(partition, self._expected[partition])

    async def _left(self, consumer: AIOKafkaConsumer, ends: Offsets, first: Offsets) -> int:
        """Records that are still to be applied. A poll may pass places that hold none; what it took is applied."""
        left = 0
        for partition in self._partitions:
            if ends[partition] > first[partition]:
                reached = max(self._expected[partition], await consumer.position(partition))
                left += max(ends[partition] - reached, 0)
        return left


def new_reader(bootstrap: str, group: str) -> AIOKafkaConsumer:
    """A consumer that belongs to no group."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=f"{group}-catch-up",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=FETCH_BYTES_PER_PARTITION,
        fetch_max_bytes=16 * 1024 * 1024,
        request_timeout_ms=10_000,
    )
