"""Each service made again from the topics, beside the one that lived through it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from harness.databases import ServiceDatabase
from harness.lived import JOURNEY, PROGRAMME, SERVICES, ends, fitted, history, order, quiet, sms_gateway
from harness.processes import Process, client, service_process
from harness.rebuilding import command, state_of

pytestmark = pytest.mark.timeout(400)


@dataclass
class House:
    """Four services that have lived for a while, and stand still now."""

    processes: Mapping[str, Process]
    databases: Mapping[str, ServiceDatabase]
    door: Any


@pytest.fixture
async def sms(tmp_path: Path) -> AsyncIterator[str]:
    async with sms_gateway(tmp_path / "sms") as url:
        yield url


@pytest.fixture
async def house(make_database, kafka, topic_prefix, tmp_path, make_door, sms) -> AsyncIterator[House]:
    extra = {
        "MANDEGAR_SMTP_URL": "smtp://127.0.0.1:9",
        "MANDEGAR_SMS_URL": sms,
        "MANDEGAR_SMS_API_KEY": "key",
        "MANDEGAR_DEFAULT_SMS_SENDER": "10004346",
        "MANDEGAR_QUIET_HOURS": "",
    }
    async with AsyncExitStack() as stack:
        databases = {name: await make_database(name) for name in SERVICES}
        processes = {
            name: await stack.enter_async_context(
                service_process(databases[name], kafka, topic_prefix, tmp_path / f"{name}.log", **extra)
            )
            for name in SERVICES
        }
        door = await make_door(processes["ingest"])
        await quiet(processes)
        async with client(processes["loyalty"]) as http:
            answer = await http.put(
                "/v1/programme",
                content=PROGRAMME,
                params={"effective_from": "2020-01-01T00:00:00Z"},
                headers={"Content-Type": "application/yaml"},
            )
            assert answer.status_code == 201, answer.text
        async with client(processes["notify"], scope="journeys:write") as http:
            answer = await http.put("/v1/journeys/points_expiring", content=JOURNEY)
            assert answer.status_code == 201, answer.text
        events = history()
        for start in range(0, len(events), 60):
            results = await door.post(*events[start : start + 60])
            assert {result["status"] for result in results} == {"accepted"}
            await quiet(processes)
        async with client(processes["notify"], scope="preferences:write") as http:
            answer = await http.put("/v1/customers/c-1/preferences", json={"channels": {"email": "withdrawn"}})
            assert answer.status_code == 200, answer.text
        await quiet(processes)
        await fitted(processes["churn"], databases["churn"])
        await quiet(processes)
        codes = await asyncio.gather(*(asyncio.to_thread(process.terminate) for process in processes.values()))
        assert set(codes) == {0}
        yield House(processes, databases, door)


async def test_a_service_rebuilt_from_the_topics_equals_the_one_that_lived(
    house, make_database, kafka, topic_prefix, sms, tmp_path
):
    sent = (await asyncio.to_thread(httpx2.get, f"{sms}/messages")).json()
    spoken = await ends(kafka, topic_prefix)
    assert "points_expiring" in {row[3] for row in (await state_of(house.databases["notify"]))["sends"] if row[4] == 1}
    assert sent, {row[3:6] for row in (await state_of(house.databases["notify"]))["sends"]}
    for name in SERVICES:
        process, again = house.processes[name], await make_database(name)
        code, said = await command(process, "rebuild", database=again)
        assert code == 0, said
        assert "rebuilt, with 0 dead letters" in said

        lived, rebuilt = await state_of(house.databases[name]), await state_of(again)
        for table, rows in lived.items():
            assert rebuilt[table] == rows, f"{name}.{table}"
        assert await again.worker.fetchval("SELECT count(*) FROM outbox") == 0, name

        code, said = await command(process, "rebuild", database=again)
        assert code == 1
        assert "is not empty" in said
        async with service_process(
            again, kafka, topic_prefix, tmp_path / f"{name}-again.log", **environment_of(process)
        ) as restarted:
            await quiet({name: restarted})
            assert await state_of(again) == lived
            assert await asyncio.to_thread(restarted.terminate) == 0
    assert await ends(kafka, topic_prefix) == spoken
    assert (await asyncio.to_thread(httpx2.get, f"{sms}/messages")).json() == sent


async def test_what_the_lost_database_had_not_got_to_say_is_said_once_after_the_rebuild(
    house, make_database, kafka, topic_prefix, tmp_path
):
    """Orders that came in while loyalty was down: their points are posted, and only they."""
    before = await ends(kafka, topic_prefix)
    ingest, lost = house.processes["ingest"], house.processes["loyalty"]
    ingest.start()
    await ingest.ready()
    results = await house.door.post(*(order(900 + n, f"late-{n}", 1, total="7000000") for n in range(5)))
    assert {result["status"] for result in results} == {"accepted"}
    await quiet({"ingest": ingest})
    again = await make_database("loyalty")
    code, said = await command(lost, "rebuild", database=again)
    assert code == 0, said
    async with service_process(again, kafka, topic_prefix, tmp_path / "again.log", **environment_of(lost)) as restarted:
        await quiet({"loyalty": restarted})

    after = await ends(kafka, topic_prefix)
    assert after["loyalty.events"] == before["loyalty.events"] + 5
    held = await again.worker.fetch("SELECT pending FROM customers WHERE customer_id LIKE 'late-%'")
    assert [row["pending"] for row in held] == [210] * 5


def environment_of(process: Process) -> dict[str, str]:
    """What the test has told a process beside its database and its port."""
    told = ("SMTP_URL", "SMS_URL", "SMS_API_KEY", "DEFAULT_SMS_SENDER", "QUIET_HOURS")
    return {f"MANDEGAR_{name}": process.environment[f"MANDEGAR_{name}"] for name in told}
