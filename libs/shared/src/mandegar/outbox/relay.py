"""The relay: publishes outbox rows in id order per partition and removes them once the broker acknowledged them."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from typing import TypeAlias

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from mandegar.clock import monotonic_seconds
from mandegar.database import Row, is_transient
from mandegar.events.codec import CONTENT_TYPE
from mandegar.events.topics import MESSAGE_BYTES_MAX
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.kafka import client
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.outbox.removal import Removal
from mandegar.outbox.rows import move_to_dead_letters, next_rows
from mandegar.outbox.shards import Shards
from mandegar.outbox.uninterrupted import uninterrupted
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger
from mandegar.wakeup import Wakeup

log = logger(__name__)

ROWS_MAX = 2_000
# The header of a Kafka batch and its record take part of the limit.
ROW_BYTES_MAX = MESSAGE_BYTES_MAX - 1024
SEND_SECONDS = 10.0
POLL_SECONDS = 0.5
BALANCE_SECONDS = 2.0
RETRY_SECONDS = 0.5
Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_HEADERS = [("content-type", CONTENT_TYPE.encode())]


class Relay:
    """Publishes the outbox of one database. Call ``wake`` after rows were committed."""

    def __init__(
        self, broker: Broker, database_url: str, names: TopicNames, partitions: int, wake: Wakeup | None = None
    ) -> None:
        self._broker, self._url, self._names, self._partitions = broker, database_url, names, partitions
        self.wake = wake or Wakeup()
        self.turned_at = monotonic_seconds()

    async def run(self) -> None:
        """Publish until cancelled. After a transient error it starts again with a new producer and new connections."""
        while True:
            try:
                await self._session()
            except Exception as error:
                if not (isinstance(error, KafkaError) or is_transient(error)):
                    raise
                metrics.OUTBOX_ERRORS.labels(type(error).__name__).inc()
                log.warning("relay_starts_over", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _session(self) -> None:
        producer = await client.start_with_retries(lambda: client.new_producer(self._broker, name="relay"))
        try:
            async with AsyncExitStack() as connections:
                reading, removing = await self._connect(connections), await self._connect(connections)
                await self._publish(reading, removing, producer)
        finally:
            await client.stop_with_deadline(producer.stop)

    async def _connect(self, stack: AsyncExitStack) -> Session:
        settings = {"application_name": "relay", "jit": "off"}
        connection = await asyncpg.connect(self._url, timeout=10, command_timeout=15, server_settings=settings)
        stack.callback(connection.terminate)
        return connection

    async def _publish(self, reading: Session, removing: Session, producer: AIOKafkaProducer) -> None:
        shards, removal = Shards(reading, self._partitions), Removal(removing)
        await shards.begin()
        balanced_at = 0.0
        try:
            while True:
                self.turned_at = monotonic_seconds()
                if self.turned_at - balanced_at > BALANCE_SECONDS:
                    await uninterrupted(removal.done())
                    await shards.balance()
                    balanced_at = self.turned_at
                self.wake.clear()
                # A cancellation takes effect between two rounds, so that a drain sends no row twice.
                if await uninterrupted(self._publish_some(reading, removal, producer, shards.owned)) < ROWS_MAX:
                    await uninterrupted(removal.done())
                    await self.wake.wait(POLL_SECONDS)
        finally:
            await removal.end()

    async def _publish_some(
        self, reading: Session, removal: Removal, producer: AIOKafkaProducer, owned: Sequence[int]
    ) -> int:
        """Send the next rows while the rows sent before are removed; returns how many rows there were.

        Rows are sent only after the previous ones were acknowledged, so that a repetition after a failure keeps order.
        """
        rows = await next_rows(
            reading, partitions=self._partitions, owned=owned, skipping=removal.id_range, limit=ROWS_MAX
        )
        fitting = [row for row in rows if len(row["key"]) + len(row["value"]) <= ROW_BYTES_MAX]
        if len(fitting) < len(rows):
            await self._set_aside(reading, {row["id"] for row in rows} - {row["id"] for row in fitting})
        if fitting:
            reach(StreamFailpoint.RELAY_BEFORE_SEND)
            await self._send(producer, fitting)
            reach(StreamFailpoint.RELAY_AFTER_SEND)
            await removal.begin([row["id"] for row in fitting])
        return len(rows)

    async def _set_aside(self, connection: Session, ids: Collection[int]) -> None:
        """Make dead letters of rows that are larger than the broker accepts: they would block all rows after them."""
        await move_to_dead_letters(connection, sorted(ids), self._partitions)
        metrics.DEAD_LETTERS.labels("relay").inc(len(ids))
        log.error("outbox_rows_too_large", rows=sorted(ids))

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Row]) -> None:
        """Send rows in batches by partition and wait until all are acknowledged, or raise the first error."""
        by_partition: dict[tuple[str, int], list[Row]] = {}
        for row in rows:
            by_partition.setdefault((row["topic"], row["partition"]), []).append(row)
        async with asyncio.timeout(SEND_SECONDS):
            acknowledgements = [
                await producer.send_batch(batch, self._names.physical(topic), partition=partition)
                for (topic, partition), waiting in by_partition.items()
                for batch in _packed(producer, waiting)
            ]
            await asyncio.gather(*acknowledgements)


def _packed(producer: AIOKafkaProducer, rows: Sequence[Row]) -> list[object]:
    """aiokafka batches that contain ``rows`` in order."""
    batches = [producer.create_batch()]
    for row in rows:
        added = batches[-1].append(key=row["key"], value=row["value"], timestamp=None, headers=_HEADERS)
        if added is None:
            batches[-1].close()
            batches.append(producer.create_batch())
            batches[-1].append(
                key=row["key"], value=row["value"], timestamp=None, headers=_HEADERS
            )  # fits: it is alone
    batches[-1].close()
    return batches
