"""Topics of platforms that produce by themselves: the same hallway, without anybody to answer."""

import json

from builders.bodies import order_body
from harness.ingest_service import SHOP
from mandegar.database import transaction
from mandegar.events.topics import raw_topic
from mandegar.stream import Record


def record(source_id, value, offset=0):
    body = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
    return Record(raw_topic(source_id).name, 3, offset, b"key", body)


async def process(ingest, records):
    async with transaction(ingest.database.worker) as connection:
        return await ingest.process_raw(records, connection, ingest.clock.now())


async def test_records_become_events_and_repeats_of_the_door_are_duplicates(ingest):
    await ingest.send(order_body())
    events = await process(
        ingest, [record(ingest.source_id, order_body()), record(ingest.source_id, order_body(id="o-2"), offset=1)]
    )

    assert [(event.type, event.customer) for event in events] == [("order.paid", (SHOP, "c-42"))]


async def test_a_record_without_id_is_named_by_its_place(ingest):
    nameless = {key: value for key, value in order_body().items() if key != "id"}
    (first,) = await process(ingest, [record(ingest.source_id, nameless)])
    again = await process(ingest, [record(ingest.source_id, nameless)])
    (second,) = await process(ingest, [record(ingest.source_id, nameless, offset=1)])

    assert again == []
    assert first.id != second.id


async def test_what_cannot_be_accepted_is_quarantined_even_when_unreadable(ingest):
    values = [b"nonsense", None, b"\xff\x00", order_body({"total": -1}), order_body()]
    events = await process(ingest, [record(ingest.source_id, value, at) for at, value in enumerate(values)])
    kept = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]

    assert len(events) == 1
    assert sorted(item["code"] for item in kept) == ["bad_amount", "invalid_json", "invalid_json", "invalid_json"]


async def test_a_topic_of_no_source_gives_dead_letters(ingest):
    assert await process(ingest, [record("src-unknown", order_body())]) == []
    letters = (await ingest.ask("GET", "/v1/deadletters", shop="*")).json()["dead_letters"]

    assert [letter["code"] for letter in letters] == ["unknown_source"]
