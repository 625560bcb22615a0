"""The rebuild itself, with the smallest service: into an empty database only, to the end, and once."""

from datetime import timedelta

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import NodeNotReadyError

from harness import toy as service
from harness.databases import ServiceDatabase
from harness.failing import failing_at, may_fail_at
from harness.in_process import running
from harness.toy import NOW, order_of, toy_database
from harness.toy_stream import context, grand_total, outbox_rows, queue, relay
from harness.waiting import eventually
from mandegar.clock import FrozenClock
from mandegar.failpoints import StreamFailpoint
from mandegar.rebuild.run import rebuild
from mandegar.run.rebuild_mark import BeingRebuilt, NotEmpty, refuse_half_rebuilt
from mandegar.service.parts import Part, Service
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.service.settings import ServiceSettings
from mandegar.stream import on


async def apply_silently(events, connection, now):
    await service.apply(events, connection, now)
    return ()


async def remember(events, connection, now):
    """The toy's own topic: who was told of points, and is settled at the end."""
    for event in events:
        await connection.execute(
            "UPDATE customers SET settled = settled + 1, due_at = $3 WHERE (shop, customer_id) = ($1, $2)",
            *event.customer,
            now,
        )
    return ()


async def settle_served(keys, connection, now):
    raise AssertionError("a rebuild settles by a function of its own")


REBUILD = Rebuild[ServiceSettings](
    reads=(on({"order.paid"}, apply_silently), on({"points.expiring"}, remember, group=REBUILD_GROUP))
)
TOY = Service(
    "toy",
    parts=[Part(reads=(service.READ,), rebuild=REBUILD)],
    settings=ServiceSettings,
    settle=settle_served,
    settle_rebuilt=service.settle,
)


@pytest.fixture
async def published(toy, kafka, topic_prefix):
    """300 orders, half of them written down 200 days ago, and ten words of the toy, on the topics."""
    events = [order_of(f"c{n % 30}", recorded=NOW - timedelta(days=200 * (n % 2))) for n in range(300)]
    await queue(toy, events)
    async with running(relay(kafka, topic_prefix, toy).run()):
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
        await queue(toy, await service.apply(events[:10], toy.worker, NOW))
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
    return topic_prefix


async def told(database: ServiceDatabase) -> int:
    """How often customers were told of points, and settled."""
    return await database.worker.fetchval("SELECT sum(settled)::int FROM customers")


async def test_a_rebuild_applies_old_events_publishes_nothing_and_leaves_no_group_of_its_own(
    published, postgres, kafka
):
    async with toy_database(postgres) as again:
        assert await rebuild(TOY, context(again, kafka, published, FrozenClock(NOW))) == 0

        assert (await grand_total(again), await told(again), await outbox_rows(again)) == (300, 20, 0)
        groups = {row[0] for row in await again.worker.fetch("SELECT consumer_group FROM offsets")}
        claimed = await again.worker.fetchval("SELECT count(*) FROM inbox")
        await refuse_half_rebuilt(again.worker, "toy")
    assert groups == {"toy"}
    assert claimed == 150  # older ones could only come as dead letters


async def test_a_database_in_use_is_refused(published, toy, kafka):
    await queue(toy, [order_of("a")])
    with pytest.raises(NotEmpty, match="is not empty"):
        await rebuild(TOY, context(toy, kafka, published))

    assert await grand_total(toy) == 0


@pytest.mark.parametrize("nth", [1, 2])
async def test_an_interrupted_rebuild_is_served_by_nobody_and_goes_on_where_it_was(published, postgres, kafka, nth):
    async with toy_database(postgres) as again:
        told_again = context(again, kafka, published, FrozenClock(NOW))
        with failing_at(StreamFailpoint.BATCH_BEFORE_COMMIT, nth=nth):
            await rebuild(TOY, told_again)
        with pytest.raises(BeingRebuilt, match="has not finished"):
            await refuse_half_rebuilt(again.worker, "toy")

        assert await rebuild(TOY, told_again) == 0
        assert (await grand_total(again), await told(again)) == (300, 20)


async def test_a_rebuild_goes_on_where_it_was_after_the_database_or_the_broker_failed(
    published, postgres, kafka, monkeypatch
):
    polls, getmany = [], AIOKafkaConsumer.getmany

    async def fails_at_first(self, *arguments, **options):
        polls.append(await getmany(self, *arguments, **options))
        if len(polls) == 1:
            raise NodeNotReadyError  # what the call had drained is lost to it
        return polls[-1]

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", fails_at_first)
    async with toy_database(postgres) as again:
        with may_fail_at(StreamFailpoint.BATCH_BEFORE_COMMIT, ConnectionResetError):
            assert await rebuild(TOY, context(again, kafka, published, FrozenClock(NOW))) == 0

        assert (await grand_total(again), await told(again), await outbox_rows(again)) == (300, 20, 0)
