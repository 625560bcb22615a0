"""Reading topics from where the stored offsets stand to their present end, through the batch transaction."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from mandegar.kafka import client
from mandegar.kafka.names import TopicNames
from mandegar.lanes.application import as_process
from mandegar.lanes.steps import RETRY_SECONDS, Steps
from mandegar.service.context import Context
from mandegar.stream import Subscription
from mandegar.telemetry.logging import logger

log = logger(__name__)

RECORDS_MAX = 4_000
POLL_MS = 500
FETCH_BYTES_PER_PARTITION = 2 * 1024 * 1024

Progress: TypeAlias = Callable[[int, int], None]
Offsets: TypeAlias = dict[TopicPartition, int]


class CatchUp:
    """One subscription, read by no group of Kafka's: nobody takes partitions away.

    Where the running service moves the same offsets, each batch has one of the two, as between any two owners.
    ``retention`` is how old an event may be, None where nothing was applied before; ``topics`` may be some of its own.
    """

    def __init__(
        self,
        context: Context,
        subscription: Subscription,
        group: str,
        *,
        retention: timedelta | None,
        topics: Sequence[str],
    ) -> None:
        settings = context.settings
        names = TopicNames(settings.topic_prefix)
        process = as_process(subscription, group, settings.partitions, retention=retention)
        self._bootstrap = settings.kafka_bootstrap
        self._steps = Steps(context.worker, group, process, context.clock, names, RECORDS_MAX)
        self._partitions = [
            TopicPartition(names.physical(topic), number) for topic in topics for number in range(settings.partitions)
        ]
        self._expected: Offsets = {}

    async def run(self, progress: Progress) -> int:
        """Apply everything that stands on the topics now; how many records. ``progress`` hears (done, of so many)."""
        consumer = await client.start_with_retries(lambda: new_reader(self._bootstrap, self._steps.group))
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
            await client.stop_with_deadline(consumer.stop)
        return total

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        """One poll, applied as one batch; after any setback all partitions go on from the stored offsets."""
        try:
            polled: Mapping[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(
                timeout_ms=POLL_MS, max_records=self._steps.records_max
            )
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("catching_up_again", group=self._steps.group, error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            await self._seek(consumer)
            return
        chunks = {p: self._steps.chunk(p, raw, self._expected[p]) for p, raw in polled.items()}
        moved = (await self._steps.apply(chunks) if chunks else None) or set()
        self._expected.update({partition: chunks[partition].stop for partition in moved})
        if moved != chunks.keys():
            await asyncio.sleep(RETRY_SECONDS)
            await self._seek(consumer)

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        """Go to the stored offsets, as soon as the database tells them."""
        self._expected = await self._steps.stored(self._partitions)
        for partition, offset in self._expected.items():
            consumer.seek(partition, offset)

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
