"""The whole local stack as a person runs it, on real servers of its own; only the service is a stand-in."""

import asyncio
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import psutil
import pytest

from harness.servers import free_ports
from harness.waiting import eventually
from mandegar.kafka.broker import Broker
from mandegar_local.accounts import remove_fallback
from mandegar_local.kafka_readiness import acknowledges

PORT_BASE = free_ports(100)

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class LocalStack:
    """`python -m mandegar_local` with a directory and ports of its own, and a stand-in for ingest."""

    root: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str, module: str = "mandegar_local", **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            command,
            env={**os.environ, **self.environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def described(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.root / "stack.json").read_text())
        return content

    def clock(self) -> datetime:
        return datetime.fromisoformat(json.loads((self.root / "clock.json").read_text())["at"])


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    root = tmp_path / "stack"
    environment = {
        "MANDEGAR_LOCAL_DIR": str(root),
        "MANDEGAR_PORT_BASE": str(PORT_BASE),
        "MANDEGAR_SERVICES": "ingest",
        "MANDEGAR_SERVERS": "process",
        "PYTHONPATH": str(Path(__file__).parent / "stand_ins"),
        "KAFKA_BOOTSTRAP": "",
        "DATABASE_URL": "",
        "SMTP_URL": "",
    }
    yield LocalStack(root, environment)
    LocalStack(root, environment).run("reset")
    remove_fallback(root / "postgres")


async def _told(stack: LocalStack) -> dict[str, Any]:
    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"{stack.described()['services']['ingest']}/settings")
        settings: dict[str, Any] = answer.json()
        return settings


def _send_mail(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("shop@example.test", ["sara@example.test"], "Subject: salam\r\n\r\nhello")


async def _mailbox(stack: LocalStack) -> list[dict[str, Any]]:
    async with httpx2.AsyncClient() as client:
        mails: list[dict[str, Any]] = (await client.get(f"{stack.described()['mailbox']}/messages")).json()
        return mails


@pytest.mark.timeout(600)  # two starts of everything and a kill of everything
async def test_a_stack_starts_survives_kills_keeps_its_data_and_goes_away(stack: LocalStack) -> None:
    up = stack.run("up", "--detach", "--clock", "2026-11-22T12:00+03:30")
    assert up.returncode == 0, up.stdout + up.stderr

    first = stack.described()
    told = await _told(stack)
    assert {"ingest": f"http://127.0.0.1:{PORT_BASE + 1}"} == first["services"]
    assert (first["source_key"], first["backfill_source_key"], first["shop"]) == ("key-live", "key-backfill", "demo")
    assert first["clock"] == told["MANDEGAR_CLOCK"]
    assert first["clock"].startswith("2026-11-22T08:30:00+00:00@")
    status = stack.run("status", module="mandegar_local.command")
    assert status.returncode == 0
    rows = [line.split() for line in status.stdout.splitlines()]
    assert ["ingest", "ready", "-", f"http://127.0.0.1:{PORT_BASE + 1}"] in rows
    assert ["worker", "ready", "7", "5", "0", "-", f"http://127.0.0.1:{PORT_BASE + 11}"] in rows
    assert "ingest-worker" in status.stdout[status.stdout.index("Memory: ") :]
    _runs_commands_of_a_service(stack, told)
    _send_mail(PORT_BASE + 26)
    assert (await _mailbox(stack))[0]["to"] == ["sara@example.test"]

    killed = ("ingest", "ingest-worker", "postgres", "kafka")
    for name in killed:
        os.kill(first["pids"][name], signal.SIGKILL)
    await _all_replaced(stack, first["pids"], killed)
    await _answers(first["databases"]["ingest"])
    assert await acknowledges(Broker(first["kafka_bootstrap"]))

    os.kill(first["pids"]["supervisor"], signal.SIGKILL)
    before = stack.described()
    assert "processes of a killed supervisor" in stack.run("down").stdout
    assert not [pid for pid in stack_pids(before) if psutil.pid_exists(pid)]
    last_kept = stack.clock()

    assert stack.run("up", "--detach").returncode == 0
    again = stack.described()
    assert first["databases"] == again["databases"]
    assert first["source_key"] == again["source_key"]
    assert [mail["subject"] for mail in await _mailbox(stack)] == ["salam"]
    assert last_kept < datetime.fromisoformat(again["clock"].partition("@")[0])

    assert stack.run("down").stdout == "stopped\n"
    assert not (stack.root / "stack.json").exists()
    assert not [pid for pid in stack_pids(again) if psutil.pid_exists(pid)]
    assert stack.run("reset").returncode == 0
    assert list(stack.root.iterdir()) == []


def _runs_commands_of_a_service(stack: LocalStack, told: dict[str, Any]) -> None:
    ran = stack.run("run", "ingest", "replay", "--topic", "ingest.events", module="mandegar_local.command")
    words = ["replay", "--topic", "ingest.events"]
    assert ran.returncode == 3, ran.stderr
    assert json.loads(ran.stdout) == [words, told["MANDEGAR_WORKER_DATABASE_URL"], told["MANDEGAR_CLOCK"]]

    nobody = stack.run("run", "billing", "replay", module="mandegar_local.command")
    assert nobody.returncode == 1
    assert nobody.stderr == "The stack has no service 'billing'; it has ingest.\n"


def stack_pids(described: dict[str, Any]) -> list[int]:
    return list(described["pids"].values())


async def _all_replaced(stack: LocalStack, old: dict[str, int], names: tuple[str, ...]) -> None:
    async def pids() -> dict[str, int]:
        found: dict[str, int] = stack.described()["pids"]
        return found

    await eventually(pids, lambda now: all(name in now and now[name] != old[name] for name in names), seconds=60)


async def _answers(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        assert await connection.fetchval("select 1") == 1
    finally:
        await connection.close()


def test_a_taken_port_is_one_sentence_and_exit_1(stack: LocalStack) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", PORT_BASE + 1))
        other.listen()

        up = stack.run("up")

    assert up.returncode == 1
    assert up.stderr == (
        f"Port {PORT_BASE + 1} (ingest) is in use on this machine. Stop the process that listens on it, or choose "
        "other ports with MANDEGAR_PORT_BASE.\n"
    )


async def test_named_servers_are_used_and_failed_migrations_say_what_they_said(
    stack: LocalStack, kafka: str, own_postgres: str
) -> None:
    named = {"KAFKA_BOOTSTRAP": kafka, "DATABASE_URL": own_postgres, "SMTP_URL": "smtp://127.0.0.1:1"}

    up = await asyncio.to_thread(stack.run, "up", STAND_IN_MIGRATION_FAILS="table is gone", **named)

    assert up.returncode == 1
    assert "ingest's migrations failed" in up.stderr
    assert "table is gone" in up.stderr
    assert not (stack.root / "kafka").exists()
    assert not (stack.root / "postgres").exists()


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[str]:
    from mandegar_local.postgres import start_postgres

    server = start_postgres(tmp_path / "postgres", PORT_BASE + 60, fast=True, log=lambda _: None)
    yield server.admin_url
    server.stop()
    remove_fallback(tmp_path / "postgres")
