"""Topics of platforms that produce by themselves: the same hallway, without anybody to answer."""

import json
from datetime import datetime, timedelta

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


async def test_a_cloud_event_in_binary_mode_is_kept_with_its_headers_and_released_at_its_own_time(ingest):
    sent = ingest.clock.now() - timedelta(days=3)
    headers = [("ce_specversion", b"1.0"), ("ce_id", b"e"), ("ce_source", b"/s"), ("ce_type", b"order.paid")]
    data = {"customer": {"id": "c-42"}, "order_id": "o-1", "total": "5"}
    await process(ingest, [record(ingest.source_id, data)._replace(headers=headers, timestamp_ms=ms(sent))])
    (kept,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    assert kept["code"] == "wrong_currency"

    await ingest.ask("PATCH", f"/v1/sources/{ingest.source_id}", json={"unit": "IRT"})
    released = await ingest.ask("POST", f"/v1/quarantine/{kept['id']}/release")

    assert released.json()["status"] == "accepted", released.text
    (history,) = (await ingest.ask("GET", "/v1/customers/c-42/events")).json()["events"]
    assert datetime.fromisoformat(history["time"]) == sent


async def test_an_event_without_a_time_is_released_at_the_moment_when_it_was_received(ingest):
    received = ingest.clock.now()
    await ingest.send({**order_body(data={"currency": None}), "time": None})
    (kept,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    await ingest.ask("PATCH", f"/v1/sources/{ingest.source_id}", json={"unit": "IRT"})
    ingest.clock.advance(timedelta(days=3))
    released = await ingest.ask("POST", f"/v1/quarantine/{kept['id']}/release")

    assert released.json()["status"] == "accepted", released.text
    (history,) = (await ingest.ask("GET", "/v1/customers/c-42/events")).json()["events"]
    assert datetime.fromisoformat(history["time"]) == received


async def test_without_room_in_quarantine_every_event_of_a_record_is_in_one_dead_letter(ingest):
    limits = {
        **dict.fromkeys(
            ("events_per_second", "bytes_per_second", "quarantine_bytes_max", "quarantine_days", "body_days")
        ),
        "quarantine_events_max": 1,
    }
    assert (await ingest.ask("PUT", f"/v1/shops/{SHOP}/limits", shop="*", json=limits)).status_code == 200
    bad = [order_body({"total": -1}, id=f"o-{number}") for number in range(3)]
    await process(ingest, [record(ingest.source_id, [*bad, order_body()])])
    letters = (await ingest.ask("GET", "/v1/deadletters", shop="*")).json()["dead_letters"]

    assert [(letter["code"], letter["shop"]) for letter in letters] == [("quarantine_full", SHOP)]


def ms(at):
    return round(at.timestamp() * 1000)
