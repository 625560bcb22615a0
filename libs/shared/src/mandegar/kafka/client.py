"""Kafka clients whose settings lose and repeat nothing under faults; aiokafka's defaults skip, repeat or hang."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError

from mandegar.kafka.broker import Broker
from mandegar.telemetry.logging import logger

log = logger(__name__)

Client = TypeVar("Client", AIOKafkaConsumer, AIOKafkaProducer)

SESSION_MS = 6_000
HEARTBEAT_MS = 1_000
REBALANCE_MS = 30_000
# aiokafka never again joins a rebalance once nobody has polled for this time. Lanes without a partition, stopped by the
# brake or waiting for the database do not poll, and must join all the same; the watchdog of lanes ends what is stuck.
POLL_PAUSE_MS = float("inf")
# Also how soon a topic is found that matches a pattern.
METADATA_AGE_MS = 5_000
FETCH_BYTES_PER_PARTITION = 512 * 1024
STOP_SECONDS = 3.0
RETRY_SECONDS = 1.0


def new_consumer(broker: Broker, *, group: str, member: str) -> AIOKafkaConsumer:
    """A consumer of ``group`` with static membership: after a restart ``member`` keeps its partitions.

    It has no deserializers (one that raises makes the consumer repeat the offset for ever) and no automatic commits
    (they commit what was polled, not what was applied). The range assignor gives a member the same partition numbers
    of all topics.
    """
    return AIOKafkaConsumer(
        **broker.options(),
        group_id=group,
        group_instance_id=member,
        client_id=member,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
        rebalance_timeout_ms=REBALANCE_MS,
        max_partition_fetch_bytes=FETCH_BYTES_PER_PARTITION,
        fetch_max_bytes=16 * 1024 * 1024,
        max_poll_interval_ms=POLL_PAUSE_MS,
        metadata_max_age_ms=METADATA_AGE_MS,
        request_timeout_ms=10_000,
        partition_assignment_strategy=[RangePartitionAssignor],
    )


def new_producer(broker: Broker, *, name: str) -> AIOKafkaProducer:
    """An idempotent producer. A record is acknowledged once every in-sync replica has it."""
    return AIOKafkaProducer(
        **broker.options(),
        client_id=name,
        acks="all",
        enable_idempotence=True,
        max_batch_size=256 * 1024,
        linger_ms=0,
        request_timeout_ms=10_000,
    )


async def start_with_retries(make: Callable[[], Client]) -> Client:
    """A started client. Retries every second, with a new object, until the broker answers; cancel to give up."""
    warned = False
    while True:
        client = make()
        try:
            await client.start()
        except (KafkaError, OSError, TimeoutError) as error:
            if not warned:
                log.warning("kafka_unreachable", error=type(error).__name__)
                warned = True
            await stop_with_deadline(client.stop)
            await asyncio.sleep(RETRY_SECONDS)
        except asyncio.CancelledError:
            await stop_with_deadline(client.stop)  # else its connections stay open
            raise
        else:
            return client


async def leave_group(consumer: AIOKafkaConsumer) -> None:
    """Stop ``consumer`` and remove it from its group, so that its partitions are reassigned at once.

    aiokafka does not send a LeaveGroup request for a static member; it does once the static name is removed.
    """
    consumer._coordinator._group_instance_id = None  # noqa: SLF001
    await stop_with_deadline(consumer.stop)


async def stop_with_deadline(stop: Callable[[], Awaitable[None]]) -> None:
    """Call a client's ``stop`` in a task of its own, for three seconds at most: it may hang or cancel its own task."""
    task = asyncio.ensure_future(stop())
    done, _ = await asyncio.wait({task}, timeout=STOP_SECONDS)
    if not done:
        task.cancel()
    elif not task.cancelled() and (error := task.exception()):
        log.info("kafka_stop_failed", error=type(error).__name__)
