"""Churn reads from a real streaming replica: as of what it holds, behind events that it holds; else the primary."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx2
import psutil
import pytest

from builders.events import SHOP
from builders.orders import paid
from harness.churn_service import Churn, churn_service
from harness.databases import service_database
from harness.in_process import NOON, running
from harness.processes import client, service_process
from harness.replica import Replicated, replicated_servers
from harness.waiting import eventually
from mandegar.clock import monotonic_seconds
from mandegar.database import open_pool
from mandegar.service.health import Health
from mandegar.service.measuring import Measuring
from mandegar.service.replica import Replica
from mandegar.web.app import create_app

HOUR = timedelta(hours=1)
PATHS = ("/v1/customers/c", "/v1/customers/c/risk", "/v1/customers:batch?id=c")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicated]:
    with replicated_servers(tmp_path_factory.mktemp("replicated") / "postgres") as both:
        yield both


@dataclass
class Reading:
    """Churn on the primary, and the same routes with the replica."""

    churn: Churn
    replica: Replica
    client: httpx2.AsyncClient

    async def get(self, path: str = PATHS[1], **query: Any) -> Any:
        return await replace(self.churn, client=self.client).ask("GET", path, params=query or None)

    async def current(self) -> None:
        """Wait until the replica holds what the primary has."""
        await eventually(lambda: self.replica.as_of, lambda as_of: as_of == self.churn.clock.now())


@asynccontextmanager
async def reading_from(servers: Replicated) -> AsyncIterator[Reading]:
    async with service_database(servers.primary_url, "churn") as database, churn_service(database) as churn:
        pool = await open_pool(servers.moved(database.web_url), name="test-reads", size_max=4, size_min=0)
        replica = Replica(pool, database.worker, churn.clock, lag_seconds_max=60)
        app = create_app(
            churn.service,
            replace(churn.context, replica=replica),
            Health(checks={}),
            Measuring(churn.context.worker, {}, ()),
        )
        transport = httpx2.ASGITransport(app=app)
        try:
            async with (
                running(replica.run()),
                httpx2.AsyncClient(transport=transport, base_url="http://c.test") as client,
            ):
                reading = Reading(churn, replica, client)
                await reading.current()
                yield reading
        finally:
            pool.terminate()


@pytest.fixture
async def reading(servers: Replicated) -> AsyncIterator[Reading]:
    async with reading_from(servers) as reading:
        yield reading


@pytest.mark.parametrize("path", PATHS)
async def test_an_answer_of_the_replica_is_as_of_what_the_replica_holds(servers, reading, path):
    await reading.churn.deliver(paid("a", 50, days=-60))
    await reading.current()
    before = await reading.get(path)
    await servers.replay(paused=True)
    try:
        await reading.churn.deliver(paid("b", 70, days=0))
        reading.churn.clock.advance(HOUR)
        await reading.replica.look()
        answer = await reading.get(path)
        assert answer.json() == before.json()
        assert answer.json()["as_of"] == "2026-11-22T08:30:00Z"
    finally:
        await servers.replay(paused=False)
    await reading.current()
    assert (await reading.get(path)).json()["as_of"] == "2026-11-22T09:30:00Z"


async def test_a_read_behind_an_event_waits_for_the_replica_too(servers, reading):
    await servers.replay(paused=True)
    try:
        order = paid("a", 50, days=-60)
        await reading.churn.deliver(order)
        for wait in ("0", "0.5"):
            early = await reading.get(after=str(order.id), wait=wait)
            assert (early.status_code, early.json()["code"]) == (425, "not_applied_yet")
        waiting = asyncio.create_task(reading.get(after=str(order.id), wait="3"))
        await asyncio.sleep(0.2)  # it has looked several times
        assert not waiting.done()
    finally:
        await servers.replay(paused=False)
    assert (await waiting).status_code == 200


async def test_the_primary_answers_while_the_replica_is_away(servers, reading):
    await reading.churn.deliver(paid("a", 50, days=-60))
    await reading.current()
    await asyncio.to_thread(servers.stop_replica)
    try:
        reading.churn.clock.advance(HOUR)
        for path in PATHS:
            answer = await reading.get(path)
            assert (answer.status_code, answer.json()["as_of"]) == (200, "2026-11-22T09:30:00Z")
        await eventually(reading.replica.check, lambda why: why is not None and "reads go to the primary" in why)
        assert (await reading.get(after=str(paid("a").id), wait="0")).status_code in {200, 425}
    finally:
        await asyncio.to_thread(servers.start_replica)
    await reading.current()


@contextmanager
def silent(server: int) -> Iterator[None]:
    """A server whose processes do nothing, and whose connections stay open."""
    members = [psutil.Process(server), *psutil.Process(server).children(recursive=True)]
    for member in members:
        os.kill(member.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for member in members:
            os.kill(member.pid, signal.SIGCONT)


async def test_the_primary_answers_when_the_replica_falls_silent(servers, reading):
    await reading.churn.deliver(paid("a", 50, days=-60))
    await reading.current()
    await reading.get()
    assert servers.child is not None
    with silent(servers.child.pid):
        began = monotonic_seconds()
        answers = await asyncio.gather(*(reading.get(path) for path in PATHS))
        waited = monotonic_seconds() - began
        assert [answer.status_code for answer in answers] == [200] * 3
        # Once one has failed, others do not wait.
        await reading.get()
        assert reading.replica.as_of is None
    assert waited < 10  # half a second, and what a busy machine adds
    await reading.current()
    assert (await reading.get()).json()["as_of"] == NOON.isoformat().replace("+00:00", "Z")


async def test_a_process_starts_without_its_replica_and_uses_it_once_it_is_there(servers, topic_prefix, tmp_path):
    async with service_database(servers.primary_url, "churn") as database:
        async with churn_service(database) as churn:
            await churn.deliver(paid("a", 50, days=-60))
        await asyncio.to_thread(servers.stop_replica)
        extra = {"MANDEGAR_READ_DATABASE_URL": servers.moved(database.web_url)}
        try:
            process = service_process(
                database, "127.0.0.1:1", topic_prefix, tmp_path / "churn.log", only="web", **extra
            )
            async with process as web, client(web, shop=SHOP) as http:

                async def replica() -> str:
                    assert (await http.get(PATHS[1])).status_code == 200
                    why: str = (await http.get("/readyz")).json()["degraded"].get("read replica", "")
                    return why

                assert "reads go to the primary" in await replica()
                await asyncio.to_thread(servers.start_replica)
                await eventually(replica, lambda why: why == "")
                assert "read_replica_used 1.0" in (await http.get("/metrics")).text
                await asyncio.to_thread(servers.stop_replica)
                await eventually(replica, lambda why: "does not answer" in why)
        finally:
            if servers.child is None:
                await asyncio.to_thread(servers.start_replica)
