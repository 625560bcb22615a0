"""A stack: starts its processes in order, writes `stack.json`, and stops them."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics
from mandegar_local.credentials import Credentials, load_credentials, save_credentials
from mandegar_local.databases import create_service_databases
from mandegar_local.first_shop import first_shop_id, make_first_shop
from mandegar_local.ports import SERVICES, WORKERS, Ports, require_free
from mandegar_local.readiness import wait_until_ready, watch_readiness
from mandegar_local.server_choice import choose_servers
from mandegar_local.servers import admin_url, kafka_bootstrap, kafka_process, postgres_process
from mandegar_local.service_environment import Deployment
from mandegar_local.service_processes import (
    mailbox_process,
    migrate,
    service_processes,
    sms_outbox_process,
    wanted_services,
)
from mandegar_local.stack_clock import StackClock
from mandegar_local.stack_description import describe
from mandegar_local.stack_files import StackFiles, write_json
from mandegar_local.supervised_process import SupervisedProcess


@dataclass(eq=False)
class Stack:
    """A stack and its processes, in the order in which they were started."""

    files: StackFiles
    ports: Ports
    clock: StackClock
    log: Callable[[str], None]
    processes: list[SupervisedProcess] = field(default_factory=list)
    ready: bool = False

    def __post_init__(self) -> None:
        self._choice = choose_servers()
        self._background: list[asyncio.Task[None]] = []
        self._description: dict[str, Any] = {}
        self._told: dict[str, Any] = {}

    async def up(self) -> None:
        """Start all processes; return once they are ready and `stack.json` is written. Raises StackError."""
        services = wanted_services()
        credentials = load_credentials(self.files.secrets)
        write_json(self.files.key_set, credentials.jwks())
        servers = [
            process
            for build in (postgres_process, kafka_process)
            if (process := build(self._choice, self.files, self.ports, self.log)) is not None
        ]
        for name in (*services, *(WORKERS[service] for service in services), "mailbox", "smtp", "sms_outbox"):
            require_free(name, self.ports[name])
        await self._start(servers)
        deployment = self._deployment(credentials)
        await self._prepare(services or SERVICES, deployment)
        sinks = [sms_outbox_process(deployment, self.files, self.log)]
        if self._choice.smtp_url is None:
            sinks.insert(0, mailbox_process(deployment, self.files, self.log))
        started = [*sinks, *(p for s in services for p in service_processes(s, deployment, self.files, self.log))]
        await self._start(started)
        await wait_until_ready(started, self.files, self.log)
        shop = credentials.moved_in or first_shop_id()
        is_new = "ingest" in services and not credentials.moved_in
        if is_new and await make_first_shop(deployment.url("ingest"), shop, credentials):
            save_credentials(self.files.secrets, credentials)
            self.log(f"shop {shop}: created, with the sources {', '.join(credentials.sources)}")
        self.ready = True
        own_mailbox = self._choice.smtp_url is None
        self._description = describe(services, shop, deployment, own_mailbox=own_mailbox)
        self._write_description()
        self._background.append(asyncio.create_task(watch_readiness(self.processes)))
        self._background.append(asyncio.create_task(self._update_description()))

    async def down(self) -> None:
        """Stop services, then mailbox and SMS outbox, then servers. Never raises, and may be called at any time."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        self.files.stack.unlink(missing_ok=True)
        servers = [process for process in self.processes if process.name in ("postgres", "kafka")]
        sinks = [process for process in self.processes if process.name in ("mailbox", "sms_outbox")]
        services = [process for process in self.processes if process not in servers and process not in sinks]
        for group in (services, sinks, servers):
            await asyncio.gather(*(process.stop() for process in group), return_exceptions=True)

    async def _start(self, processes: list[SupervisedProcess]) -> None:
        self.processes += processes
        await asyncio.gather(*(process.first_start() for process in processes))
        self._background += [asyncio.create_task(process.restart_on_exit()) for process in processes]

    def _deployment(self, credentials: Credentials) -> Deployment:
        return Deployment(
            ports=self.ports,
            credentials=credentials,
            kafka_bootstrap=kafka_bootstrap(self._choice, self.ports),
            admin_url=admin_url(self._choice, self.files, self.ports),
            smtp_url=self._choice.smtp_url or f"smtp://127.0.0.1:{self.ports['smtp']}",
            clock=self.clock.text,
            log_level=os.environ.get("MANDEGAR_LOG_LEVEL") or "info",
            key_set=self.files.key_set,
        )

    async def _prepare(self, services: tuple[str, ...], deployment: Deployment) -> None:
        passwords = deployment.credentials.role_passwords
        await create_service_databases(deployment.admin_url, services, passwords)
        self.log(f"databases: {', '.join(services)}")
        prefix, partitions = deployment.topic_prefix, deployment.partitions
        await create_topics(Broker(deployment.kafka_bootstrap), prefix=prefix, partitions=partitions)
        self.log(f"topics: created, with {partitions} partitions each")
        await self._migrate(services, deployment)

    async def _migrate(self, services: tuple[str, ...], deployment: Deployment) -> None:
        running = [asyncio.create_task(migrate(service, deployment, self.files)) for service in services]
        try:
            for finished in asyncio.as_completed(running):
                self.log(f"{await finished}: migrations applied")
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _write_description(self) -> None:
        self._told = self._running_processes()
        write_json(self.files.stack, {**self._description, **self._told}, mode=0o600)

    async def _update_description(self) -> None:
        while True:  # a restarted process has another pid
            await asyncio.sleep(0.2)
            if self._told != self._running_processes():
                self._write_description()

    def _running_processes(self) -> dict[str, Any]:
        pids = {process.name: process.pid for process in self.processes if process.pid is not None}
        return {
            "pids": {"supervisor": os.getpid(), **pids},
            "restarts": {process.name: process.restarts for process in self.processes},
            "exits": {process.name: process.last_exit for process in self.processes if process.last_exit},
        }


async def save_clock(clock: StackClock) -> None:
    """Save the clock every second, until cancelled."""
    while True:
        clock.save(time.time(), running=True)
        await asyncio.sleep(1.0)
