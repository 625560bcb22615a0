"""A shop that is taken out of one installation and into another, with real services and topics on both sides."""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from e2e.conftest import SHOP_SETTINGS
from harness.databases import ServiceDatabase
from harness.lived import JOURNEY, PROGRAMME, SERVICES, ends, fitted, history, order, quiet, sms_gateway
from harness.processes import SHOP, Process, client, service_process
from harness.rebuilding import command, state_of
from harness.waiting import eventually
from harness.worker import own
from mandegar.events.topics import TOPICS
from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics
from mandegar.moving.archive import Archive
from mandegar.moving.records import Record
from mandegar_local.moving.export_shop import export_shop
from mandegar_local.moving.installation import Installation
from mandegar_local.moving.installation_file import read_installation
from mandegar_local.moving.move_in import Different, move_in
from mandegar_local.moving.write_records import write_records
from mandegar_local.stack_error import StackError

pytestmark = pytest.mark.timeout(600)

OTHER = "borea"
OWN = {"MANDEGAR_WORKER_DATABASE_URL"}
DESCRIBED = OWN | {f"MANDEGAR_{name}" for name in ("ENVIRONMENT", "KAFKA_BOOTSTRAP", "IDENTITY_KEY", "PARTITIONS")}
# Somebody who asked to be erased before the shop moved.
ERASED = order(801, "planted-person", 30, total="1000000")


@dataclass
class House:
    """Four services, which run, and what an archive is written from."""

    processes: Mapping[str, Process]
    databases: Mapping[str, ServiceDatabase]
    door: Any
    kafka: str
    prefix: str

    @property
    def installation(self) -> Installation:
        environments = {name: process.environment for name, process in self.processes.items()}
        return Installation(Broker(self.kafka), 12, environments, self.prefix)

    def described(self, file: Path) -> Installation:
        """The same, as an operator describes it in a file: without what only a service that serves needs."""
        lines = ["[all]", f'MANDEGAR_TOPIC_PREFIX = "{self.prefix}"']
        for name, process in self.processes.items():
            own = {key: value for key, value in process.environment.items() if key in DESCRIBED}
            if name == SERVICES[0]:
                lines += [f'{key} = "{value}"' for key, value in own.items() if key not in OWN]
            lines += [f"[{name}]", *(f'{key} = "{value}"' for key, value in own.items() if key in OWN)]
        file.write_text("\n".join(lines))
        return read_installation(file)


@pytest.fixture
async def sms(tmp_path: Path) -> AsyncIterator[str]:
    async with sms_gateway(tmp_path / "sms") as url:
        yield url


def extra(sms: str, quiet_hours: str) -> dict[str, str]:
    return {
        "MANDEGAR_SMTP_URL": "smtp://127.0.0.1:9",
        "MANDEGAR_SMS_URL": sms,
        "MANDEGAR_DEFAULT_SMS_SENDER": "10004346",
        "MANDEGAR_SMS_API_KEY": "key",
        "MANDEGAR_QUIET_HOURS": quiet_hours,
    }


@pytest.fixture
async def house(make_database, kafka, topic_prefix, tmp_path, make_door, sms) -> AsyncIterator[House]:
    """A shop that has lived, one of whose messages waits for the end of the quiet hours, beside another shop."""
    async with AsyncExitStack() as stack:
        databases = {name: await make_database(name) for name in SERVICES}
        processes = {
            name: await stack.enter_async_context(
                service_process(databases[name], kafka, topic_prefix, tmp_path / f"{name}.log", **extra(sms, ""))
            )
            for name in SERVICES
        }
        house = House(processes, databases, await make_door(processes["ingest"]), kafka, topic_prefix)
        await live(house)
        assert await asyncio.to_thread(processes["notify"].terminate) == 0
        hour = datetime.now(ZoneInfo("Asia/Tehran"))
        window = f"{hour - timedelta(hours=2):%H:%M}-{hour + timedelta(hours=2):%H:%M}"
        processes["notify"] = await stack.enter_async_context(
            service_process(
                databases["notify"], kafka, topic_prefix, tmp_path / "notify-quiet.log", **extra(sms, window)
            )
        )
        results = await house.door.post(order(301, "wait-1", 366, total="9000000"))
        assert {result["status"] for result in results} == {"accepted"}
        await quiet(processes)
        await fitted(processes["churn"], databases["churn"])
        await quiet(processes)
        yield house


