"""Notify as a process of its own, killed in the middle of its deliveries."""

import asyncio
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import httpx2
from aiokafka import AIOKafkaProducer
from aiosmtpd import smtp

from builders.bands import crossed
from builders.customers import contact
from builders.events import NOON
from builders.shops import shop_updated
from harness.processes import service_process
from harness.waiting import eventually
from mandegar.clock import Clock
from mandegar.events import encode, topic_of
from mandegar.events.topics import partition_of

CUSTOMERS = 40


class SlowSink:
    """Takes every mail, and a little time for it; ``on_mail`` is told how many there were."""

    def __init__(self):
        self.ids, self.on_mail = [], lambda _: None

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  the name is given
        self.ids.append(message_from_bytes(envelope.content, policy=default)["Message-ID"])
        self.on_mail(len(self.ids))
        await asyncio.sleep(0.02)  # so that the kill strikes in the middle of a call
        return "250 OK"


async def publish(kafka, prefix, events):
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for event in events:
        topic, key = prefix + topic_of(event.type), event.partition_key
        await producer.send_and_wait(topic, encode(event), key=key, partition=partition_of(key, 12))
    await producer.stop()


async def test_a_relay_that_does_not_answer_degrades_the_process_and_leaves_it_ready(
    make_database, kafka, topic_prefix, tmp_path
):
    database, now = await make_database("notify"), Clock().now()
    today = (now - NOON) / timedelta(hours=1)
    settings = {
        "MANDEGAR_SMTP_URL": "smtp://127.0.0.1:9",
        "MANDEGAR_SMS_URL": "http://127.0.0.1:9",
        "MANDEGAR_SMS_API_KEY": "k",
        "MANDEGAR_QUIET_HOURS": "",
    }
    told = [contact(hours=today - 50, said_hours=today - 100, recorded_time=now)]
    told += [crossed(hours=today - 1, recorded_time=now)]
    async with service_process(database, kafka, topic_prefix, tmp_path / "log", **settings) as process:
        await publish(kafka, topic_prefix, [shop_updated(), *told])

        async def readiness():
            async with httpx2.AsyncClient() as client:
                return (await client.get(f"{process.url}/readyz")).json()

        body = await eventually(readiness, lambda body: "email provider" in body["degraded"], seconds=40)

    assert body["ready"] is True
    assert "could not be reached" in body["degraded"]["email provider"]
    assert "sms provider" not in body["degraded"]


async def test_nobody_gets_a_mail_twice_when_the_process_is_killed_between_call_and_record(
    make_database, kafka, topic_prefix, tmp_path
):
    database, sink = await make_database("notify"), SlowSink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: smtp.SMTP(sink, hostname="sink"), "127.0.0.1", 0)
    settings = {
        "MANDEGAR_SMTP_URL": f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}",
        "MANDEGAR_SMS_URL": "http://127.0.0.1:9",
        "MANDEGAR_SMS_API_KEY": "k",
        "MANDEGAR_QUIET_HOURS": "",
        "MANDEGAR_DELIVERY_LEASE_SECONDS": "5",
    }
    now = Clock().now()
    today = (now - NOON) / timedelta(hours=1)
    names = [f"c{i}" for i in range(CUSTOMERS)]
    contacts = [contact(customer=name, hours=today - 50, said_hours=today - 100, recorded_time=now) for name in names]
    crossings = [crossed(customer=name, hours=today - 1, recorded_time=now) for name in names]
    events = [shop_updated(), *contacts, *crossings]

    async def states():
        rows = await database.worker.fetch("SELECT state FROM sends")
        return Counter(row["state"] for row in rows)

    async with service_process(database, kafka, topic_prefix, tmp_path / "log", **settings) as process:
        killed = asyncio.Event()
        sink.on_mail = lambda count: (process.child.kill(), killed.set()) if count == 7 else None
        await publish(kafka, topic_prefix, events)
        await asyncio.wait_for(killed.wait(), 30)
        await asyncio.to_thread(process.child.wait)
        process.start()
        await process.ready()
        seen = await eventually(states, lambda c: c["sent"] + c["unknown"] == CUSTOMERS, seconds=40)

        assert await asyncio.to_thread(process.terminate) == 0
    server.close()

    assert max(Counter(sink.ids).values()) == 1
    assert seen["unknown"] >= 1
    assert seen["sent"] <= len(sink.ids) <= CUSTOMERS
    rows = await database.worker.fetch("SELECT send_id, state FROM sends")
    arrived = {message_id.strip("<>").partition("@")[0] for message_id in sink.ids}
    assert {str(row["send_id"]) for row in rows if row["state"] == "sent"} <= arrived
