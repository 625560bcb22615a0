"""Reading a topic again, and publishing again what a broker has lost: nothing counts twice."""

from datetime import timedelta

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from harness import toy as service
from harness.databases import ServiceDatabase
from harness.in_process import running
from harness.toy import NOW, order_of
from harness.toy_stream import context, grand_total, lanes, outbox_rows, queue, streaming
from harness.waiting import eventually
from mandegar.clock import Clock, FrozenClock
from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics
from mandegar.rebuild.replay import NotReplayable, Start, replay
from mandegar.rebuild.republish import republish
from mandegar.service.parts import Part, Service
from mandegar.service.settings import ServiceSettings

PUBLISHED = timedelta(minutes=5)


def toy_service(prefix: str) -> Service[ServiceSettings]:
    return Service(f"{prefix}toy", parts=[Part(reads=(service.READ,))], settings=ServiceSettings)


async def everything(toy: ServiceDatabase) -> dict[str, list[tuple[object, ...]]]:
    """Every table but the offsets, and what was published of it."""
    queries = {
        "customers": "SELECT * FROM customers ORDER BY 1, 2",
        "inbox": "SELECT * FROM inbox ORDER BY 1, 2",
        "outbox": "SELECT * FROM outbox ORDER BY id",
        "published": "SELECT * FROM outbox_published ORDER BY id",
        "dead_letters": "SELECT * FROM dead_letters ORDER BY id",
        "applied": "SELECT * FROM applied ORDER BY 1, 2, 3",
    }
    return {table: [tuple(row) for row in await toy.worker.fetch(query)] for table, query in queries.items()}


async def offsets(toy: ServiceDatabase) -> list[tuple[str, int, int]]:
    rows = await toy.worker.fetch("SELECT topic, partition, next_offset FROM offsets ORDER BY 1, 2")
    return [tuple(row) for row in rows]


@pytest.fixture
async def applied(toy, kafka, topic_prefix):
    """A toy that has applied 400 orders, three of them poison, and stands still."""
    await queue(toy, [order_of(f"c{n % 50}", order_id="poison" if n % 150 == 7 else f"o{n}") for n in range(400)])
    async with streaming(kafka, topic_prefix, toy):
        await eventually(lambda: grand_total(toy), lambda total: total == 397)
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
    return toy


@pytest.mark.parametrize("alive", [False, True])
async def test_a_replay_of_everything_leaves_all_but_nothing_changed(applied, kafka, topic_prefix, alive):
    """Whether the service stands still or goes on reading meanwhile."""
    before, stood = await everything(applied), await offsets(applied)
    clock = FrozenClock(NOW)
    work = replay(
        toy_service(topic_prefix), context(applied, kafka, topic_prefix, clock), "ingest.events", Start(offset=0)
    )
    if alive:
        async with running(lanes(kafka, topic_prefix, applied).run(service.SUBSCRIPTION.topics)):
            assert await work == 400
    else:
        assert await work == 400

    assert await everything(applied) == before
    assert await offsets(applied) == stood


async def test_a_replay_may_begin_at_an_instant_and_in_one_partition(applied, kafka, topic_prefix):
    told, reads = context(applied, kafka, topic_prefix), toy_service(topic_prefix)
    now = told.clock.now()

    assert await replay(reads, told, "ingest.events", Start(since=now - timedelta(hours=1))) == 400
    assert await replay(reads, told, "ingest.events", Start(since=now + timedelta(hours=1))) == 0
    one = await replay(reads, told, "ingest.events", Start(offset=0, partition=3))
    assert 0 < one < 400


async def test_a_replay_of_what_the_inbox_has_forgotten_is_refused(applied, kafka, topic_prefix):
    later = FrozenClock(Clock().now() + timedelta(days=120))
    told, stood = context(applied, kafka, topic_prefix, later), await offsets(applied)
    with pytest.raises(NotReplayable, match="older than 90 days"):
        await replay(toy_service(topic_prefix), told, "ingest.events", Start(offset=0))
    with pytest.raises(NotReplayable, match="does not read"):
        await replay(toy_service(topic_prefix), told, "churn.events", Start(offset=0))

    assert await offsets(applied) == stood


async def test_a_broker_that_lost_a_topic_gets_it_again_and_nothing_counts_twice(applied, kafka, topic_prefix):
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    gone = {f"{topic_prefix}ingest.events", f"{topic_prefix}loyalty.events"}
    await admin.delete_topics(sorted(gone))
    await eventually(admin.list_topics, lambda topics: not gone & set(topics))
    await admin.close()
    await create_topics(Broker(kafka), prefix=topic_prefix, partitions=12)
    said = "SELECT key, value FROM outbox_published ORDER BY id LIMIT 797"
    lost = await applied.worker.fetch(said)
    told = context(applied, kafka, topic_prefix)

    assert await republish(told, told.clock.now() - PUBLISHED) == len(lost) == 400 + 397
    async with streaming(kafka, topic_prefix, applied):
        await eventually(lambda: outbox_rows(applied), lambda rows: rows == 0)
        await queue(applied, [order_of("new")])
        await eventually(lambda: grand_total(applied), lambda total: total == 398)
        await eventually(lambda: outbox_rows(applied), lambda rows: rows == 0)
    assert await applied.worker.fetch(said) == lost
    assert await replay(toy_service(topic_prefix), told, "ingest.events", Start(offset=0)) == 401
