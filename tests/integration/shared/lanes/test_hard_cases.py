"""What could stop the stream for good, or let it pass something over: one bad customer, row, partition or log."""

import asyncio

import pytest
import structlog.testing
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from harness import toy as service
from harness.in_process import running
from harness.toy import NOW, order_of, records
from harness.toy_stream import grand_total, lanes, outbox_rows, queue, relay
from harness.waiting import eventually
from mandegar.clock import FrozenClock
from mandegar.customers.timer import Timer
from mandegar.database import transaction
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.lanes import stuck
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.lanes import Lanes, LaneSettings
from mandegar.lanes.offsets import stored_offsets
from mandegar.outbox.refusals import ROW_BYTES_MAX
from mandegar.stream import Subscription


async def test_a_customer_who_cannot_be_settled_is_put_off_and_keeps_nobody_else_waiting(toy):
    await toy.worker.execute(
        """
        INSERT INTO customers (shop, customer_id, partition, due_at)
        SELECT 's', 'c' || n, 0, $1 FROM generate_series(1, 7) n
        """,
        NOW,
    )

    async def settle(keys, connection, now):
        if any(key.customer_id == "c3" for key in keys):
            raise KeyError("a bug with one customer")
        return await service.settle(keys, connection, now)

    timer = Timer(toy.worker, FrozenClock(NOW), settle, 12)
    assert await timer.settle_due() == 7
    assert await timer.settle_due() == 0

    rows = await toy.worker.fetch("SELECT customer_id, settled, due_at > $1 AS later FROM customers ORDER BY 1", NOW)
    assert [tuple(row) for row in rows] == [
        (f"c{number}", number != 3, True if number == 3 else None) for number in range(1, 8)
    ]


async def test_rows_that_came_before_their_partition_do_not_stop_the_housekeeping(toy):
    count = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'outbox_published'::regclass"
    publish = "INSERT INTO outbox_published (id, topic, hash, key, value, published_at) VALUES (1, 't', 0, '', '', $1)"
    await toy.worker.execute(publish, NOW)
    for _ in range(2):
        await toy.worker.execute("SELECT keep_partitions('outbox_published', '1 day', '1 day', 3, $1)", NOW)

    assert await toy.worker.fetchval(count) == 1 + 3
    assert await toy.worker.fetchval("SELECT count(*) FROM outbox_published") == 1


async def test_days_of_published_rows_are_not_vacuumed_because_of_their_inserts(toy):
    await toy.worker.execute("SELECT keep_partitions('outbox_published', '1 day', '1 day', 3, $1)", NOW)

    days = await toy.worker.fetch(
        "SELECT reloptions FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
        " WHERE inhparent = 'outbox_published'::regclass AND relname ~ '_[0-9]{8}$'"
    )
    assert [day["reloptions"] for day in days] == [["autovacuum_vacuum_insert_threshold=-1"]] * 4


async def test_a_row_that_no_broker_takes_becomes_a_dead_letter_and_the_others_go_on(toy, kafka, topic_prefix):
    sizes = (ROW_BYTES_MAX - 1, ROW_BYTES_MAX)
    for size in sizes:
        await toy.worker.execute(
            """
            INSERT INTO outbox (topic, hash, key, value)
            VALUES ('ingest.events', 3, 'k', convert_to(repeat('x', $1), 'UTF8'))
            """,
            size,
        )
    await queue(toy, [order_of("a")])
    async with running(relay(kafka, topic_prefix, toy).run()):
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)

    kept = await toy.worker.fetch("SELECT topic, partition, code, length(value) AS bytes FROM dead_letters")
    assert [tuple(letter) for letter in kept] == [("ingest.events", 3, "too_large", ROW_BYTES_MAX)]
    assert await toy.worker.fetchval("SELECT count(*) FROM outbox_published") == 2


async def test_an_argument_that_the_driver_cannot_encode_is_poison_and_not_retried(toy):
    async def apply(events, connection, now):
        await connection.fetch("SELECT $1::bigint", 2**70)
        return ()

    process = as_process(Subscription(("ingest.events",), frozenset({"order.paid"}), apply), "toy", 12)
    async with toy.worker.acquire() as connection:
        await stored_offsets(connection, "toy", [("ingest.events", 0)])
    await apply_batch(toy.worker, "toy", process, {("ingest.events", 0): Chunk(0, records([order_of("a")]))}, NOW)

    assert await toy.worker.fetchval("SELECT count(*) FROM dead_letters") == 1


async def test_a_log_that_begins_again_is_read_from_its_beginning(toy, kafka, topic_prefix):
    """A broker that lost its disk: what is published to it anew stands below the stored offsets."""
    member = lanes(kafka, topic_prefix, toy)
    await toy.worker.execute(
        """
        INSERT INTO offsets (consumer_group, topic, partition, next_offset)
        SELECT $1, 'ingest.events', n, 1000 FROM generate_series(0, 11) n
        """,
        member.settings.group,
    )
    await queue(toy, [order_of(f"c{number % 50}") for number in range(100)])
    async with running(relay(kafka, topic_prefix, toy).run(), member.run(service.SUBSCRIPTION.topics)):
        await eventually(lambda: grand_total(toy), lambda total: total == 100)


