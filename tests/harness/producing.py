"""Puts events on a topic at the speed of the broker, past the door, as a relay would publish them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from aiokafka import AIOKafkaProducer

from mandegar.events import Event, encode
from mandegar.events.topics import partition_of

PARTITIONS = 12
SENDS_IN_FLIGHT = 48


async def produce(
    bootstrap: str,
    topic: str,
    events: Iterable[Event],
    everywhere: Callable[[int], Iterable[Event]] = lambda _: (),
) -> None:
    """Put ``events`` on ``topic``, each in its customer's partition, behind what ``everywhere`` gives a partition."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=256 * 1024)
    await producer.start()
    packing = {number: producer.create_batch() for number in range(PARTITIONS)}
    sent: list[Awaitable[object]] = []

    async def send(partition: int) -> None:
        packing[partition].close()
        sent.append(await producer.send_batch(packing[partition], topic, partition=partition))
        if len(sent) >= SENDS_IN_FLIGHT:
            await asyncio.gather(*sent)
            sent.clear()

    async def pack(partition: int, event: Event) -> None:
        key, value = event.partition_key, encode(event)
        if packing[partition].append(key=key, value=value, timestamp=None) is None:
            await send(partition)
            packing[partition] = producer.create_batch()
            packing[partition].append(key=key, value=value, timestamp=None)

    for number in range(PARTITIONS):
        for event in everywhere(number):
            await pack(number, event)
    for event in events:
        await pack(partition_of(event.partition_key, PARTITIONS), event)
    for number in range(PARTITIONS):
        if packing[number].record_count():
            await send(number)
    await asyncio.gather(*sent)
    await producer.stop()
