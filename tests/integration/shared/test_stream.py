"""Outbox to relay to Kafka to lanes to effects, on a real broker; and what is due."""

import asyncio
from datetime import timedelta

import pytest

from harness import toy as service
from harness.failing import failing_at
from harness.in_process import running
from harness.toy import NOW, order_of
from harness.toy_stream import grand_total, lanes, outbox_rows, queue, relay, streaming
from harness.waiting import eventually
from mandegar.clock import FrozenClock
from mandegar.customers.timer import Timer
from mandegar.failpoints import StreamFailpoint
from mandegar.lanes.lanes import Lanes
from mandegar.telemetry import metrics


def shares(*members: Lanes) -> tuple[int, ...]:
    return tuple(len(member.positions.expected) for member in members)


async def test_what_stands_in_the_outbox_is_applied_once_by_the_lanes(toy, kafka, topic_prefix):
    await queue(toy, [order_of(f"c{i % 50}") for i in range(3_000)])
    async with streaming(kafka, topic_prefix, toy):
        await eventually(lambda: grand_total(toy), lambda total: total == 3_000)

        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
    assert await toy.worker.fetchval("SELECT count(*) FROM outbox_published") == 6_000
    assert await toy.worker.fetchval("SELECT count(*) FROM dead_letters") == 0


async def test_a_second_member_takes_its_share_and_nothing_is_applied_twice(toy, kafka, topic_prefix):
    first, second = (lanes(kafka, topic_prefix, toy, member=name) for name in "ab")
    topics = service.SUBSCRIPTION.topics
    async with running(relay(kafka, topic_prefix, toy).run(), first.run(topics)):
        await queue(toy, [order_of(f"c{i % 50}") for i in range(500)])
        await eventually(lambda: grand_total(toy), lambda total: total == 500)
        async with running(second.run(topics)):
            for number in range(10):
                await queue(toy, [order_of(f"c{i % 50}") for i in range(50)])
                await eventually(lambda: grand_total(toy), lambda total, so_far=550 + 50 * number: total == so_far)

            await eventually(lambda: shares(first, second), lambda owned: owned == (6, 6))
            assert await grand_total(toy) == 1_000


async def test_the_partitions_of_a_member_that_ends_do_not_wait_for_the_end_of_its_session(toy, kafka, topic_prefix):
    first, second = (lanes(kafka, topic_prefix, toy, member=name) for name in "ab")
    topics = service.SUBSCRIPTION.topics
    async with running(first.run(topics)):
        async with running(second.run(topics)):
            await eventually(lambda: shares(first, second), lambda owned: owned == (6, 6))

        await eventually(lambda: shares(first, second), lambda owned: owned[0] == 12, seconds=3)


@pytest.mark.parametrize("place", [StreamFailpoint.LANES_ASSIGNED, StreamFailpoint.LANES_REVOKED])
async def test_lanes_end_on_an_error_in_a_rebalance_though_the_client_swallows_it(toy, kafka, topic_prefix, place):
    with failing_at(place):
        async with asyncio.timeout(15):
            await lanes(kafka, topic_prefix, toy).run(service.SUBSCRIPTION.topics)


async def test_a_batch_of_which_another_owner_has_been_everywhere_is_counted_as_refused(toy, kafka, topic_prefix):
    refused = metrics.OFFSET_CONFLICTS.labels(f"{topic_prefix}toy")
    async with streaming(kafka, topic_prefix, toy):
        await queue(toy, [order_of("c")])
        await eventually(lambda: grand_total(toy), lambda total: total == 1)
        before = refused._value.get()
        await toy.worker.execute("UPDATE offsets SET next_offset = next_offset + 1")
        await queue(toy, [order_of("c")])

        await eventually(refused._value.get, lambda count: count == before + 1)
    assert await grand_total(toy) == 1


async def test_a_restart_that_reads_one_more_topic_gets_it_at_once(toy, kafka, topic_prefix):
    """A release may add a topic: the broker would hand a member that it knows the partitions that it had."""

    def topics_of(running_lanes: Lanes) -> set[str]:
        return {partition.topic.removeprefix(topic_prefix) for partition in running_lanes.positions.expected}

    before, after = (lanes(kafka, topic_prefix, toy) for _ in range(2))
    async with running(before.run(("ingest.events",))):
        await eventually(lambda: topics_of(before), lambda seen: seen == {"ingest.events"})
    async with running(after.run(("ingest.events", "churn.events"))):
        await eventually(lambda: topics_of(after), lambda seen: seen == {"ingest.events", "churn.events"}, seconds=15)


async def test_the_timer_settles_who_is_due_and_lets_the_others_sleep(toy):
    clock = FrozenClock(NOW)
    await toy.worker.execute(
        """
        INSERT INTO customers (shop, customer_id, partition, due_at)
        VALUES ('s', 'now', 0, $1), ('s', 'later', 0, $2), ('s', 'never', 0, NULL)
        """,
        NOW,
        NOW + timedelta(hours=1),
    )
    timer = Timer(toy.worker, clock, service.settle, 12)

    async def settled():
        rows = await toy.worker.fetch("SELECT customer_id, settled FROM customers")
        return {row["customer_id"]: row["settled"] for row in rows}

    async with running(timer.run()):
        await eventually(settled, lambda seen: seen == {"now": 1, "later": 0, "never": 0})
        clock.advance(timedelta(hours=1))
        timer.wake()
        await eventually(settled, lambda seen: seen == {"now": 1, "later": 1, "never": 0})