async def test_a_batch_that_takes_too_long_for_one_transaction_is_cut(toy, kafka, topic_prefix):
    async def apply(events, connection, now):
        await asyncio.sleep(len(events) * 0.006)  # six seconds for all, where a session may be idle for four
        return await service.apply(events, connection, now)

    slow = Subscription(("ingest.events",), frozenset({"order.paid"}), apply)
    await queue(toy, [order_of("one") for _ in range(1_000)])
    async with running(relay(kafka, topic_prefix, toy).run()):
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
    async with running(lanes(kafka, topic_prefix, toy, subscription=slow).run(slow.topics)):
        await eventually(lambda: grand_total(toy), lambda total: total == 1_000, seconds=30)


async def test_the_marks_of_transactions_in_a_foreign_topic_are_no_alarm(toy, kafka, topic_prefix):
    """A platform may write to its raw topic in transactions; each leaves a mark that looks like a hole."""
    topic = f"{topic_prefix}raw.shop"
    seen: list[int] = []

    async def process(batch, connection, now):
        seen.extend(record.offset for record in batch)
        return ()

    producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=f"{topic_prefix}platform")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    await producer.start()
    settings = LaneSettings(Broker(kafka), f"{topic_prefix}raw", f"{topic_prefix}raw-0", TopicNames(topic_prefix))
    member = Lanes(settings, toy.worker, FrozenClock(NOW), process, on_applied=lambda: None)
    with structlog.testing.capture_logs() as said:
        async with running(member.run((), r"raw\.[a-z]+")):
            for number in range(4):
                async with producer.transaction():
                    await producer.send(topic, b"x", partition=0)
                await eventually(lambda: len(seen), lambda count, want=number + 1: count == want)
            await eventually(member.lag, lambda lag: lag == 0)
    await producer.stop()

    assert seen == [0, 2, 4, 6]
    assert [entry for entry in said if entry["event"] == "hole_accepted"] == []


async def test_a_cancelled_block_stays_cancelled_when_its_connection_is_gone(toy):
    """Else the loop around it would take the failed rollback for a transient error, and go on for ever."""

    inside = asyncio.Event()

    async def work():
        async with transaction(toy.worker) as connection:
            inside.set()
            try:
                await asyncio.Event().wait()
            finally:
                connection.terminate()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_lanes_that_stand_still_beside_a_broker_that_answers_end_their_process(
    toy, kafka, topic_prefix, monkeypatch
):
    monkeypatch.setattr(stuck, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(stuck, "STUCK_SECONDS", 0.5)

    async def apply(events, connection, now):
        await asyncio.Event().wait()

    hanging = Subscription(("ingest.events",), frozenset({"order.paid"}), apply)
    await queue(toy, [order_of("a")])
    async with running(relay(kafka, topic_prefix, toy).run()), asyncio.timeout(20):
        with pytest.raises(stuck.LanesStuck):
            await lanes(kafka, topic_prefix, toy, subscription=hanging).run(hanging.topics)


async def test_a_client_that_hears_of_nothing_any_more_cannot_hide_what_waits(toy, kafka, topic_prefix, monkeypatch):
    """Every look of the watchdog is taken over a connection of its own."""
    monkeypatch.setattr(stuck, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(stuck, "STUCK_SECONDS", 2)
    member = lanes(kafka, topic_prefix, toy)

    async with running(relay(kafka, topic_prefix, toy).run()), asyncio.timeout(40):
        task = asyncio.create_task(member.run(service.SUBSCRIPTION.topics))
        await eventually(lambda: len(member.positions.expected), lambda partitions: partitions == 12)
        await asyncio.sleep(3)  # for longer than the watchdog has patience, nothing waits
        assert not task.done()
        wedged, deaf = member._consumer, asyncio.Event()

        async def nothing(*_, **__):
            deaf.set()
            await asyncio.sleep(0.1)  # as a poll that waits in vain
            return {}

        async def as_before(partitions):
            return {partition: member.positions.expected[partition] for partition in partitions}

        monkeypatch.setattr(wedged, "getmany", nothing)
        monkeypatch.setattr(wedged, "end_offsets", as_before)
        await deaf.wait()  # the poll in hand was a sound one
        await queue(toy, [order_of("a")])
        try:
            with pytest.raises(stuck.LanesStuck):
                await task
        finally:
            task.cancel()


async def test_lanes_end_when_their_partitions_never_come_back_but_not_when_they_have_none(
    toy, kafka, topic_prefix, monkeypatch
):
    monkeypatch.setattr(stuck, "CHECK_SECONDS", 0.1)
    member = lanes(kafka, topic_prefix, toy)

    async with asyncio.timeout(40):
        task = asyncio.create_task(member.run(service.SUBSCRIPTION.topics))
        try:
            everything = await eventually(lambda: set(member.positions.expected), lambda owned: len(owned) == 12)
            monkeypatch.setattr(stuck, "STUCK_SECONDS", 1)
            told = member.positions.listener(member._consumer, member._seed, "toy")
            await told.on_partitions_revoked(everything)
            await told.on_partitions_assigned(set())  # there are more members than partitions
            await asyncio.sleep(2)  # twice the watchdog's patience
            assert not task.done()

            await told.on_partitions_revoked(set())
            with pytest.raises(stuck.LanesStuck):
                await task
        finally:
            task.cancel()
