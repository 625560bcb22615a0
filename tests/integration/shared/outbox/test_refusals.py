"""What cannot be published stands aside, alone and in sight; everything else goes on."""

from contextlib import AsyncExitStack

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from builders.acts import act
from harness.in_process import PARTITIONS, running
from harness.toy import NOW, order_of
from harness.toy_stream import outbox_rows, queue, relay
from harness.waiting import eventually
from mandegar.lanes.release import NotReleased, drop, release
from mandegar.outbox.check import unpublished

INSERT = "INSERT INTO outbox (topic, hash, key, value) VALUES ($1, 3, 's:c', 'x')"


async def without_the_check(toy):
    """The outbox as it was before its topics were checked: rows of any topic can be in it."""
    owner = await asyncpg.connect(toy.owner_url)
    await owner.execute("ALTER TABLE outbox DROP CONSTRAINT ck_outbox_topic")
    await owner.close()


async def letters(toy):
    return await toy.worker.fetch("SELECT * FROM dead_letters WHERE released_at IS NULL ORDER BY id")


@pytest.mark.parametrize("topic", ["no.such.topic", "", "نام", "a/b c", "x" * 300])
async def test_a_row_of_an_unknown_topic_is_set_aside_and_the_others_are_published(toy, kafka, topic_prefix, topic):
    await without_the_check(toy)
    await toy.worker.execute(INSERT, topic)
    await queue(toy, [order_of("a")])
    publisher = relay(kafka, topic_prefix, toy)
    async with running(publisher.run()):
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0, seconds=30)

    assert await toy.worker.fetchval("SELECT count(*) FROM outbox_published") == 1
    (letter,) = await letters(toy)
    assert (letter["consumer_group"], letter["topic"], letter["shop"]) == ("relay", topic, "s")
    assert letter["code"] == "unknown_topic"
    assert "1 rows of the outbox were set aside" in str(await unpublished(publisher, toy.worker))


async def test_an_operator_queues_a_row_that_was_set_aside_again_or_drops_it(toy, kafka, topic_prefix):
    await without_the_check(toy)
    for topic in ("no.such.topic", "no.such.topic"):
        await toy.worker.execute(INSERT, topic)
    publisher = relay(kafka, topic_prefix, toy)
    async with running(publisher.run()):
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
        one, other = await letters(toy)
        with pytest.raises(NotReleased, match="no topic of this release"):
            await release(toy.worker, act(), {}, one["id"], NOW, 12)
        with pytest.raises(NotReleased):
            await drop(toy.worker, act("evil"), one["id"], shop="evil")
        await toy.worker.execute("UPDATE dead_letters SET topic = 'ingest.events' WHERE id = $1", one["id"])
        await release(toy.worker, act(), {}, one["id"], NOW, 12)
        await eventually(lambda: toy.worker.fetchval("SELECT count(*) FROM outbox_published"), lambda rows: rows == 1)
    await drop(toy.worker, act(), other["id"])

    assert await letters(toy) == []
    assert await toy.worker.fetchval("SELECT count(*) FROM dead_letters") == 1
    assert await unpublished(publisher, toy.worker) is None


@pytest.mark.parametrize("partitions", [0, 3], ids=["missing", "with too few partitions"])
async def test_a_topic_that_the_broker_refuses_waits_in_its_order_and_no_other_waits_for_it(
    toy, kafka, topic_prefix, partitions
):
    """Its rows are published in their order once the broker takes them: none is set aside."""
    prefix = f"{topic_prefix}late."
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(f"{prefix}ingest.events", PARTITIONS, 1)])
    if partitions:
        await admin.create_topics([NewTopic(f"{prefix}loyalty.events", partitions, 1)])
    for number in range(3_000):
        await toy.worker.execute(
            "INSERT INTO outbox (topic, hash, key, value) VALUES ('loyalty.events', 3, 's:c', convert_to($1, 'UTF8'))",
            str(number),
        )
    await queue(toy, [order_of(f"c{number}") for number in range(50)])
    publisher = relay(kafka, prefix, toy)
    published = "SELECT count(*) FROM outbox_published WHERE topic = $1"
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(publisher.run()))
        await eventually(lambda: toy.worker.fetchval(published, "ingest.events"), lambda rows: rows == 50, seconds=30)
        assert await outbox_rows(toy) == 3_000
        assert "the broker refuses loyalty.events" in str(await unpublished(publisher, toy.worker))
        if partitions:
            await admin.delete_topics([f"{prefix}loyalty.events"])
            await eventually(admin.list_topics, lambda names: f"{prefix}loyalty.events" not in names)
        await admin.create_topics([NewTopic(f"{prefix}loyalty.events", PARTITIONS, 1)])
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0, seconds=60)
        assert await unpublished(publisher, toy.worker) is None
    await admin.close()

    assert await letters(toy) == []
    rows = await toy.worker.fetch("SELECT value FROM outbox_published WHERE topic = 'loyalty.events' ORDER BY id")
    assert [int(row["value"]) for row in rows] == list(range(3_000))
