"""Queries the broker over a connection of its own, so that the answers do not depend on a consumer that may hang."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from mandegar.kafka.broker import Broker
from mandegar.kafka.client import stop_with_deadline
from mandegar.kafka.empty_spans import EmptySpans

ASK_SECONDS = 3.0
REQUEST_MS = 2_000
FETCH_BYTES = 64 * 1024
POLL_MS = 50


class Probe:
    """Queries log end offsets and the timestamps of records. It connects at the first query.

    An error or a cancellation ends the connection, whatever it met: the next query opens another.
    """

    def __init__(self, broker: Broker, name: str) -> None:
        self._broker, self._name = broker, name
        self._consumer: AIOKafkaConsumer | None = None
        self._stopping: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()
        self._empty = EmptySpans()

    async def ends(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int] | None:
        """The end offset of each partition; ``None`` if the broker does not answer within three seconds.

        Without partitions, an empty mapping means that the broker answers.
        """
        with suppress(Exception):
            async with self._connected() as consumer:
                if not partitions:
                    await consumer.topics()
                    return {}
                offsets: Mapping[TopicPartition, int] = await consumer.end_offsets(list(partitions))
                return offsets
        return None

    async def topics(self) -> set[str] | None:
        """The names of all topics; ``None`` if the broker does not answer."""
        with suppress(Exception):
            async with self._connected() as consumer:
                topics: set[str] = await consumer.topics()
                return topics
        return None

    async def ping(self, topic: str) -> None:
        """Return once the leader of the first partition of ``topic`` answers; raises an error if it does not."""
        async with self._connected() as consumer:
            await consumer.end_offsets([TopicPartition(topic, 0)])

    async def oldest_ms(self, offsets: Mapping[TopicPartition, int]) -> int | None:
        """The earliest timestamp of the records at ``offsets``, in milliseconds; ``None`` if none could be read."""
        with suppress(Exception):
            async with self._connected() as consumer:
                return await self._read_oldest(consumer, dict(offsets))
        return None

    async def first_records(
        self, offsets: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> Mapping[TopicPartition, ConsumerRecord] | None:
        """The first record from each offset on, without partitions that have none before their end.

        Offsets may hold no record, such as a transaction's marker: where a look found none, the next one does not read
        again. ``None`` if one of the partitions cannot be read.
        """
        begins = self._empty.behind(offsets, ends)
        left = {partition for partition, begin in begins.items() if begin < ends[partition]}
        if not left:
            return {}
        with suppress(Exception):
            async with self._connected() as consumer:
                found = await self._read_first(consumer, set(left), begins, ends)
                for partition in left:
                    end = found[partition].offset if partition in found else ends[partition]
                    self._empty.note(partition, offsets[partition], begins[partition], end)
                return found
        return None

    async def close(self) -> None:
        """Disconnect from the broker."""
        self._disconnect()
        if self._stopping:
            await asyncio.wait(self._stopping)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AIOKafkaConsumer]:
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    yield await self._started()
            except BaseException:
                self._disconnect()
                raise

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

    async def _read_first(
        self,
        consumer: AIOKafkaConsumer,
        left: set[TopicPartition],
        offsets: Mapping[TopicPartition, int],
        ends: Mapping[TopicPartition, int],
    ) -> Mapping[TopicPartition, ConsumerRecord]:
        found: dict[TopicPartition, ConsumerRecord] = {}
        consumer.assign(list(left))
        for partition in left:
            consumer.seek(partition, offsets[partition])
        while left:
            polled = await consumer.getmany(*left, timeout_ms=POLL_MS)
            found |= {partition: records[0] for partition, records in polled.items()}
            left -= polled.keys()
            left -= {partition for partition in left if await consumer.position(partition) >= ends[partition]}
        return found

    async def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(
                **self._broker.options(),
                client_id=f"{self._name}-probe",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",  # what an open transaction has written cannot be applied yet
                max_partition_fetch_bytes=FETCH_BYTES,
                request_timeout_ms=REQUEST_MS,
            )
            await self._consumer.start()
        return self._consumer

    def _disconnect(self) -> None:
        """Stop the client in a task of its own, because that may take seconds."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            task = asyncio.create_task(stop_with_deadline(consumer.stop))
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)
