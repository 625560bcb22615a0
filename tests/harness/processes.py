"""The four services as processes of their own, on the run's servers: started, killed, started again."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from harness.databases import ServiceDatabase
from harness.servers import free_port
from harness.tokens import JWKS, token
from harness.waiting import eventually
from mandegar.http_client import HttpClient

IDENTITY_KEY = "identity-key-for-tests-only-0123456789"
SHOP = "atlas"


@dataclass
class Process:
    """One service process; ``only`` is its role, or empty for one that does everything."""

    name: str
    environment: Mapping[str, str]
    log: Path
    only: str = ""
    child: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    @property
    def url(self) -> str:
        port = "MANDEGAR_WORKER_PORT" if self.only == "worker" else "MANDEGAR_HTTP_PORT"
        return f"http://127.0.0.1:{self.environment[port]}"

    def start(self) -> None:
        command = [sys.executable, "-m", self.name, "serve", *(["--only", self.only] if self.only else [])]
        with self.log.open("ab") as log:
            # In a session of its own, as the local stack starts it: only then a worker lowers the session's priority.
            self.child = subprocess.Popen(
                command, env=dict(self.environment), stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """As ``kill -9`` does it."""
        assert self.child is not None
        self.child.kill()
        self.child.wait()

    def terminate(self) -> int:
        """Ask it to end and give its exit code; one that will not end within 20 s fails the test."""
        assert self.child is not None
        self.child.terminate()
        return self.child.wait(20)

    async def ready(self) -> None:
        async with HttpClient() as client:

            async def look() -> str:
                assert self.child is not None
                if self.child.poll() is not None:
                    raise AssertionError(
                        f"{self.name} ended with {self.child.returncode}:\n{self.log.read_text()[-3000:]}"
                    )
                try:
                    return (await client.get(f"{self.url}/readyz")).text
                except httpx2.TransportError as error:
                    return repr(error)

            await eventually(look, lambda seen: '"ready":true' in seen)


@asynccontextmanager
async def service_process(
    database: ServiceDatabase, kafka: str, prefix: str, log: Path, *, only: str = "", ready: bool = True, **extra: str
) -> AsyncIterator[Process]:
    """A process of ``database``'s service, ready if asked; ended afterwards, whatever happened to it.

    Its role is ``only``, if that is ``web`` or ``worker``.
    """
    environment = {
        **os.environ,
        "MANDEGAR_ENVIRONMENT": "local",
        "MANDEGAR_KAFKA_BOOTSTRAP": kafka,
        "MANDEGAR_WORKER_DATABASE_URL": database.worker_url,
        "MANDEGAR_WEB_DATABASE_URL": database.web_url,
        "MANDEGAR_HTTP_PORT": str(free_port()),
        "MANDEGAR_WORKER_PORT": str(free_port()),
        "MANDEGAR_PUBLIC_URL": "http://127.0.0.1",
        "MANDEGAR_TOPIC_PREFIX": prefix,
        "MANDEGAR_JWKS": JWKS,
        "MANDEGAR_IDENTITY_KEY": IDENTITY_KEY,
        **({"MANDEGAR_VERIFIED_DOMAINS": "example.test"} if database.service == "ingest" else {}),
        **extra,
    }
    process = Process(database.service, environment, log, only)
    process.start()
    try:
        if ready:
            await process.ready()
        yield process
    finally:
        if process.child is not None and process.child.poll() is None:
            process.child.kill()
            await asyncio.to_thread(process.child.wait)


@asynccontextmanager
async def client(
    process: Process,
    *,
    scope: str = "customers:read ops sources:write programme:write journeys:write",
    shop: str = SHOP,
):
    """An HTTP client with a token for the test shop; ``*`` makes it an operator's."""
    headers = {"Authorization": f"Bearer {token(shop, scope)}"}
    async with HttpClient(base_url=process.url, headers=headers, timeout=10) as http:
        yield http
