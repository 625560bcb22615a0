"""What a scrape and ``/v1/stream`` say waits is what waits."""

import asyncio
import math
import re
import time
from datetime import UTC, datetime

import asyncpg
from aiokafka import AIOKafkaProducer

from harness.processes import Process, client
from harness.rebuilding import command
from harness.waiting import eventually
from mandegar.service.measuring import MIN_INTERVAL_SECONDS, PATIENCE_SECONDS


async def gauges(process: Process) -> dict[str, float]:
    """The samples of a scrape by name and labels."""
    async with client(process) as http:
        said = (await http.get("/metrics")).text
    return {name: float(value) for name, value in re.findall(r"^([a-z]\S*) (\S+)$", said, re.MULTILINE)}


def order(number: int, **more: object) -> dict[str, object]:
    data = {"order_id": f"o-{number}", "currency": "IRR", "total": "1000000"}
    return {
        "id": f"paid-{number}",
        "type": "order.paid",
        "time": datetime.now(UTC).isoformat(),
        "customer": {"id": f"c-{number}"},
        "data": {**data, **more},
    }


async def test_gauges_agree_with_what_was_sent(start_service, make_door, kafka, topic_prefix):
    ingest, loyalty = await start_service("ingest"), await start_service("loyalty")
    door = await make_door(ingest)
    results = await door.post(*(order(number) for number in range(30)), order(30, total="much"))
    assert [result["status"] for result in results] == ["accepted"] * 30 + ["quarantined"]
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for partition in range(3):
        await producer.send_and_wait(f"{topic_prefix}ingest.events", b"no event", partition=partition)
    await producer.stop()

    seen = await eventually(
        lambda: gauges(loyalty),
        lambda said: (said.get('events_applied_total{group="loyalty"}'), said["dead_letters_open"]) == (42.0, 3.0),
    )
    assert seen['event_end_to_end_seconds_count{group="loyalty"}'] > 0
    caught_up = await eventually(
        lambda: gauges(loyalty), lambda said: said['kafka_consumer_lag_records{group="loyalty"}'] == 0
    )
    assert caught_up['kafka_consumer_lag_seconds{group="loyalty"}'] == 0
    door_side = await eventually(lambda: gauges(ingest), lambda said: said["outbox_rows"] == 0)
    assert (door_side["quarantine_open"], door_side["ingest_waiting_refunds"]) == (1.0, 0.0)

    async with client(loyalty, shop="*") as http:
        stream = (await http.get("/v1/stream")).json()
        refused = await http.post("/v1/stream/loyalty/release-brake")
    group = stream["groups"]["loyalty"]
    assert (group["lag_records"], group["lag_seconds"], group["brake"]) == (0, 0.0, None)
    assert group["applied"] == {"order.paid": 30, "shop.updated": 12}
    assert stream["dead_letters"] == 3
    assert (refused.status_code, refused.json()["code"]) == (409, "not_braked")


async def test_a_scrape_is_answered_without_a_figure_that_the_database_does_not_give(start_service, make_door):
    ingest = await start_service("ingest")
    door = await make_door(ingest)
    await door.post(order(1, total="much"))
    await eventually(lambda: gauges(ingest), lambda said: said["quarantine_open"] == 1)
    other = await asyncpg.connect(ingest.environment["MANDEGAR_WORKER_DATABASE_URL"])
    try:
        async with asyncio.timeout(30), other.transaction():
            await other.execute("LOCK dead_letters, quarantine")
            await asyncio.sleep(MIN_INTERVAL_SECONDS)  # until then the answers of the last scrape are returned
            began = time.monotonic()
            said = await gauges(ingest)
            took = time.monotonic() - began
    finally:
        await other.close()

    assert math.isnan(said["quarantine_open"])  # unknown, and neither the last figure nor 0
    assert PATIENCE_SECONDS < took < 5 * PATIENCE_SECONDS


async def test_a_service_is_told_to_read_and_to_publish_again_beside_its_running_process(
    start_service, make_door, kafka, topic_prefix
):
    ingest, loyalty = await start_service("ingest"), await start_service("loyalty")
    door = await make_door(ingest)
    await door.post(*(order(number) for number in range(20)))

    async def applied() -> object:
        async with client(loyalty, shop="*") as http:
            return (await http.get("/v1/stream")).json()["groups"]["loyalty"]

    done = {"order.paid": 20, "shop.updated": 12}
    await eventually(applied, lambda group: (group["applied"], group["lag_records"]) == (done, 0))
    code, said = await command(loyalty, "replay", "--topic", "ingest.events", "--from-offset", "0")
    assert (code, said.splitlines()[-1]) == (0, "loyalty: read 32 records of ingest.events again")
    code, said = await command(ingest, "republish", "--since", "2020-01-01")
    assert (code, said.splitlines()[-1]) == (0, "ingest: queued 32 events; the service's relay publishes them")
    code, said = await command(loyalty, "replay", "--topic", "notify.events", "--from-offset", "0")
    assert (code, said) == (1, "loyalty: the service does not read notify.events\n")
    code, said = await command(loyalty, "replay", "--topic", "ingest.events")
    assert code == 2
    assert "either --from-offset or --since" in said

    await eventually(lambda: gauges(ingest), lambda seen: seen["outbox_rows"] == 0)
    await eventually(applied, lambda group: (group["applied"], group["lag_records"]) == (done, 0))
    assert (await gauges(loyalty))['inbox_duplicates_total{group="loyalty"}'] == 32