async def live(house: House) -> None:
    processes = house.processes
    await quiet(processes)
    async with client(processes["loyalty"]) as http:
        headers, since = {"Content-Type": "application/yaml"}, {"effective_from": "2020-01-01T00:00:00Z"}
        assert (await http.put("/v1/programme", content=PROGRAMME, params=since, headers=headers)).status_code == 201
    async with client(processes["notify"], scope="journeys:write") as http:
        assert (await http.put("/v1/journeys/points_expiring", content=JOURNEY)).status_code == 201
    events = [*history(), ERASED]
    for start in range(0, len(events), 60):
        results = await house.door.post(*events[start : start + 60])
        assert {result["status"] for result in results} == {"accepted"}
        await quiet(processes)
    assert (await house.door.post({"type": "order.paid", "data": {}}))[0]["status"] == "quarantined"
    async with client(processes["ingest"], scope="customers:merge customers:erase") as http:
        assert (await http.post("/v1/customers/c-3/merge", json={"alias": "c-13"})).status_code < 300
        assert (await http.delete("/v1/customers/planted-person")).status_code < 300
    async with client(processes["notify"], scope="preferences:write") as http:
        assert (await http.put("/v1/customers/c-1/preferences", json={"channels": {"email": "withdrawn"}})).is_success
    await live_elsewhere(processes["ingest"])
    await quiet(processes)
    await quiet(processes)


async def live_elsewhere(ingest: Process) -> None:
    """Another shop in the same installation."""
    async with client(ingest, shop=OTHER) as http:
        assert (await http.put(f"/v1/shops/{OTHER}", json={**SHOP_SETTINGS, "name": "Borea"})).is_success
        source = {"name": "platform", "trust": "server", "record_of_orders": True, "historical": False}
        key = (await http.post("/v1/sources", json=source)).json()["key"]
        bearer = {"Authorization": f"Bearer {key}"}
        answer = await http.post("/v1/events", json=[order(1, "theirs", 3, total="5000000")], headers=bearer)
        assert answer.status_code == 202, answer.text


@pytest.fixture
async def empty(house, make_database, kafka, tmp_path, sms) -> House:
    """An installation without a shop, whose services do not run."""
    prefix = own("new.") + house.prefix
    await create_topics(Broker(kafka), prefix=prefix, partitions=12)
    databases = {name: await make_database(name) for name in SERVICES}
    processes = {}
    for name in SERVICES:
        starting = service_process(databases[name], kafka, prefix, tmp_path / f"new-{name}.log", **extra(sms, ""))
        async with starting as process:
            await asyncio.to_thread(process.terminate)
        processes[name] = process
    return House(processes, databases, None, kafka, prefix)


