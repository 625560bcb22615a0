"""The batch transaction: what it applies, what it refuses, and that it does either once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from aiokafka import TopicPartition
from msgspec import structs
from prometheus_client import REGISTRY

from builders.acts import act
from harness import toy as service
from harness.databases import ServiceDatabase
from harness.failing import failing_at
from harness.locking import until_waiting
from harness.toy import NOW, order_of, records
from mandegar.clock import FrozenClock
from mandegar.database import transaction
from mandegar.events import encode
from mandegar.failpoints import StreamFailpoint
from mandegar.kafka.names import TopicNames
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.deadletters import list_letters
from mandegar.lanes.offsets import stored_offsets
from mandegar.lanes.release import NotReleased, release
from mandegar.lanes.steps import Steps
from mandegar.run.upkeep import INBOX_RETENTION, delete_old_claims
from mandegar.stream import Record

PROCESS = as_process(service.SUBSCRIPTION, "toy", 12)


async def deliver(toy: ServiceDatabase, events, *, start: int = 0, partition: int = 0):
    """One poll of ``events`` as the owner of the partition."""
    chunk = Chunk(start, records(events, start=start, partition=partition))
    return await apply_batch(toy.worker, "toy", PROCESS, {("ingest.events", partition): chunk}, NOW)


async def seed(toy: ServiceDatabase, *partitions: int):
    async with toy.worker.acquire() as connection:
        return await stored_offsets(
            connection, "toy", [("ingest.events", partition) for partition in partitions or (0,)]
        )


async def totals(toy: ServiceDatabase) -> dict[str, int]:
    rows = await toy.worker.fetch("SELECT customer_id, total FROM customers")
    return {row["customer_id"]: row["total"] for row in rows}


async def letters(toy: ServiceDatabase):
    return await toy.worker.fetch("SELECT * FROM dead_letters ORDER BY id")


async def test_offsets_effects_and_outbox_commit_together(toy):
    await seed(toy)
    await deliver(toy, [order_of("a", 5), order_of("b", 7), order_of("a", 1)])

    assert await totals(toy) == {"a": 6, "b": 7}
    assert await seed(toy) == {("ingest.events", 0): 3}
    assert await toy.worker.fetchval("SELECT count(*) FROM outbox") == 3


async def test_an_offset_that_another_owner_inserts_meanwhile_is_read(toy):
    """Two members that meet a new partition at once: one that did not learn the offset would never poll it."""
    partition = TopicPartition("ingest.events", 0)
    steps = Steps(toy.worker, "toy", PROCESS, FrozenClock(NOW), TopicNames(), 100)
    async with transaction(toy.worker) as connection:
        await stored_offsets(connection, "toy", [("ingest.events", 0)])
        reading = asyncio.create_task(steps.stored([partition]))
        await until_waiting(toy.worker, 1)

    assert await reading == {partition: 0}


async def test_a_batch_that_begins_where_another_owner_has_been_has_no_effect(toy):
    await seed(toy)
    event = order_of("a", 5)
    await deliver(toy, [event])

    assert await deliver(toy, [order_of("a", 100)], start=0) == set()
    assert await totals(toy) == {"a": 5}


async def test_partitions_of_one_poll_are_fenced_apart(toy):
    await seed(toy, 0, 1)
    await deliver(toy, [order_of("a", 5)], partition=0)
    chunks = {
        ("ingest.events", 0): Chunk(0, records([order_of("a", 100)], partition=0)),
        ("ingest.events", 1): Chunk(0, records([order_of("b", 7)], partition=1)),
    }

    assert await apply_batch(toy.worker, "toy", PROCESS, chunks, NOW) == {("ingest.events", 1)}
    assert await totals(toy) == {"a": 5, "b": 7}


async def test_an_event_delivered_again_later_or_in_the_same_batch_counts_once(toy):
    await seed(toy)
    event = order_of("a", 5)
    await deliver(toy, [event, event])
    await deliver(toy, [event, order_of("a", 1)], start=2)

    assert await totals(toy) == {"a": 6}


async def test_an_event_that_was_written_down_a_second_time_counts_once(toy):
    """A service whose database was restored derives, or accepts, once more what it had published: same id, later."""
    await seed(toy)
    event = order_of("a", 5)
    await deliver(toy, [event])
    again = structs.replace(event, recorded_time=event.recorded_time + timedelta(days=8))
    await deliver(toy, [again, structs.replace(event, recorded_time=NOW - timedelta(days=30))], start=1)

    assert await totals(toy) == {"a": 5}


def count_applied() -> float:
    return REGISTRY.get_sample_value("events_applied_total", {"group": "toy"}) or 0.0


async def test_only_what_was_committed_is_counted(toy):
    await seed(toy)
    events = [order_of("a", 5), order_of("b", 7)]
    counted = count_applied()
    with failing_at(StreamFailpoint.BATCH_BEFORE_COMMIT):
        await deliver(toy, events)
    assert count_applied() == counted

    await deliver(toy, events)
    assert count_applied() == counted + 2


async def test_claims_are_forgotten_once_their_event_could_only_be_refused(toy):
    await seed(toy)
    events = [order_of("a", recorded=NOW - timedelta(days=days)) for days in (0, 50, 89)]
    await deliver(toy, events)

    assert await delete_old_claims(toy.worker, NOW + timedelta(days=10) - INBOX_RETENTION) == 1
    assert await toy.worker.fetchval("SELECT count(*) FROM inbox") == 2
    assert await totals(toy) == {"a": 3}


async def test_a_poisonous_event_becomes_a_dead_letter_and_its_neighbours_go_on(toy):
    await seed(toy)
    events = [
        order_of("a"),
        order_of("b"),
        order_of("c", order_id="poison"),
        order_of("d"),
        order_of("e", order_id="violation"),
        order_of("f"),
    ]
    await deliver(toy, events)

    assert await totals(toy) == {"a": 1, "b": 1, "d": 1, "f": 1}
    assert [letter["code"] for letter in await letters(toy)] == ["poisonous", "not_applicable"]
    assert [letter["event_id"] for letter in await letters(toy)] == [events[2].id, events[4].id]


@pytest.mark.parametrize(
    "name", [{"customer_id": "a\0b"}, {"customer_id": "".join(map(str, range(20_000)))}, {"shop": "s\0"}]
)
async def test_a_name_that_the_database_cannot_hold_becomes_a_dead_letter_and_its_neighbours_go_on(toy, name):
    await seed(toy)
    await deliver(toy, [order_of("a"), structs.replace(order_of("c"), **name), order_of("b")])

    assert await totals(toy) == {"a": 1, "b": 1}
    (letter,) = await letters(toy)
    assert letter["code"] == "not_applicable"
    with pytest.raises(NotReleased, match="still cannot be applied"):
        await release(toy.worker, act(), {"toy": service.SUBSCRIPTION}, letter["id"], NOW, 12)


async def test_a_shop_neither_sees_nor_releases_the_dead_letters_of_another(toy):
    await seed(toy)
    await deliver(toy, [order_of("a", order_id="poison")])
    (letter,) = await letters(toy)

    async def seen_by(shop):
        async with toy.worker.acquire() as connection:
            rows = await list_letters(connection, shop=shop, before=None, limit=10, include_released=True)
        return [row["id"] for row in rows]

    assert (await seen_by("s"), await seen_by(None), await seen_by("other")) == ([letter["id"]], [letter["id"]], [])
    with pytest.raises(NotReleased, match="There is no open dead letter"):
        await release(toy.worker, act(), {"toy": service.SUBSCRIPTION}, letter["id"], NOW, 12, shop="other")


@pytest.mark.parametrize("value", [None, b"", b"{", b"\xff", b"[]", b'{"specversion":"1.0"}'])
async def test_bytes_that_are_no_event_become_a_dead_letter_and_the_offset_moves_on(toy, value):
    await seed(toy)
    good = encode(order_of("a"))
    polled = [Record("ingest.events", 0, 0, b"k", value), Record("ingest.events", 0, 1, b"k", good)]
    await apply_batch(toy.worker, "toy", PROCESS, {("ingest.events", 0): Chunk(0, polled)}, NOW)

    assert await totals(toy) == {"a": 1}
    assert [letter["code"] for letter in await letters(toy)] == ["unreadable"]


async def test_types_that_nobody_asked_for_leave_no_trace(toy):
    await seed(toy)
    other = encode(order_of("a")).replace(b'"order.paid"', b'"order.placed"')
    unknown = encode(order_of("a")).replace(b'"order.paid"', b'"of.a.later.release"')
    polled = [Record("ingest.events", 0, i, b"k", value) for i, value in enumerate([other, unknown])]
    await apply_batch(toy.worker, "toy", PROCESS, {("ingest.events", 0): Chunk(0, polled)}, NOW)

    assert await letters(toy) == []
    assert await toy.worker.fetchval("SELECT count(*) FROM inbox") == 0
    assert await seed(toy) == {("ingest.events", 0): 2}


async def test_an_event_older_than_the_inbox_remembers_is_a_dead_letter_not_a_second_application(toy):
    await seed(toy)
    await deliver(toy, [order_of("a", recorded=NOW - timedelta(days=91))])

    assert [letter["code"] for letter in await letters(toy)] == ["too_old"]


async def test_a_released_dead_letter_is_applied_once(toy):
    await seed(toy)
    await deliver(toy, [order_of("a", 5, order_id="poison")])
    (letter,) = await letters(toy)
    subscriptions = {"toy": service.SUBSCRIPTION}
    with pytest.raises(NotReleased, match="still cannot be applied"):
        await release(toy.worker, act(), subscriptions, letter["id"], NOW, 12)

    async def forgiving(events, connection, now):
        return await service.apply([_renamed(event) for event in events], connection, now)

    cured = {"toy": replace(service.SUBSCRIPTION, apply=forgiving)}
    await release(toy.worker, act(), cured, letter["id"], NOW, 12)
    with pytest.raises(NotReleased, match="There is no open dead letter"):
        await release(toy.worker, act(), cured, letter["id"], NOW, 12)
    assert await totals(toy) == {"a": 5}


def _renamed(event):
    import msgspec

    return msgspec.structs.replace(event, data=msgspec.structs.replace(event.data, order_id="fine"))


async def test_a_web_session_sees_the_rows_of_its_shop_alone(toy):
    from mandegar.database import as_shop

    await seed(toy)
    await deliver(toy, [order_of("a")])
    async with as_shop(toy.web, "s") as connection:
        assert await connection.fetchval("SELECT count(*) FROM customers") == 1
    async with as_shop(toy.web, "other") as connection:
        assert await connection.fetchval("SELECT count(*) FROM customers") == 0
    assert await toy.web.fetchval("SELECT count(*) FROM customers") == 0
