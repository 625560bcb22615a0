"""A new assignment on a real broker: the client hands out records before its handler is through."""

import asyncio

from aiokafka import AIOKafkaProducer, TopicPartition

from harness.waiting import eventually
from mandegar.kafka import client
from mandegar.kafka.broker import Broker
from mandegar.lanes.positions import Positions

RECORDS, APPLIED = 50, 40


async def test_nothing_of_a_new_partition_is_handed_out_before_it_stands_at_its_stored_offset(kafka, topic_prefix):
    partition = TopicPartition(f"{topic_prefix}ingest.events", 0)
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for number in range(RECORDS):
        await producer.send_and_wait(partition.topic, b"%d" % number, partition=partition.partition)
    await producer.stop()
    positions, readable = Positions(1), asyncio.Event()

    async def seed(consumer, partitions):
        await readable.wait()
        positions.place(consumer, {each: APPLIED if each == partition else 0 for each in partitions})

    consumer = client.new_consumer(Broker(kafka), group=f"{topic_prefix}toy", member=f"{topic_prefix}toy-0")
    await consumer.start()
    consumer.subscribe([partition.topic], listener=positions.listener(consumer, seed, "toy"))
    seen: list[int] = []

    async def offsets_seen():
        for records in (await consumer.getmany(timeout_ms=200)).values():
            seen.extend(record.offset for record in records)
        return list(seen)

    try:
        await eventually(offsets_seen, lambda _: positions.assigned)
        for _ in range(5):
            assert await offsets_seen() == []
        readable.set()
        assert await eventually(offsets_seen, lambda offsets: len(offsets) >= RECORDS - APPLIED) == [
            *range(APPLIED, RECORDS)
        ]
    finally:
        await client.stop_with_deadline(consumer.stop)
