"""The server functions by themselves: what the stack and the test harness are built on."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from harness.servers import free_port
from mandegar.events.topics import INGEST_CONTACTS, TOPICS
from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics
from mandegar_local.accounts import remove_fallback
from mandegar_local.databases import create_service_databases, role_url
from mandegar_local.postgres import PostgresServer, start_postgres

PORT = free_port()
SERVICES = ("ingest", "notify")
PASSWORDS = {f"{s}_{kind}": f"it's {s} {kind}" for s in SERVICES for kind in ("owner", "worker", "web")}
INIT_SCRIPT = Path(__file__).parents[3] / "deploy" / "postgres" / "init-databases.sh"

pytestmark = pytest.mark.integration


def _quiet(_: str) -> None:
    return


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    server = start_postgres(tmp_path, PORT, fast=True, log=_quiet)
    yield server
    server.stop()
    remove_fallback(tmp_path)


async def _value(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_each_service_gets_a_database_that_only_its_own_roles_enter(server: PostgresServer) -> None:
    for _ in range(2):
        await create_service_databases(server.admin_url, SERVICES, PASSWORDS, suffix="_x")

    def url(role: str, database: str) -> str:
        return role_url(server.admin_url, role, PASSWORDS[role], database)

    assert (
        await _value(
            server.admin_url,
            "select pg_get_userbyid(datdba) from pg_database where datname = 'ingest_x'",
        )
        == "ingest_owner"
    )
    for kind in ("owner", "worker", "web"):
        assert f"ingest_{kind}" == await _value(url(f"ingest_{kind}", "ingest_x"), "select current_user")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _value(url("notify_worker", "ingest_x"), "select 1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _value(url("ingest_worker", "ingest_x"), "create table t (n int)")


async def test_the_compose_script_makes_the_same_databases(server: PostgresServer, tmp_path: Path) -> None:
    psql = tmp_path / "bin" / "psql"
    psql.parent.mkdir()
    from mandegar_local.postgres_cluster import locate_cluster

    psql.symlink_to(locate_cluster(tmp_path / "elsewhere", _quiet).binaries / "psql")
    sql = INIT_SCRIPT.parents[1] / "local" / "src" / "mandegar_local" / "service-databases.sql"
    environment = {f"{role.upper()}_PASSWORD": password for role, password in PASSWORDS.items()}
    password = server.admin_url.split(":")[2].split("@")[0]

    subprocess.run(
        [INIT_SCRIPT],
        check=True,
        env={
            **environment,
            "PATH": f"{psql.parent}:{os.environ['PATH']}",
            "MANDEGAR_SERVICES": " ".join(SERVICES),
            "SERVICE_DATABASES_SQL": str(sql),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(PORT),
            "PGPASSWORD": password,
        },
    )
    remove_fallback(tmp_path / "elsewhere")

    worker = role_url(server.admin_url, "notify_worker", PASSWORDS["notify_worker"], "notify")
    assert await _value(worker, "select current_database()") == "notify"


async def test_data_outlives_a_kill_and_a_stale_pid_file_stops_nobody(tmp_path: Path, server: PostgresServer) -> None:
    await _value(server.admin_url, "create table kept as select 7 as n")
    os.kill(server.pid, signal.SIGKILL)
    server.child.process.wait()

    again = start_postgres(tmp_path, PORT, fast=True, log=_quiet)

    try:
        assert await _value(again.admin_url, "select n from kept") == 7
    finally:
        again.stop()


async def test_a_server_that_was_left_behind_is_stopped_and_replaced(tmp_path: Path, server: PostgresServer) -> None:
    said: list[str] = []

    again = start_postgres(tmp_path, PORT, fast=True, log=said.append)

    try:
        assert "of an earlier run" in said[0]
        assert server.exit_code is not None
    finally:
        again.stop()


async def test_topics_are_made_once_with_their_settings(kafka: str) -> None:
    for _ in range(2):
        await create_topics(Broker(kafka), prefix="once.", partitions=3)

    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        topics = await admin.describe_topics([f"once.{topic.name}" for topic in TOPICS])
    finally:
        with suppress(OSError):
            await admin.close()
    assert {f"once.{topic.name}": 3 for topic in TOPICS} == {t["topic"]: len(t["partitions"]) for t in topics}
    assert ("cleanup.policy", "compact") in next(t.config for t in TOPICS if t.name == INGEST_CONTACTS)
