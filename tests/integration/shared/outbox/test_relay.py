"""The relay: a row leaves the outbox when the broker has it and not before, and no two relays publish the same."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError

from harness.databases import ServiceDatabase
from harness.in_process import running
from harness.toy import order_of
from harness.toy_stream import outbox_rows, queue, relay
from harness.waiting import eventually
from mandegar.database import Row
from mandegar.events.topics import MESSAGE_BYTES_MAX
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.outbox import relay as relaying
from mandegar.outbox.relay import Relay
from mandegar.outbox.shards import Shards
from mandegar.telemetry import metrics


@asynccontextmanager
async def refusing(kafka: str, topic: str) -> AsyncIterator[None]:
    """A broker that acknowledges nothing of ``topic``: every batch is larger than it takes."""
    await _limit_batches(kafka, topic, 10)
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()

    async def refused() -> bool:
        try:
            await producer.send_and_wait(topic, b"", partition=0)
        except MessageSizeTooLargeError:
            return True
        return False

    try:
        await eventually(refused, bool)
        yield
    finally:
        await producer.stop()
        await _limit_batches(kafka, topic, MESSAGE_BYTES_MAX)


async def _limit_batches(kafka: str, topic: str, size: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    configs = {"max.message.bytes": str(size)}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=configs)])
    await admin.close()


def failed_rounds() -> float:
    [errors] = metrics.OUTBOX_ERRORS.collect()
    return sum(sample.value for sample in errors.samples if sample.name.endswith("_total"))


async def test_a_row_stays_in_the_outbox_until_the_broker_has_acknowledged_it(
    toy: ServiceDatabase, kafka, topic_prefix
):
    await queue(toy, [order_of(f"c{number}") for number in range(21)])
    before = failed_rounds()
    async with AsyncExitStack() as stack:
        async with refusing(kafka, f"{topic_prefix}ingest.events"):
            await stack.enter_async_context(running(relay(kafka, topic_prefix, toy).run()))
            await eventually(failed_rounds, lambda rounds: rounds >= before + 2)
            assert await outbox_rows(toy) == 21

        published = "SELECT count(*) FROM outbox_published"
        await eventually(lambda: toy.worker.fetchval(published), lambda rows: rows == 21, seconds=30)
    assert await outbox_rows(toy) == 0


async def test_rows_of_commits_that_follow_each_other_share_a_round(
    toy: ServiceDatabase, kafka, topic_prefix, monkeypatch
):
    monkeypatch.setattr(relaying, "REST_SECONDS", 3.0)
    one = relay(kafka, topic_prefix, toy)
    async with running(one.run()):
        await queue(toy, [order_of("c0")])
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
        rounds = set()
        for number in range(10):
            await queue(toy, [order_of(f"c{number}")])
            one.wake()
            await asyncio.sleep(0.02)  # as far apart as commits are
            rounds.add(one.turned_at)
        assert len(rounds) <= 3
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)


async def test_relays_share_the_partitions_out_and_each_has_one_owner(toy):
    connections = [await asyncpg.connect(toy.worker_url) for _ in range(3)]
    try:
        relays = [Shards(connection, 12) for connection in connections]
        await relays[0].begin()
        await relays[0].balance()
        assert relays[0].owned == list(range(12))

        for relay in relays[1:]:
            await relay.begin()
        for relay in [*relays, *relays]:
            await relay.balance()
            owned = [shard for each in relays for shard in each.owned]
            assert len(owned) == len(set(owned))
        assert [len(relay.owned) for relay in relays] == [4, 4, 4]
    finally:
        for connection in connections:
            connection.terminate()


class Watched(Relay):
    """A relay that tells when it has begun to send."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.sending = asyncio.Event()

    async def _send(self, *arguments) -> Sequence[Row]:
        self.sending.set()
        return await super()._send(*arguments)


async def test_a_relay_that_is_told_to_end_lets_go_what_the_broker_has(toy, kafka, topic_prefix):
    await queue(toy, [order_of(f"c{number}") for number in range(6_000)])
    watched = Watched(Broker(kafka), toy.worker_url, TopicNames(topic_prefix), 12)
    task = asyncio.create_task(watched.run())
    await watched.sending.wait()
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
    waiting = await outbox_rows(toy)
    published = await toy.worker.fetchval("SELECT count(*) FROM outbox_published")
    assert (waiting + published, await records_on(kafka, f"{topic_prefix}ingest.events")) == (6_000, published)
    assert published > 0


async def records_on(kafka: str, topic: str) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        ends = await consumer.end_offsets([TopicPartition(topic, number) for number in range(12)])
    finally:
        await consumer.stop()
    return sum(ends.values())
