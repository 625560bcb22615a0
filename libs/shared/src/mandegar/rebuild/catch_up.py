"""Applies topics from the stored offsets to their current end, in batch transactions."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from mandegar.kafka import client
from mandegar.kafka.broker import Broker
from mandegar.kafka.missing_records import listed, missing_before
from mandegar.kafka.names import TopicNames
from mandegar.lanes.application import as_process
from mandegar.lanes.steps import RETRY_SECONDS, Steps
from mandegar.service.context import Context
from mandegar.stream import Place, Subscription
from mandegar.telemetry.logging import logger

log = logger(__name__)

RECORDS_MAX = 4_000
POLL_MS = 500
FETCH_BYTES_PER_PARTITION = 2 * 1024 * 1024

Progress: TypeAlias = Callable[[int, int], None]
Offsets: TypeAlias = dict[TopicPartition, int]


class CatchUp:
    """Reads partitions without a consumer group, so that Kafka never revokes them.

    The service may run meanwhile: the compare-and-swap of offsets lets one of the two apply each batch. Events older
    than ``retention`` become dead letters; None applies all. ``topics`` are some of the subscription's.
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
        overlong = Counter[Place]()
        process = as_process(subscription, group, settings.partitions, retention=retention, overlong=overlong)
        self._broker = settings.broker
        self._steps = Steps(context.worker, group, process, context.clock, names, RECORDS_MAX, overlong=overlong)
        self._partitions = [
            TopicPartition(names.physical(topic), number) for topic in topics for number in range(settings.partitions)
        ]
        self._expected: Offsets = {}

    async def run(self, progress: Progress) -> int:
        """Apply all records up to the present end of the topics; returns their number.

        Calls ``progress`` with the numbers of applied and of all records.
        """
        consumer = await client.start_with_retries(lambda: new_reader(self._broker, self._steps.group))
        try:
            consumer.assign(self._partitions)
            ends: Offsets = await consumer.end_offsets(self._partitions)
            first: Offsets = await consumer.beginning_offsets(self._partitions)
            await self._seek(consumer)
            if missing := missing_before(first, self._expected):
                log.warning("records_are_missing", group=self._steps.group, missing=listed(missing))
            starts = {partition: max(self._expected[partition], first[partition]) for partition in self._partitions}
            total = sum(max(ends[partition] - starts[partition], 0) for partition in self._partitions)
            progress(0, total)
            while remaining := await self._remaining(consumer, ends, first):
                await self._turn(consumer)
                progress(total - remaining, total)
            progress(total, total)
        finally:
            await client.stop_with_deadline(consumer.stop)
        return total

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        """Poll once and apply the records as one batch; after an error, seek to the stored offsets."""
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
        """Seek to the stored offsets, retrying until the database answers."""
        self._expected = await self._steps.stored(self._partitions)
        for partition, offset in self._expected.items():
            consumer.seek(partition, offset)

    async def _remaining(self, consumer: AIOKafkaConsumer, ends: Offsets, first: Offsets) -> int:
        """The number of records that are not applied yet.

        The consumer's position may be past the stored offset where offsets hold no record; all polled records are
        applied.
        """
        remaining = 0
        for partition in self._partitions:
            if ends[partition] > first[partition]:
                reached = max(self._expected[partition], await consumer.position(partition))
                remaining += max(ends[partition] - reached, 0)
        return remaining


def new_reader(broker: Broker, group: str) -> AIOKafkaConsumer:
    """A consumer without a group."""
    return AIOKafkaConsumer(
        **broker.options(),
        client_id=f"{group}-catch-up",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=FETCH_BYTES_PER_PARTITION,
        fetch_max_bytes=16 * 1024 * 1024,
        request_timeout_ms=10_000,
    )
