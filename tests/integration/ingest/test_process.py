"""Ingest as a process of its own: from the door, and from a raw topic, to `ingest.events` on a real broker."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx2
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Producer

from builders.bodies import order_body
from harness.broken_log import DAMAGES, batches
from harness.ingest_service import SETTINGS
from harness.processes import SHOP, client, service_process
from harness.waiting import eventually
from mandegar.events import decode

READ_SECONDS = 40


@asynccontextmanager
async def reading(kafka, topic):
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def read_orders(consumer, wanted):
    """Orders on the topic until ``wanted`` ids were seen, by id of the order."""
    found = {}
    async with asyncio.timeout(READ_SECONDS):
        while not wanted <= found.keys():
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    event = decode(record.value)
                    if event.type == "order.paid":
                        found.setdefault(event.data.order_id, []).append(event)
    return found


async def produce_with_a_broken_batch(kafka, topic):
    """Three orders on partition 7, each a batch in the compression of its own; the second is broken in the log."""
    for name, compression in (("zstd", "zstd"), ("lost", "lz4"), ("behind", "snappy")):
        producer = Producer({"bootstrap.servers": kafka, "compression.type": compression})
        producer.produce(topic, json.dumps(order_body({"order_id": name}, id=name)).encode(), partition=7)
        assert producer.flush(READ_SECONDS) == 0
        if name == "lost":
            broken = batches(kafka, topic, 7)[-1]
            broken.write(DAMAGES["a flipped bit"](broken.content))


async def test_events_of_the_door_and_of_a_raw_topic_reach_the_stream_once(
    make_database, kafka, topic_prefix, tmp_path
):
    database = await make_database("ingest")
    async with (
        service_process(database, kafka, topic_prefix, tmp_path / "ingest.log") as process,
        client(process) as http,
        reading(kafka, f"{topic_prefix}ingest.events") as consumer,
    ):
        assert (await http.put(f"/v1/shops/{SHOP}", json=SETTINGS)).status_code == 200
        made = await http.post("/v1/sources", json={"name": "platform", "kafka": True})
        assert made.status_code == 201, made.text
        source = made.json()
        headers = {"X-Mandegar-Key": source["key"]}
        async with httpx2.AsyncClient(base_url=process.url, headers=headers, timeout=10) as door:
            bodies = [order_body({"order_id": f"o-{number}"}, id=f"e-{number}") for number in range(100)]
            answer = await door.post("/v1/events", json=bodies)
            assert {result["status"] for result in answer.json()["results"]} == {"accepted"}
        producer = AIOKafkaProducer(bootstrap_servers=kafka)
        await producer.start()
        for body in (
            order_body({"order_id": "o-7"}, id="e-7"),
            order_body({"order_id": "by-topic"}, id="t-1"),
            "nonsense",
        ):
            await producer.send_and_wait(topic_prefix + source["topic"], json.dumps(body).encode())
        await producer.stop()
        await produce_with_a_broken_batch(kafka, topic_prefix + source["topic"])
        orders = await read_orders(consumer, {*(f"o-{number}" for number in range(100)), "by-topic", "zstd", "behind"})

        async def codes():
            return [item["code"] for item in (await http.get("/v1/quarantine")).json()["quarantine"]]

        kept = await eventually(codes, lambda seen: seen)
        (letter,) = (await http.get("/v1/deadletters")).json()["dead_letters"]
        released = await http.post(f"/v1/deadletters/{letter['id']}/release")

    assert {len(events) for events in orders.values()} == {1}
    assert {event.shop for events in orders.values() for event in events} == {SHOP}
    assert kept == ["not_an_object"]
    assert (letter["code"], letter["topic"], letter["partition"]) == ("unreadable", source["topic"], 7)
    assert released.status_code == 409
    assert "let the shop's platform produce it again" in released.text
    assert "e-1" not in (tmp_path / "ingest.log").read_text()
