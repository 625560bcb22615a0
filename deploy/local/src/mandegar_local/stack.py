"""A whole stack: what is started in which order, what is told to others, and how it ends."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mandegar_local.choice import choose
from mandegar_local.credentials import Credentials, load_credentials, save_credentials
from mandegar_local.databases import create_service_databases
from mandegar_local.description import describe
from mandegar_local.first_shop import first_shop_id, make_first_shop
from mandegar_local.part import Part
from mandegar_local.places import Places, write_json
from mandegar_local.ports import Ports, require_free
from mandegar_local.readiness import wait_until_ready, watch_readiness
from mandegar_local.servers import admin_url, kafka_bootstrap, kafka_part, postgres_part
from mandegar_local.service_environment import Deployment
from mandegar_local.service_processes import (
    mailbox_part,
    migrate,
    service_part,
    sms_outbox_part,
    wanted_services,
)
from mandegar_local.stack_clock import StackClock
from mandegar_local.topics import create_topics


@dataclass(eq=False)
class Stack:
    """The parts of a stack in the order in which they start; they end in the opposite order."""

    places: Places
    ports: Ports
    clock: StackClock
    log: Callable[[str], None]
    parts: list[Part] = field(default_factory=list)
    ready: bool = False

    def __post_init__(self) -> None:
        self._choice = choose()
        self._keepers: list[asyncio.Task[None]] = []
        self._description: dict[str, Any] = {}
        self._pids: dict[str, int] = {}

    async def up(self) -> None:
        """Start everything and return when all of it is ready and `stack.json` is written. Raises StackError."""
        services = wanted_services()
        credentials = load_credentials(self.places.secrets)
        servers = [
            part
            for build in (postgres_part, kafka_part)
            if (part := build(self._choice, self.places, self.ports, self.log)) is not None
        ]
        for name in (*services, "mailbox", "smtp", "sms_outbox"):
            require_free(name, self.ports[name])
        await self._start(servers)
        deployment = self._deployment(credentials)
        await self._prepare(services, deployment)
        sinks = [sms_outbox_part(deployment, self.places, self.log)]
        if self._choice.smtp_url is None:
            sinks.insert(0, mailbox_part(deployment, self.places, self.log))
        started = [*sinks, *(service_part(s, deployment, self.places, self.log) for s in services)]
        await self._start(started)
        await wait_until_ready(started, self.places, self.log)
        if "ingest" in services and await make_first_shop(deployment.url("ingest"), first_shop_id(), credentials):
            save_credentials(self.places.secrets, credentials)
            self.log(f"shop {first_shop_id()}: made, with its sources {', '.join(credentials.sources)}")
        self.ready = True
        own_mailbox = self._choice.smtp_url is None
        self._description = describe(services, first_shop_id(), deployment, own_mailbox=own_mailbox)
        self._write_description()
        self._keepers.append(asyncio.create_task(watch_readiness(self.parts)))
        self._keepers.append(asyncio.create_task(self._keep_description()))

    async def down(self) -> None:
        """End everything: services first, then the sinks, then the servers. Never raises, may be called at any time."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self.places.stack.unlink(missing_ok=True)
        servers = [part for part in self.parts if part.name in ("postgres", "kafka")]
        sinks = [part for part in self.parts if part.name in ("mailbox", "sms_outbox")]
        services = [part for part in self.parts if part not in servers and part not in sinks]
        for group in (services, sinks, servers):
            await asyncio.gather(*(part.stop() for part in group), return_exceptions=True)

    async def _start(self, parts: list[Part]) -> None:
        self.parts += parts
        await asyncio.gather(*(part.first_start() for part in parts))
        self._keepers += [asyncio.create_task(part.keep()) for part in parts]

    def _deployment(self, credentials: Credentials) -> Deployment:
        return Deployment(
            ports=self.ports,
            credentials=credentials,
            kafka_bootstrap=kafka_bootstrap(self._choice, self.ports),
            admin_url=admin_url(self._choice, self.places, self.ports),
            smtp_url=self._choice.smtp_url or f"smtp://127.0.0.1:{self.ports['smtp']}",
            clock=self.clock.text,
            log_level=os.environ.get("MANDEGAR_LOG_LEVEL") or "info",
        )

    async def _prepare(self, services: tuple[str, ...], deployment: Deployment) -> None:
        passwords = deployment.credentials.role_passwords
        await create_service_databases(deployment.admin_url, services, passwords)
        self.log(f"databases: {', '.join(services)}")
        prefix, partitions = deployment.topic_prefix, deployment.partitions
        await create_topics(deployment.kafka_bootstrap, prefix=prefix, partitions=partitions)
        self.log(f"topics: there, with {partitions} partitions each")
        await self._migrate(services, deployment)

    async def _migrate(self, services: tuple[str, ...], deployment: Deployment) -> None:
        running = [asyncio.create_task(migrate(service, deployment, self.places)) for service in services]
        try:
            for finished in asyncio.as_completed(running):
                self.log(f"{await finished}: migrations applied")
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _write_description(self) -> None:
        self._pids = self._running_pids()
        write_json(self.places.stack, {**self._description, "pids": self._pids}, mode=0o600)

    async def _keep_description(self) -> None:
        while True:  # a part that was started again has another pid
            await asyncio.sleep(0.2)
            if self._pids != self._running_pids():
                self._write_description()

    def _running_pids(self) -> dict[str, int]:
        return {"supervisor": os.getpid()} | {part.name: part.pid for part in self.parts if part.pid is not None}


async def keep_clock(clock: StackClock) -> None:
    """Write the clock down each second, for ever."""
    while True:
        clock.keep(time.time(), running=True)
        await asyncio.sleep(1.0)
