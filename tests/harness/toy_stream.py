"""The toy service on real topics: its relay, its lanes, and what can be seen of them from outside."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from harness.databases import ServiceDatabase
from harness.in_process import PARTITIONS, context_of, running
from harness.toy import NOW, SUBSCRIPTION
from mandegar.clock import Clock, FrozenClock
from mandegar.database import transaction
from mandegar.events import Event
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.lanes.application import as_process
from mandegar.lanes.lanes import Lanes, LaneSettings
from mandegar.outbox import write_outbox
from mandegar.outbox.relay import Relay
from mandegar.service.context import Context
from mandegar.service.settings import ServiceSettings
from mandegar.stream import Subscription


def relay(kafka: str, prefix: str, toy: ServiceDatabase) -> Relay:
    return Relay(Broker(kafka), toy.worker_url, TopicNames(prefix), PARTITIONS)


def lanes(
    kafka: str, prefix: str, toy: ServiceDatabase, member: str = "0", subscription: Subscription = SUBSCRIPTION
) -> Lanes:
    """One member of the toy's group."""
    settings = LaneSettings(Broker(kafka), f"{prefix}toy", f"{prefix}toy-{member}", TopicNames(prefix))
    process = as_process(subscription, settings.group, PARTITIONS)
    return Lanes(settings, toy.worker, FrozenClock(NOW), process, on_applied=lambda: None)


def context(toy: ServiceDatabase, kafka: str, prefix: str, clock: Clock | None = None) -> Context[ServiceSettings]:
    settings = ServiceSettings(
        environment="local", kafka_bootstrap=kafka, topic_prefix=prefix, http_port=8000, identity_key="for tests only",
        worker_database_url=toy.worker_url, web_database_url=toy.web_url,
    )  # fmt: skip
    return context_of("toy", settings, toy, clock or Clock())


@asynccontextmanager
async def streaming(kafka: str, prefix: str, toy: ServiceDatabase) -> AsyncIterator[None]:
    """The relay and one member of the group run beside the block."""
    async with running(relay(kafka, prefix, toy).run(), lanes(kafka, prefix, toy).run(SUBSCRIPTION.topics)):
        yield


async def queue(toy: ServiceDatabase, events: Sequence[Event]) -> None:
    """Put ``events`` into the outbox."""
    async with transaction(toy.worker) as connection:
        await write_outbox(connection, events)


async def outbox_rows(toy: ServiceDatabase) -> int:
    """How many rows the broker has not acknowledged."""
    return await toy.worker.fetchval("SELECT count(*) FROM outbox")


async def grand_total(toy: ServiceDatabase) -> int:
    """The totals of all orders that were applied."""
    return await toy.worker.fetchval("SELECT coalesce(sum(total), 0)::int FROM customers")
