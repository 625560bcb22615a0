"""A second look at the broker, over a connection of its own: a wedged consumer cannot hide itself from it."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from mandegar.kafka.client import stop_with_deadline

ASK_SECONDS = 3.0
FETCH_BYTES = 64 * 1024


class Probe:
    """Asks for ends of logs, and for the records at given offsets. It connects when it is first asked."""

    def __init__(self, bootstrap: str, name: str) -> None:
        self._bootstrap, self._name = bootstrap, name
        self._consumer: AIOKafkaConsumer | None = None
        self._one_at_a_time = asyncio.Lock()

    async def ends(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int] | None:
        """Where the logs end; ``None`` while the broker cannot say. No partitions: whether it answers at all."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    consumer = await self._started()
                    if not partitions:
                        await consumer.topics()
                        return {}
                    found: Mapping[TopicPartition, int] = await consumer.end_offsets(list(partitions))
                    return found
            except (KafkaError, OSError, TimeoutError):
                await self._throw_away()
                return None

    async def oldest_ms(self, offsets: Mapping[TopicPartition, int]) -> int | None:
        """When the oldest of the records at ``offsets`` was published; ``None`` if none could be read."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    return await self._read_oldest(await self._started(), dict(offsets))
            except (KafkaError, OSError, TimeoutError):
                await self._throw_away()
                return None

    async def close(self) -> None:
        """Disconnect."""
        async with self._one_at_a_time:
            await self._throw_away()

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
                bootstrap_servers=self._bootstrap,
                client_id=f"{self._name}-probe",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=FETCH_BYTES,
                request_timeout_ms=int(ASK_SECONDS * 1000),
            )
            await self._consumer.start()
        return self._consumer

    async def _throw_away(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stop_with_deadline(consumer.stop)
