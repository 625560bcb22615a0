"""The relay: publishes outbox rows in id order per partition and removes them once the broker acknowledged them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TypeAlias

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidPartitionsError,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from mandegar.clock import monotonic_seconds
from mandegar.database import Row, is_transient
from mandegar.events.codec import CONTENT_TYPE
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.kafka import client
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.outbox.refusals import RefusedTopics, Unpublishable, refuses_topic, unpublishable
from mandegar.outbox.removal import Removal
from mandegar.outbox.rows import move_to_dead_letters, next_rows
from mandegar.outbox.shards import Shards
from mandegar.outbox.uninterrupted import uninterrupted
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger
from mandegar.wakeup import Wakeup

log = logger(__name__)

ROWS_MAX = 2_000
SEND_SECONDS = 10.0
POLL_SECONDS = 0.5
# From the beginning of a round that left no rows waiting to the next: a round costs the same for one row and for many.
REST_SECONDS = 0.02
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
        self.refused = RefusedTopics()

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
                    await asyncio.sleep(self.turned_at + REST_SECONDS - monotonic_seconds())
        finally:
            await removal.end()

    async def _publish_some(
        self, reading: Session, removal: Removal, producer: AIOKafkaProducer, owned: Sequence[int]
    ) -> int:
        """Send the next rows while the rows sent before are removed; returns how many rows there were.

        Rows are sent only after the previous ones were acknowledged, so that a repetition after a failure keeps order.
        """
        rows = await next_rows(
            reading,
            partitions=self._partitions,
            owned=owned,
            skipping=removal.id_range,
            without=self.refused.waiting(),
            limit=ROWS_MAX,
        )
        hopeless = {
            row["id"]: reason
            for row in rows
            if (reason := unpublishable(row["topic"], len(row["key"]) + len(row["value"] or b""))) is not None
        }
        if hopeless:
            await self._set_aside(reading, hopeless)
        if sendable := [row for row in rows if row["id"] not in hopeless]:
            reach(StreamFailpoint.RELAY_BEFORE_SEND)
            sent = await self._send(producer, sendable)
            reach(StreamFailpoint.RELAY_AFTER_SEND)
            if sent:
                await removal.begin([row["id"] for row in sent])
        return len(rows)

    async def _set_aside(self, connection: Session, reasons: Mapping[int, Unpublishable]) -> None:
        """Make dead letters of rows that no broker could take: they would block all rows after them."""
        await move_to_dead_letters(connection, reasons, self._partitions)
        metrics.DEAD_LETTERS.labels("relay").inc(len(reasons))
        log.error("outbox_rows_set_aside", rows=sorted(reasons), codes=sorted({code for code, _ in reasons.values()}))

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Row]) -> Sequence[Row]:
        """Send rows in batches by partition; returns the rows of topics that acknowledged all of theirs.

        Raises the first error that does not concern a topic alone.
        """
        by_partition: dict[tuple[str, int], list[Row]] = {}
        for row in rows:
            by_partition.setdefault((row["topic"], row["partition"]), []).append(row)
        async with asyncio.timeout(SEND_SECONDS):
            refused = await self._refuse_missing(producer, {topic for topic, _ in by_partition})
            sent = [
                (topic, await producer.send_batch(batch, self._names.physical(topic), partition=partition))
                for (topic, partition), waiting in by_partition.items()
                if topic not in refused
                for batch in _packed(producer, waiting)
            ]
            answers = await asyncio.gather(*(acknowledgement for _, acknowledgement in sent), return_exceptions=True)
        for (topic, _), answer in zip(sent, answers, strict=True):
            if isinstance(answer, BaseException):
                if not refuses_topic(answer):
                    raise answer
                self.refused.refuse(topic, answer)
                refused.add(topic)
        for topic in {topic for topic, _ in sent} - refused:
            self.refused.accept(topic)
        return [row for row in rows if row["topic"] not in refused] if refused else rows

    async def _refuse_missing(self, producer: AIOKafkaProducer, topics: Iterable[str]) -> set[str]:
        """Refuse the topics that the broker does not have, or not with our partitions: sending would wait for them."""
        client, cluster, refused = producer.client, producer.client.cluster, set[str]()
        for topic in topics:
            name = self._names.physical(topic)
            # The first answer may be to a question that was asked before the topic was added.
            for _ in range(2):
                if len(cluster.partitions_for_topic(name) or ()) < self._partitions:
                    client.add_topic(name)
                    if not await client.force_metadata_update():
                        raise KafkaConnectionError("no broker tells its topics")
            partitions = cluster.partitions_for_topic(name)
            if partitions is None:
                forbidden = name in cluster.unauthorized_topics
                error = TopicAuthorizationFailedError() if forbidden else UnknownTopicOrPartitionError()
            elif len(partitions) < self._partitions:
                error = InvalidPartitionsError()
            else:
                continue
            self.refused.refuse(topic, error)
            refused.add(topic)
        return refused


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
