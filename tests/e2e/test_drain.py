"""SIGTERM while something that the process waits for does not answer: it ends with 0, and within 20 s."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from harness.databases import PASSWORD, ServiceDatabase, passwords
from harness.processes import client, service_process
from harness.servers import ROOT, free_port
from harness.waiting import eventually
from mandegar.command import service_root
from mandegar.database import open_pool
from mandegar.database.migrations import upgrade
from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics
from mandegar_local.databases import create_service_databases, role_url
from mandegar_local.kafka import start_kafka
from mandegar_local.postgres import start_postgres

SHOP_SETTINGS = {"name": "A", "zone": "Asia/Tehran", "currency": "IRR", "locale": "fa", "phone_region": "IR",
                 "sender_email": "a@example.test"}  # fmt: skip


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A server and its children, stopped for as long as the block lasts."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for process in family:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in family:
            if process.is_running():
                process.send_signal(signal.SIGCONT)


async def test_a_process_ends_in_time_though_its_database_or_its_broker_is_frozen(tmp_path):
    postgres_home, kafka_home = (ROOT / ".local" / "test" / f"{name}-drain-{os.getpid()}" for name in ("pg", "kafka"))
    postgres = start_postgres(postgres_home, free_port(), fast=True, log=lambda _: None)
    kafka = start_kafka(kafka_home, free_port(), controller_port=free_port(), log=lambda _: None)
    try:
        await create_service_databases(postgres.admin_url, ["ingest"], passwords("ingest"), suffix="")
        urls = {
            role: role_url(postgres.admin_url, f"ingest_{role}", PASSWORD, "ingest")
            for role in ("owner", "worker", "web")
        }
        await asyncio.to_thread(upgrade, service_root("ingest"), urls["owner"])
        await create_topics(Broker(kafka.bootstrap), partitions=12)
        pool = await open_pool(urls["worker"], name="test", size_max=1)
        database = ServiceDatabase("ingest", pool, pool, urls["worker"], urls["web"], urls["owner"])
        for pid in (postgres.pid, kafka.pid):
            log = tmp_path / f"{pid}.log"
            async with service_process(database, kafka.bootstrap, "", log) as process, client(process) as http:
                assert (await http.put("/v1/shops/atlas", json=SHOP_SETTINGS)).status_code == 200
                with frozen(pid):
                    await asyncio.sleep(2)  # by then its calls hang, each in its middle
                    assert await asyncio.to_thread(process.terminate) == 0, log.read_text()[-2000:]
        pool.terminate()
    finally:
        kafka.stop()
        postgres.stop()
        for home in (postgres_home, kafka_home):
            shutil.rmtree(home, ignore_errors=True)


async def test_without_a_database_a_start_is_given_up_with_one_sentence(make_database, tmp_path):
    database = await make_database("loyalty")
    away = f"postgresql://loyalty_worker:x@127.0.0.1:{free_port()}/loyalty"
    program = (
        "from mandegar.run import upkeep; upkeep.MIGRATIONS_WAIT_SECONDS = 1.0\n"
        "from loyalty.main import SERVICE; from mandegar.run.runner import run; run(SERVICE)"
    )
    async with service_process(
        database, "127.0.0.1:9", "", tmp_path / "unused", ready=False, MANDEGAR_WORKER_DATABASE_URL=away
    ) as process:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program), env=process.environment, stdout=asyncio.subprocess.PIPE, stderr=-2
        )
        output, _ = await child.communicate()

    assert child.returncode == 70
    assert "the database was not ready within a minute" in output.decode()
    assert "Traceback" not in output.decode()


async def test_a_half_rebuilt_database_is_served_by_nobody(make_database, kafka, topic_prefix, tmp_path):
    database, log = await make_database("loyalty"), tmp_path / "log"
    await database.worker.execute("INSERT INTO offsets VALUES ('loyalty.rebuild', '', 0, 0)")
    async with service_process(database, kafka, topic_prefix, log, ready=False) as process:
        assert process.child is not None
        assert await asyncio.to_thread(process.child.wait, 60) == 70

    await eventually(lambda: asyncio.to_thread(log.read_text), lambda text: "has not finished" in text)
    assert "Traceback" not in log.read_text()
