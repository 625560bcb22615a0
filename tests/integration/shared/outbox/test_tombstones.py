"""A tombstone takes the way of an event, by outbox, relay and topic to the lane; an erasure leaves it there."""

import pytest
from aiokafka import AIOKafkaConsumer

from builders.customers import contact
from builders.erasures import erasure_id
from harness.in_process import running
from harness.toy import NOW, order_of
from harness.toy_erasing import ERASING, erased, readmitted
from harness.toy_merging import deliver
from harness.toy_stream import outbox_rows, relay
from harness.waiting import eventually
from ingest.main import SERVICE
from mandegar.database import transaction
from mandegar.events import CustomerKey, Event
from mandegar.events.contacts import ContactErased
from mandegar.events.derived import Origin, derived_event, erasure_event_id
from mandegar.lanes.application import as_process
from mandegar.outbox import write_outbox
from mandegar.outbox.rows import move_to_published
from mandegar.rebuild.republish import queue_again
from mandegar.stream import Erased, Record, on, subscriptions


def gone(customer: str = "c") -> Event:
    key = CustomerKey("s", customer)
    id_ = erasure_event_id(key, 1, "contact.erased")
    return derived_event("ingest", "contact.erased", ContactErased(), about=key, cause=Origin(), now=NOW, id_from=id_)


async def applied(events, connection, now):
    """Writes down who was erased, as one line of the audit each."""
    for event in events:
        await connection.execute(
            "INSERT INTO audit (shop, key_id, action, target, result) VALUES ($1, 'k', $2, $3, 'done')",
            event.shop,
            event.type,
            event.customer_id,
        )
    return ()


READING = subscriptions("toy", [on({"contact.erased", "contact.updated"}, applied)])["toy"]


async def lines(toy):
    return [tuple(row) for row in await toy.worker.fetch("SELECT action, target FROM audit ORDER BY id")]


async def test_a_record_without_a_value_is_applied_once(toy):
    records = [
        Record("ingest.contacts", 0, 3, b"s:c", None, timestamp_ms=1_700_000_000_000),
        Record("ingest.contacts", 0, 4, b"s:d", b"", timestamp_ms=-1),
    ]
    process = as_process(READING, "toy", 12)
    for _ in range(2):
        async with transaction(toy.worker) as connection:
            await process(records, connection, NOW)
    assert await lines(toy) == [("contact.erased", "c"), ("contact.erased", "d")]
    assert await toy.worker.fetchval("SELECT count(*) FROM dead_letters") == 0


@pytest.mark.parametrize("key", [None, b"", b"s", b"s:", b":c", b"\xff:c", b"s:\0"])
async def test_a_record_without_a_value_that_names_nobody_is_a_dead_letter(toy, key):
    async with transaction(toy.worker) as connection:
        await as_process(READING, "toy", 12)([Record("ingest.contacts", 0, 3, key, None)], connection, NOW)
    assert await toy.worker.fetchval("SELECT code FROM dead_letters") == "unreadable"


async def test_a_record_without_a_value_on_a_topic_that_is_kept_for_ever_is_a_dead_letter(toy):
    async with transaction(toy.worker) as connection:
        await as_process(ERASING, "toy", 12)([Record("ingest.events", 0, 3, b"s:c", None)], connection, NOW)
    assert await toy.worker.fetchval("SELECT code FROM dead_letters") == "unreadable"


async def test_a_tombstone_of_a_customer_who_was_readmitted_changes_nothing(toy):
    """It may be published again."""
    await deliver(toy, [erased("c"), readmitted("c")], subscription=ERASING)
    later = Record("ingest.contacts", 0, 3, b"s:c", None, timestamp_ms=int(NOW.timestamp() + 60) * 1000)
    async with transaction(toy.worker) as connection:
        await as_process(READING, "toy", 12)([later], connection, NOW)
    assert await lines(toy) == []


async def test_the_relay_publishes_an_outbox_row_without_a_value(make_database, kafka, topic_prefix):
    database = await make_database("ingest")
    async with transaction(database.worker) as connection:
        await write_outbox(connection, [contact(customer="c"), gone()])
    async with running(relay(kafka, topic_prefix, database).run()):
        await eventually(lambda: outbox_rows(database), lambda rows: rows == 0)
    consumer = AIOKafkaConsumer(
        f"{topic_prefix}ingest.contacts",
        bootstrap_servers=kafka,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        found = []
        while len(found) < 2:
            for some in (await consumer.getmany(timeout_ms=500)).values():
                found += [(record.key, record.value is None) for record in some]
    finally:
        await consumer.stop()
    assert found == [(b"s:c", False), (b"s:c", True)]


async def test_an_erasure_deletes_what_was_published_of_a_contact_but_not_the_tombstone(make_database):
    database = await make_database("ingest")
    async with transaction(database.worker) as connection:
        await write_outbox(connection, [contact(customer="c"), contact(customer="d"), order_of("c")])
        ids = [row["id"] for row in await connection.fetch("SELECT id FROM outbox")]
        await move_to_published(connection, ids)
        await write_outbox(connection, [contact(customer="c"), order_of("c"), gone()])
        await SERVICE.erasing([Erased(CustomerKey("s", "c"), erasure_id(), False)], connection, NOW)
    async with transaction(database.worker) as connection:
        waiting = await connection.fetch("SELECT topic, value IS NULL FROM outbox ORDER BY id")
        kept = await connection.fetch("SELECT topic, key FROM outbox_published ORDER BY id")
        assert await queue_again(connection, NOW.replace(year=2000), NOW.replace(year=3000), 10) == 2
    assert [tuple(row) for row in waiting] == [("ingest.events", False), ("ingest.contacts", True)]
    assert [tuple(row) for row in kept] == [("ingest.contacts", b"s:d"), ("ingest.events", b"s:c")]
