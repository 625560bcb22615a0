"""Queries the broker over a connection of its own, so that the answers do not depend on a consumer that may hang."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from mandegar.kafka.broker import Broker
from mandegar.kafka.client import stop_with_deadline

ASK_SECONDS = 3.0
FETCH_BYTES = 64 * 1024


class Probe:
    """Queries log end offsets and the timestamps of records. It connects at the first query."""

    def __init__(self, broker: Broker, name: str) -> None:
        self._broker, self._name = broker, name
        self._consumer: AIOKafkaConsumer | None = None
        self._one_at_a_time = asyncio.Lock()

    async def ends(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int] | None:
        """The end offset of each partition; ``None`` if the broker does not answer within three seconds.

        Without partitions, an empty mapping means that the broker answers.
        """
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    consumer = await self._started()
                    if not partitions:
                        await consumer.topics()
                        return {}
                    offsets: Mapping[TopicPartition, int] = await consumer.end_offsets(list(partitions))
                    return offsets
            except (KafkaError, OSError, TimeoutError):
                await self._disconnect()
                return None

    async def oldest_ms(self, offsets: Mapping[TopicPartition, int]) -> int | None:
        """The earliest timestamp of the records at ``offsets``, in milliseconds; ``None`` if none could be read."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    return await self._read_oldest(await self._started(), dict(offsets))
            except (KafkaError, OSError, TimeoutError):
                await self._disconnect()
                return None

    async def close(self) -> None:
        """Disconnect from the broker."""
        async with self._one_at_a_time:
            await self._disconnect()

    async def _read_oldest(self, consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> int | None:
        consumer.assign(list(offsets))
        for partition, offset in offsets.items():
            consumer.seek(partition, offset)
        oldest: int | None = None
        while offsets:
            polled = await consumer.getmany(*offsets, timeout_ms=1_000)
            if not polled:
                break
            for partition, records in polled.items():
                del offsets[partition]
                oldest = min(records[0].timestamp, oldest or records[0].timestamp)
        return oldest

    async def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(
                **self._broker.options(),
                client_id=f"{self._name}-probe",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=FETCH_BYTES,
                request_timeout_ms=int(ASK_SECONDS * 1000),
            )
            await self._consumer.start()
        return self._consumer

    async def _disconnect(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stop_with_deadline(consumer.stop)
