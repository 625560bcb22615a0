"""`mandegar erase`, `mandegar export` and `mandegar shop` on the four services as processes."""

import asyncio
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from builders.bodies import order_body
from harness.waiting import eventually
from mandegar.http_client import HttpClient
from mandegar_local.credentials import load_credentials
from mandegar_local.stack_files import StackFiles
from mandegar_local.tokens import sign_token

SERVICES = ("ingest", "loyalty", "churn", "notify")
MAIL, PHONE = "sara@example.test", "09121234567"
# Ids as shops really write them, and as somebody would who wants another file written or another customer reached.
ODD_IDS = [
    "../../etc/passwd",
    "a/b\\c?d#e%2e%2e&f",
    "\u202ecod.piz\u202c",
    "--shop",
    "سارا محمدی " * 15,
    MAIL,
    PHONE,
]


@dataclass
class Stack:
    """The running services as `stack.json` describes them, and a directory in which commands are called."""

    root: Path
    here: Path
    services: dict[str, str]
    signing_key: dict[str, Any]
    door: httpx2.AsyncClient

    def describe(self, **services: str) -> None:
        (self.root / "stack.json").write_text(json.dumps({"services": self.services | services}))

    async def run(self, *words: str) -> tuple[int, str]:
        """The exit code of a command, and what it said."""
        environment = {**os.environ, "MANDEGAR_LOCAL_DIR": str(self.root), "MANDEGAR_SHOP": "demo", "COLUMNS": "500"}
        command = [sys.executable, "-m", "mandegar_local.command", *words]
        ran = await asyncio.to_thread(
            subprocess.run, command, cwd=self.here, env=environment, capture_output=True, text=True, timeout=120
        )
        return ran.returncode, ran.stdout + ran.stderr

    async def buys(self, customer: Mapping[str, Any], number: int = 1) -> None:
        order = order_body({"order_id": f"o-{number}"}, id=f"e-{number}", customer=dict(customer))
        answer = await self.door.post(f"{self.services['ingest']}/v1/events", json=order)
        assert answer.json()["results"][0]["status"] == "accepted", answer.text

    async def held(self, *words: str) -> dict[str, Any]:
        """What an export has of each service, once all of them hold something."""
        target = self.here / "held.zip"

        async def export() -> tuple[int, str]:
            return await self.run("export", *words, "--out", str(target))

        await eventually(export, lambda ran: ran[0] == 0 and all(name in ran[1] for name in SERVICES), seconds=40)
        with zipfile.ZipFile(target) as archive:
            assert {"index.html", *(f"{name}.json" for name in SERVICES)} == {*archive.namelist()}
            found = {name: json.loads(archive.read(f"{name}.json")) for name in SERVICES}
        target.unlink()
        return found


@pytest.fixture
async def stack(start_service, tmp_path) -> AsyncIterator[Stack]:
    root, here = tmp_path / "stack", tmp_path / "here"
    root.mkdir()
    here.mkdir()
    files = StackFiles(root)
    credentials = load_credentials(files.secrets)
    keys = {"MANDEGAR_JWKS": json.dumps(credentials.jwks()), "MANDEGAR_IDENTITY_KEY": credentials.identity_key}
    keys |= {"MANDEGAR_SMTP_URL": "smtp://127.0.0.1:9", "MANDEGAR_SMS_URL": "http://127.0.0.1:9"}
    keys |= {"MANDEGAR_SMS_API_KEY": credentials.sms_api_key}
    started = [await start_service(name, **keys) for name in SERVICES]
    async with HttpClient(timeout=20) as door:
        made = Stack(root, here, {process.name: process.url for process in started}, credentials.signing_key, door)
        made.describe()
        assert (await made.run("shop", "demo", "--name", "Demo"))[0] == 0
        code, said = await made.run("source", "--name", "platform")
        assert code == 0, said
        key = next(line.split()[1] for line in said.splitlines() if line.startswith("key"))
        door.headers = {"Authorization": f"Bearer {key}"}
        yield made


