"""Waits until Kafka is ready, which means that it acknowledges a record; an open port does not suffice."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from mandegar.kafka.broker import Broker

READY_TOPIC = "mandegar.ready"


def wait_until_acknowledged(broker: Broker, *, seconds: float, gone: Callable[[], bool]) -> bool:
    """Block until a record is acknowledged; False after `seconds`, or if `gone()` is true because the server ended.

    Runs its event loop in a thread, so that it may be called within another event loop.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(_wait(broker, seconds, gone))).result()


async def acknowledges(broker: Broker, *, seconds: float = 5.0) -> bool:
    """Whether the broker acknowledges one record within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await _make_topic(broker)
            producer = AIOKafkaProducer(**broker.options(), request_timeout_ms=int(seconds * 1000))
            await producer.start()
            try:
                await producer.send_and_wait(READY_TOPIC, b"ready", partition=0)
            finally:
                await producer.stop()
    except (KafkaError, OSError, TimeoutError):
        return False
    return True


async def _wait(broker: Broker, seconds: float, gone: Callable[[], bool]) -> bool:
    logging.getLogger("aiokafka").setLevel(
        logging.CRITICAL
    )  # it writes hundreds of lines per second while the broker is away
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline and not gone():
        if await _listening(broker.bootstrap) and await acknowledges(broker):
            return True
        await asyncio.sleep(0.1)
    return False


async def _listening(bootstrap: str) -> bool:
    host, _, port = bootstrap.split(",")[0].rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True


async def _make_topic(broker: Broker) -> None:
    admin = AIOKafkaAdminClient(**broker.options())
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(READY_TOPIC, 1, 1, topic_configs={"retention.ms": "60000"})])
        for _, code, *_ in answer.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise for_code(code)(READY_TOPIC)
    finally:
        await admin.close()