def of_shop(state: Mapping[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    return {table: [row for row in rows if OTHER not in row] for table, rows in state.items()}


async def only_what_waited_is_sent(house: House, sms: str, before: int) -> None:
    """Notify sends the message that waited, once, when the quiet hours are over."""
    notify = house.processes["notify"]
    await asyncio.to_thread(notify.terminate)
    later = datetime.now(UTC) + timedelta(hours=3)
    awake = Process("notify", {**notify.environment, "MANDEGAR_CLOCK": f"{later.isoformat()}@{time()}"}, notify.log)
    awake.start()
    try:
        await awake.ready()
        await eventually(lambda: sent(sms), lambda messages: len(messages) == before + 1, seconds=30)
        await quiet({**house.processes, "notify": awake})
        assert len(await sent(sms)) == before + 1
    finally:
        await asyncio.to_thread(awake.terminate)


async def sent(sms: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await asyncio.to_thread(httpx2.get, f"{sms}/messages")).json()
    return found


async def test_a_shop_moved_out_and_in_again_has_the_same_state_for_every_customer(
    house, empty, make_database, kafka, sms, tmp_path
):
    path = tmp_path / "atlas.zip"
    before = await sent(sms)
    manifest = await export_shop(house.described(tmp_path / "here.toml"), SHOP, path, 30)
    assert path.stat().st_mode & 0o777 == 0o600
    assert manifest.customers >= 35
    with zipfile.ZipFile(path) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert b'"c-1"' in content
    for foreign in (b"borea", b"theirs", b"c801@example.test", b"planted-person@", b"09121230801"):
        assert foreign not in content, foreign
    await asyncio.gather(*(asyncio.to_thread(process.terminate) for process in house.processes.values()))

    moved, differing = await move_in(empty.described(tmp_path / "there.toml"), path)

    assert (moved, differing) == (manifest, [])
    for name in SERVICES:
        old, new = of_shop(await state_of(house.databases[name])), await state_of(empty.databases[name])
        for table, rows in old.items():
            assert new[table] == rows, f"{name}.{table}"
    written = await ends(kafka, empty.prefix)
    async with AsyncExitStack() as stack:
        for process in empty.processes.values():
            process.start()
            stack.callback(process.kill)
            await process.ready()
        await quiet(empty.processes)
        assert (await ends(kafka, empty.prefix), await sent(sms)) == (written, before)
        await only_what_waited_is_sent(empty, sms, len(before))
    assert await ends(kafka, empty.prefix) == {**written, "notify.events": written["notify.events"] + 1}
    for name in SERVICES:
        again = await make_database(name)
        code, said = await command(empty.processes[name], "rebuild", database=again)
        assert (code, "with 0 dead letters" in said) == (0, True), said
        for database in (empty.databases[name], again):
            # Tombstones say when an erasure was applied, and what its contact had been.
            await database.worker.execute("DELETE FROM customers WHERE erased_at IS NOT NULL")
        lived, rebuilt = await state_of(empty.databases[name]), await state_of(again)
        for table, rows in lived.items():
            assert rebuilt[table] == rows, f"{name}.{table}, rebuilt where it moved"


@dataclass(frozen=True)
class Lively(Installation):
    """An installation in which a customer buys something just when the last service has written its rows."""

    door: Any = None
    processes: Mapping[str, Process] = field(default_factory=dict)
    bought: list[dict[str, Any]] = field(default_factory=list)

    async def run(self, service: str, *words: str) -> None:
        await super().run(service, *words)
        if service == "notify" and not self.bought:
            self.bought.extend(await self.door.post(order(400, "c-7", 0.5, total="3000000")))
            await quiet(self.processes)


class Dying(Archive):
    """An archive whose reader is killed behind the third record."""

    def records(self, topic: str, partition: int) -> Iterator[Record]:
        for number, record in enumerate(super().records(topic, partition)):
            if number == 3:
                raise Killed
            yield record


class Killed(Exception):
    pass


async def test_what_happens_meanwhile_is_taken_along_and_what_is_interrupted_goes_on(house, empty, tmp_path):
    path, home = tmp_path / "atlas.zip", house.installation
    lively = Lively(home.broker, home.partitions, home.services, home.prefix, house.door, house.processes)
    await export_shop(lively, SHOP, path, 30)
    with zipfile.ZipFile(path) as archive:
        orders = archive.read("rows/loyalty/orders.jsonl")
        assert [result["status"] for result in lively.bought] == ["accepted"]
        assert orders.count(b'"order_id": "o-400"') == 1

    with Dying(path) as archive, pytest.raises(Killed):
        await write_records(empty.installation, archive)
    dying = {**empty.processes, "churn": with_failpoint(empty.processes["churn"], "moving.before_commit:exit")}
    with pytest.raises(StackError, match="churn"):
        await move_in(replace(empty, processes=dying).installation, path)
    code, said = await command(empty.processes["notify"], "serve")
    assert (code, "has not finished moving into" in said) == (70, True), said

    _, differing = await move_in(empty.installation, path)
    assert differing == []
    assert await ends(house.kafka, empty.prefix) == count_records(path)

    loyalty = empty.databases["loyalty"].worker
    await loyalty.execute("UPDATE customers SET available = available + 7 WHERE customer_id = 'c-5'")
    _, differing = await move_in(empty.installation, path)
    assert differing == [Different("loyalty", "c-5")]

    occupied = replace(empty, prefix=house.prefix).installation
    with Archive(path) as archive, pytest.raises(StackError, match="has other records than the archive"):
        await write_records(occupied, archive)


def with_failpoint(process: Process, failpoint: str) -> Process:
    return Process(process.name, {**process.environment, "FAILPOINT": failpoint}, process.log)


def count_records(path: Path) -> dict[str, int]:
    with Archive(path) as archive:
        return {topic.name: archive.manifest.records(topic.name) for topic in TOPICS}