@pytest.mark.timeout(600)
async def test_whatever_id_a_person_has_everything_of_them_is_exported_and_erased(stack: Stack):
    """And of nobody else, and nothing is written elsewhere."""
    for number, id_ in enumerate([*ODD_IDS, "neighbour"]):
        await stack.buys({"id": id_}, number)
    for number, id_ in enumerate(ODD_IDS):
        held = await stack.held(f"--customer={id_}")
        orders = [row["order_id"] for row in held["ingest"]["rows"]["events"]]
        assert orders == [f"o-{number}"], id_

        code, said = await stack.run("export", f"--customer={id_}")
        assert code == 0, said
        [written] = stack.here.iterdir()
        assert written.suffix == ".zip"
        assert stat_mode(written) == 0o600
        written.unlink()

        code, said = await stack.run("erase", "--yes", "--", id_)
        assert code == 0, said
        assert "4 of 4" in said
        assert "events" in said
        assert not {MAIL, PHONE} & {*said.split()}
    assert sorted(path.name for path in stack.here.parent.iterdir() if path.is_dir()) == ["here", "stack"]
    assert [row["order_id"] for row in (await stack.held("--customer=neighbour"))["ingest"]["rows"]["events"]] == [
        f"o-{len(ODD_IDS)}"
    ]


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.timeout(600)
async def test_what_cannot_be_done_is_said_and_leaves_nothing_behind(stack: Stack):
    """One start of everything for all of it."""
    await of_nobody_nothing_is_written_or_erased(stack)
    await stack.buys({"id": "c-1"})
    await stack.held("--customer=c-1")
    for answer, expected in BROKEN:
        await an_export_that_breaks_off_leaves_no_archive(stack, answer, expected)
    await settings_that_are_not_named_stay(stack)
    await a_service_that_is_down_is_named_and_the_same_command_ends_it_later(stack)


async def of_nobody_nothing_is_written_or_erased(stack: Stack) -> None:
    code, said = await stack.run("export", "--customer", "nobody")
    assert (code, said) == (1, "No service holds anything of nobody in the shop demo.\n")
    assert [*stack.here.iterdir()] == []

    code, said = await stack.run("erase", "nobody", "--yes")
    assert code == 1
    assert "ingest refused with 404" in said
    assert "Traceback" not in said


async def a_service_that_is_down_is_named_and_the_same_command_ends_it_later(stack: Stack) -> None:
    stack.describe(churn="http://127.0.0.1:9")
    code, said = await stack.run("export", "--customer", "c-1")
    assert (code, [*stack.here.iterdir()]) == (1, []), said
    assert "churn does not answer on http://127.0.0.1:9" in said

    code, said = await stack.run("erase", "c-1", "--yes", "--wait", "8")
    assert code == 1
    assert "Not yet erased in churn" in said
    assert "The erasure goes on" in said
    assert "3 of 4" in said

    stack.describe()
    code, said = await stack.run("erase", "c-1", "--yes")
    assert code == 0, said
    assert "already erased" in said


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


BROKEN = [
    (HEAD + b'Content-Length: 900\r\n\r\n{"service"', "churn does not answer"),
    (HEAD + b'Content-Length: 10\r\n\r\n{"service"', "The export of churn broke off; ask again."),
    (b"HTTP/1.1 503 Away\r\nContent-Length: 3\r\n\r\nno!", "churn refused with 503: no!"),
    (b"nonsense\r\n\r\n", "churn does not answer"),
]


async def settings_that_are_not_named_stay(stack: Stack) -> None:
    """A shop that stored settings of which the command has no option keeps them when it changes another."""
    token = sign_token(stack.signing_key, "demo", ["ops", "sources:write"], now=datetime.now(UTC), days=1)
    url, headers = f"{stack.services['ingest']}/v1/shops/demo", {"Authorization": f"Bearer {token}"}
    present = (await stack.door.get(url, headers=headers)).json()
    more = {
        "keep_books": True,
        "origins": ["https://shop.example"],
        "attributes": {"size": "number", "vip": ["yes", "no"]},
        "points_from": "2026-11-20T00:00:00Z",
    }
    wanted = {name: value for name, value in present.items() if name not in ("shop", "version", "sender_verified")}
    put = await stack.door.put(url, headers=headers, json=wanted | more)
    assert put.status_code == 200, put.text

    code, said = await stack.run("shop", "demo", "--name", "Another name")
    assert code == 0, said
    after = (await stack.door.get(url, headers=headers)).json()
    assert after == put.json() | {"name": "Another name", "version": put.json()["version"] + 1}


async def an_export_that_breaks_off_leaves_no_archive(stack: Stack, answer: bytes, expected: str) -> None:
    async with answering(answer) as url:
        stack.describe(churn=url)
        code, said = await stack.run("export", "--customer", "c-1")
    stack.describe()

    assert (code, [*stack.here.iterdir()]) == (1, []), said
    assert expected in said
    assert "Traceback" not in said


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """A server that answers every request with these bytes and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
