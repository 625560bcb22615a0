"""The lag of a group: none behind markers of transactions, more each second where a partition stands still."""

import asyncio

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from harness.broken_log import DAMAGES, batches
from harness.in_process import running
from harness.toy import NOW, SUBSCRIPTION, order_of
from harness.toy_stream import grand_total, lanes
from harness.waiting import eventually
from mandegar.clock import Clock, FrozenClock
from mandegar.events import encode
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.lanes import backlog as subject
from mandegar.lanes import condition, standing, stuck
from mandegar.lanes.backlog import Lag
from mandegar.lanes.lanes import Lanes, LaneSettings

HALF_AN_HOUR_MS = 1_800_000


async def test_the_markers_of_transactions_are_no_lag(toy, kafka, topic_prefix):
    member = lanes(kafka, topic_prefix, toy)
    async with running(member.run(SUBSCRIPTION.topics)):
        producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=f"{topic_prefix}shop")
        await producer.start()
        try:
            for number in range(5):
                async with producer.transaction():
                    event = order_of(f"c{number}")
                    await producer.send_and_wait(f"{topic_prefix}ingest.events", encode(event), event.partition_key)
        finally:
            await producer.stop()
        await eventually(lambda: grand_total(toy), lambda total: total == 5)

        await eventually(member.backlog.measure, lambda lag: lag == Lag(0, 0.0), seconds=20)
        assert await member.lag() == 0


async def test_a_partition_that_stands_still_is_named_and_its_lag_grows(toy, kafka, topic_prefix, monkeypatch):
    """Also where the timestamp of its record tells nothing."""
    monkeypatch.setattr(subject, "STALLED_SECONDS", 1.0)
    monkeypatch.setattr(subject, "CACHE_SECONDS", 0.0)

    async def never(*_):
        raise asyncpg.SerializationError("again, please")

    settings = LaneSettings(Broker(kafka), f"{topic_prefix}toy", f"{topic_prefix}toy-0", TopicNames(topic_prefix))
    member = Lanes(settings, toy.worker, FrozenClock(NOW), never, on_applied=lambda: None)
    async with running(member.run(SUBSCRIPTION.topics)):
        await eventually(lambda: len(member.positions.expected), lambda owned: owned == 12)
        assert await member.condition.stalled() is None
        producer = AIOKafkaProducer(bootstrap_servers=kafka)
        await producer.start()
        topic = f"{topic_prefix}ingest.events"
        soon_ms = int(Clock().now().timestamp() * 1000) + HALF_AN_HOUR_MS
        await producer.send_and_wait(topic, b"{}", partition=3, timestamp_ms=soon_ms)
        await producer.stop()

        lag = await eventually(member.backlog.measure, lambda lag: lag is not None and lag.seconds > 1)
        assert lag.records == 1
        told = await eventually(member.condition.stalled, lambda told: "given up" in (told or ""))
        assert told.startswith(f"records wait at {topic}, partition 3, offset 0; for ")
        assert await member.condition.check() is None
        monkeypatch.setattr(condition, "UNREADY_SECONDS", 1.0)
        assert "none was applied" in await member.condition.check()
        assert member.condition.retries >= condition.RETRIES


async def test_a_partition_whose_offset_is_being_read_anew_stands_where_it_stood(toy, kafka, topic_prefix, monkeypatch):
    """Else each look that comes between two retries would take it for one that has only just begun to wait."""
    monkeypatch.setattr(subject, "CACHE_SECONDS", 0.0)
    monkeypatch.setattr(subject, "STALLED_SECONDS", 0.5)
    reading = asyncio.Event()

    async def never(*_):
        raise asyncpg.SerializationError("again, please")

    settings = LaneSettings(Broker(kafka), f"{topic_prefix}toy", f"{topic_prefix}toy-0", TopicNames(topic_prefix))
    member = Lanes(settings, toy.worker, FrozenClock(NOW), never, on_applied=lambda: None)
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    await producer.send_and_wait(f"{topic_prefix}ingest.events", b"{}", partition=3)
    await producer.stop()
    async with running(member.run(SUBSCRIPTION.topics)):
        await eventually(member.condition.stalled, lambda told: "none was applied" in (told or ""))

        async def hanging(*_):
            reading.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(type(member._steps), "stored", hanging)
        await reading.wait()
        assert len(member.positions.expected) == 11
        assert (await member.backlog.measure()).records == 1
        assert "none was applied" in await member.condition.stalled()


async def test_a_lane_that_only_gives_up_ends_its_process_at_last_but_not_while_the_database_is_away(
    toy, kafka, topic_prefix, monkeypatch
):
    """A failure that was handled is a sign of life for a time; nothing but applied records is one for ever."""
    monkeypatch.setattr(stuck, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(stuck, "RETRYING_SECONDS", 1.0)
    away = True

    async def answers(_):
        return not away

    monkeypatch.setattr(condition, "answers", answers)

    async def never(*_):
        raise asyncpg.SerializationError("again, please")

    settings = LaneSettings(Broker(kafka), f"{topic_prefix}toy", f"{topic_prefix}toy-0", TopicNames(topic_prefix))
    member = Lanes(settings, toy.worker, FrozenClock(NOW), never, on_applied=lambda: None)
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    await producer.send_and_wait(f"{topic_prefix}ingest.events", b"{}", partition=3)
    await producer.stop()
    task = asyncio.create_task(member.run(SUBSCRIPTION.topics))
    try:
        async with asyncio.timeout(40):
            await eventually(lambda: member.condition.retries, lambda times: times > 5, seconds=20)
            await asyncio.sleep(2)  # twice the watchdog's patience
            assert not task.done()
            away = False
            with pytest.raises(stuck.LanesStuck, match="given up"):
                await task
    finally:
        task.cancel()


async def test_a_broken_batch_of_our_own_topic_stands_and_the_records_before_it_and_beside_it_go_on(
    toy, kafka, topic_prefix, monkeypatch
):
    """Passing over it would lose effects: an operator puts the log right, and the lanes go on by themselves."""
    monkeypatch.setattr(standing, "STANDS_SECONDS", 0.2)
    monkeypatch.setattr(subject, "STALLED_SECONDS", 0.5)
    topic = f"{topic_prefix}ingest.events"
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for number in range(3):
        await producer.send_and_wait(topic, encode(order_of(f"a{number}")), partition=3)
        await producer.send_and_wait(topic, encode(order_of(f"b{number}")), partition=4)
    await producer.stop()
    broken = batches(kafka, topic, 3)[1]
    broken.write(DAMAGES["a flipped bit"](broken.content))
    member = lanes(kafka, topic_prefix, toy)
    async with running(member.run(SUBSCRIPTION.topics)):
        await eventually(lambda: grand_total(toy), lambda total: total == 4)
        lag = await eventually(member.backlog.lag, lambda lag: lag is not None and lag.records == 2 and lag.seconds > 1)
        assert f"{topic}, partition 3, offset 1" in await member.condition.stalled()
        assert lag.records == 2

        broken.write(broken.content)
        await eventually(lambda: grand_total(toy), lambda total: total == 6)
        await eventually(member.backlog.lag, lambda lag: lag == Lag(0, 0.0))
    assert await toy.worker.fetchval("SELECT count(*) FROM dead_letters") == 0
