"""Each service as two processes, one that answers and one that works: what shops and readers see of either."""

import asyncio
import time
from urllib.parse import urlsplit

import asyncpg
import psutil

from e2e.test_backlog import gauges
from e2e.test_order_to_balance import balances, order
from harness.processes import Process, client
from harness.waiting import eventually
from loyalty.programme.document import default_document
from mandegar.http_client import HttpClient


async def both(start_service, name: str) -> tuple[Process, Process]:
    """The process that answers, and the worker."""
    return await start_service(name, "web"), await start_service(name, "worker")


async def stream_of(web: Process) -> dict[str, object]:
    async with client(web, shop="*") as http:
        return (await http.get("/v1/stream")).json()


async def test_an_order_becomes_points_and_either_process_may_be_killed(start_service, make_door):
    await start_service("ingest", "worker")
    ingest = await start_service("ingest", "web")
    loyalty_worker = await start_service("loyalty", "worker")
    loyalty = await start_service("loyalty", "web")
    door = await make_door(ingest)
    await door.post(order(1, "c-1"))
    async with client(loyalty) as http:
        await eventually(lambda: balances(http, ["c-1"]), lambda seen: seen == {"c-1": 10})

        loyalty_worker.kill()
        await door.post(*(order(number, "c-1") for number in range(2, 22)))
        waiting = await eventually(
            lambda: stream_of(loyalty), lambda told: told["groups"]["loyalty"]["lag_records"] == 20
        )
        assert waiting["groups"]["loyalty"]["lag_seconds"] > 0
        assert waiting["groups"]["loyalty"]["brake"] is None
        assert await balances(http, ["c-1"]) == {"c-1": 10}  # readers get answers, as old as the last commit
        ready = (await http.get("/readyz")).json()
        assert (ready["ready"], list(ready["checks"])) == (True, ["database"])  # it does not speak for lanes

        loyalty_worker.start()
        await eventually(lambda: balances(http, ["c-1"]), lambda seen: seen == {"c-1": 210}, seconds=40)
    caught_up = await eventually(lambda: stream_of(loyalty), lambda told: told["groups"]["loyalty"]["lag_records"] == 0)
    assert caught_up["groups"]["loyalty"] == {
        "applied": {"order.paid": 21, "shop.updated": 12}, "lag_records": 0, "lag_seconds": 0.0, "brake": None
    }  # fmt: skip

    loyalty.kill()
    ingest.kill()
    ingest.start()
    await ingest.ready()
    await door.post(order(22, "c-1"))  # the worker goes on without the process that answers
    loyalty.start()
    await loyalty.ready()
    async with client(loyalty) as http:
        await eventually(lambda: balances(http, ["c-1"]), lambda seen: seen == {"c-1": 220})


async def test_a_change_by_a_route_is_published_within_a_second(start_service, make_door):
    await start_service("ingest", "worker")
    ingest = await start_service("ingest", "web")
    (loyalty, worker), _ = await asyncio.gather(both(start_service, "loyalty"), make_door(ingest))
    database = await asyncpg.connect(worker.environment["MANDEGAR_WORKER_DATABASE_URL"])

    async def published(type_: bytes) -> int:
        return await database.fetchval("SELECT count(*) FROM outbox_published WHERE position($1 IN value) > 0", type_)

    async with client(loyalty) as http:

        async def shop_is_there() -> int:
            return (await http.get("/v1/programme")).status_code

        await eventually(shop_is_there, lambda status: status == 200)
        for round_ in range(5):
            document = default_document("IRR").replace("days: 14", f"days: {15 + round_}", 1)
            before = await published(b"programme.changed")
            began = time.monotonic()
            answer = await http.put("/v1/programme", content=document, headers={"content-type": "application/yaml"})
            assert answer.status_code in (200, 201), answer.text
            await eventually(lambda: published(b"programme.changed"), lambda count, b=before: count > b)
            assert time.monotonic() - began < 1.0
    await database.close()


async def test_a_worker_serves_probes_and_metrics_and_each_gauge_is_in_one_process(start_service):
    web, worker = await both(start_service, "loyalty")
    async with HttpClient(base_url=worker.url) as http:
        served = [(await http.get(path)).status_code for path in ("/", "/livez", "/readyz", "/startupz", "/metrics")]
        closed = [(await http.get(path)).status_code for path in ("/docs", "/openapi.json", "/v1/stream", "/v1/audit")]
        checks = (await http.get("/readyz")).json()["checks"]
    assert set(served) == {200}
    assert set(closed) == {404}
    assert checks == {"database": "ok", "loyalty": "ok", "loyalty.referrals": "ok"}

    told = {process.only: await gauges(process) for process in (web, worker)}
    for name in ("outbox_rows", "outbox_oldest_age_seconds", "dead_letters_open", "kafka_up"):
        assert (name in told["web"], name in told["worker"]) == (False, True), name
    assert told["web"]["service_ready"] == told["worker"]["service_ready"] == 1
    roles = [label for gauge in told.values() for label in gauge if label.startswith("build_info")]
    assert ['role="web"' in roles[0], 'role="worker"' in roles[1]] == [True, True]


async def test_sigterm_ends_either_with_0_and_a_worker_is_nice(start_service):
    web, worker = await both(start_service, "loyalty")
    assert (psutil.Process(web.pid).nice(), psutil.Process(worker.pid).nice()) == (0, 10)
    assert [await asyncio.to_thread(process.terminate) for process in (worker, web)] == [0, 0]


async def test_connections_are_those_of_the_role(start_service, make_door, postgres):
    (ingest, ingest_worker) = await both(start_service, "ingest")
    door = await make_door(ingest)
    await asyncio.gather(*(door.post(order(number, f"c-{number}")) for number in range(8)))
    name = urlsplit(ingest_worker.environment["MANDEGAR_WORKER_DATABASE_URL"]).path.removeprefix("/")
    admin = await asyncpg.connect(postgres)
    rows = await admin.fetch(
        "SELECT application_name AS name, count(*)::int AS n FROM pg_stat_activity WHERE datname = $1 GROUP BY 1", name
    )
    await admin.close()
    found = {row["name"]: row["n"] for row in rows}

    assert (found["relay"], found["wakeups"]) == (2, 1)
    assert found["ingest-web"] <= 6
    assert found["ingest-reporting"] <= 2
    assert found["ingest-worker"] <= 4 + 8
