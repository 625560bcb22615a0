"""Starting and stopping while something else is away."""

import asyncio
from functools import partial

from builders.bodies import order_body
from harness.ingest_service import SETTINGS
from harness.processes import SHOP, client, service_process
from harness.servers import free_port
from harness.waiting import eventually


async def said(log, words):
    """Until ``words`` stand in the log of a process."""
    await eventually(lambda: asyncio.to_thread(log.read_text), lambda text: words in text)


async def test_told_to_stop_while_it_waits_for_its_database_it_ends_at_once(make_database, tmp_path):
    database, log = await make_database("ingest"), tmp_path / "ingest.log"
    away = f"postgresql://ingest_worker:x@127.0.0.1:{free_port()}/ingest"
    kafka = f"127.0.0.1:{free_port()}"
    async with service_process(database, kafka, "", log, ready=False, MANDEGAR_WORKER_DATABASE_URL=away) as process:
        await said(log, "waiting_for_database")

        assert await asyncio.to_thread(process.terminate) == 0


async def test_while_kafka_is_away_the_door_is_ready_takes_events_and_says_what_is_missing(make_database, tmp_path):
    database, log = await make_database("ingest"), tmp_path / "ingest.log"
    async with service_process(database, f"127.0.0.1:{free_port()}", "", log, ready=False) as process:
        await said(log, "kafka_unreachable")
        async with client(process) as http:
            away = "Kafka does not answer (KafkaConnectionError)"
            ready = await eventually(
                partial(http.get, "/readyz"), lambda seen: seen.json()["degraded"].get("kafka") == away
            )
            assert (await http.put(f"/v1/shops/{SHOP}", json=SETTINGS)).status_code == 200
            source = (await http.post("/v1/sources", json={"name": "platform"})).json()
            answer = await http.post(
                "/v1/events", json=order_body(), headers={"Authorization": f"Bearer {source['key']}"}
            )

        assert answer.status_code == 202
        assert ready.status_code == 200
        assert ready.json()["degraded"] == {
            "ingest.consents": "no assignment from Kafka yet",
            "ingest.raw": "no assignment from Kafka yet",
            "kafka": away,
        }
        assert await asyncio.to_thread(process.terminate) == 0
