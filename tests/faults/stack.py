"""The stack of a run: servers, sinks, network and members, on ports and in a directory of its own."""

import asyncio
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import asyncpg

from faults import servers
from faults.journal import Lines, Timeline, read_lines
from faults.leftovers import end_leftovers, sign_in
from faults.members import Member
from faults.network import Network
from faults.providers import Providers
from faults.shop import SHOP, open_shop
from harness.servers import ROOT, free_port
from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics
from mandegar.tokens import EVERY_SHOP, SCOPES
from mandegar_local.credentials import Credentials, load_credentials
from mandegar_local.databases import create_service_databases
from mandegar_local.kafka import Proxied
from mandegar_local.ports import SERVICES, Ports, require_free
from mandegar_local.service_environment import Deployment
from mandegar_local.service_processes import migrate
from mandegar_local.stack_files import StackFiles
from mandegar_local.tokens import sign_token

PORT_BASE = 21_000
RUNS = ROOT / ".local" / "faults"
# Above the ports of an ordinary stack, counted from the same base.
BEHIND = {"postgres": 154, "kafka": 192, "smtp": 126, "sms": 127}
BROKER_BEHIND = 194
MEMBERS_MAX = 8


def port_base() -> int:
    return int(os.environ.get("MANDEGAR_PORT_BASE") or PORT_BASE)


@dataclass
class Stack:
    """Everything that runs, by name. ``members`` are in the order in which they were first started."""

    root: Path
    seed: int
    say: Callable[[str], None]
    members: list[Member] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ports = Ports(port_base())
        self.places = StackFiles(self.root)
        end_leftovers(RUNS)
        sign_in(self.root)
        self.timeline = Timeline(self.root / "timeline.jsonl")
        self.journal = Lines(self.root / "journal.jsonl", durable=True)
        self.credentials: Credentials = load_credentials(self.places.secrets)
        self.providers = Providers(Lines(self.root / "provider-calls.jsonl", durable=True), self.seed)
        self.broker = servers.broker(
            self.root / "kafka", self.ports["kafka"], self.ports["kafka_controller"],
            Proxied(self.port("broker_behind"), self.port("kafka")),
        )  # fmt: skip
        self.database = servers.database(self.root / "postgres", self.ports["postgres"])
        targets = {
            "postgres": self.ports["postgres"], "kafka": self.port("broker_behind"),
            "smtp": self.ports["smtp"], "sms": self.ports["sms_outbox"],
        }  # fmt: skip
        self.network = Network({name: (self.port(name), target) for name, target in targets.items()})
        self._supervising: set[asyncio.Task[None]] = set()

    def port(self, name: str) -> int:
        """A port on the near side of the proxy."""
        return self.ports.base + (BROKER_BEHIND if name == "broker_behind" else BEHIND[name])

    @property
    def admin_url(self) -> str:
        """The superuser's address of the server itself."""
        password = (self.root / "postgres" / "superuser").read_text()
        return f"postgresql://postgres:{password}@127.0.0.1:{self.ports['postgres']}/postgres"

    @property
    def databases(self) -> dict[str, str]:
        return {service: self.admin_url.rpartition("/")[0] + f"/{service}" for service in SERVICES}

    @property
    def bootstrap(self) -> str:
        """The broker itself."""
        return f"127.0.0.1:{self.ports['kafka']}"

    @property
    def doors(self) -> list[str]:
        return [member.url for member in self.members_of("ingest")]

    @property
    def services(self) -> dict[str, str]:
        return {service: f"http://127.0.0.1:{self.ports[service]}" for service in SERVICES}

    @property
    def source_key(self) -> str:
        return self.credentials.sources["live"]["key"]

    @property
    def token(self) -> str:
        return self._token(SHOP)

    @property
    def operator_token(self) -> str:
        return self._token(EVERY_SHOP)

    def _token(self, shop: str) -> str:
        return sign_token(self.credentials.signing_key, shop, SCOPES, now=datetime.now(UTC), days=1)

    def members_of(self, service: str) -> list[Member]:
        return [member for member in self.members if member.service == service]

    def member(self, service: str, number: int = 0) -> Member:
        return next(member for member in self.members_of(service) if member.number == number)

    async def up(self) -> None:
        """Start everything; returns when each service is ready and the shop has its programme."""
        for name, port in self.ports.items():
            require_free(name, port)
        await self.network.start()
        await asyncio.gather(self.broker.start(), self.database.start())
        await self.providers.start(self.ports["smtp"], self.ports["sms_outbox"])
        await create_topics(Broker(self.bootstrap), prefix="", partitions=self._deployment().partitions)
        await self.make_databases(*SERVICES)
        await self.keep_offset_history(*SERVICES)
        self.say("servers, topics and databases are there; starting the services")
        for service in SERVICES:
            self.add(service)
        await self.wait_ready()
        await open_shop(self.services["ingest"], self.services["loyalty"], self.credentials, self.token)

    async def down(self) -> None:
        """End everything, whatever state it is in."""
        for member in self.members:
            member.wanted = False
            if member.coming_up is not None:
                member.coming_up.cancel()
            member.thaw()
            if member.alive:
                member.kill()
                await asyncio.to_thread(member.child.process.wait)  # type: ignore[union-attr]
        for task in self._supervising:
            task.cancel()
        await asyncio.gather(*self._supervising, return_exceptions=True)
        await self.providers.stop()
        await asyncio.gather(self.broker.stop(), self.database.stop())
        await self.network.stop()

    def forget_data(self) -> None:
        """Journals and logs stay; the data of the servers is of no use once everything held."""
        for server in ("kafka", "postgres"):
            shutil.rmtree(self.root / server, ignore_errors=True)

    def add(self, service: str, **extra: str) -> Member:
        """One more member of a service, started and supervised; its name within the group stays its own."""
        number = next(n for n in range(MEMBERS_MAX) if n not in {m.number for m in self.members_of(service)})
        port = free_port() if number else self.ports[service]
        environment = {
            **self._deployment().environment(service),
            "MANDEGAR_HTTP_PORT": str(port),
            "MANDEGAR_INSTANCE": str(number),
            "MANDEGAR_SMS_URL": f"http://127.0.0.1:{self.port('sms')}",
            "MANDEGAR_QUIET_HOURS": "",
        }
        member = Member(service, number, f"http://127.0.0.1:{port}", environment, self.root, self.say, self.timeline)
        self.members.append(member)
        member.start(**extra)
        self._supervising.add(asyncio.create_task(member.supervise()))
        return member

    async def remove(self, member: Member) -> tuple[int, float]:
        """End a member in order and for good; its exit code and seconds."""
        ended = await member.end()
        self.members.remove(member)
        return ended

    async def wait_ready(self, seconds: float = 60.0) -> None:
        await asyncio.gather(*(member.wait_ready(seconds) for member in self.members))

    async def heal(self) -> None:
        """End every fault there is: network, servers, frozen and ended members, moods of the providers."""
        self.providers.moods.clear()
        await self.network.heal()
        await asyncio.gather(self.broker.heal(), self.database.heal())
        for member in self.members:
            member.thaw()
            if not member.wanted:
                member.start()

    async def name_provider_calls(self) -> Path:
        """The provider journal with the send behind each call; the gateway knows a send by 62 bits of its id."""
        sends = await self.fetch("notify", "SELECT send_id FROM sends")
        by_number = {str(row["send_id"].int & ((1 << 62) - 1)): str(row["send_id"]) for row in sends}
        path = self.root / "calls.jsonl"
        path.unlink(missing_ok=True)
        named = Lines(path)
        for call in read_lines(self.providers.journal.path):
            named.write(**{**call, "send_id": by_number.get(call["send_id"], call["send_id"])})
        named.close()
        return path

    async def fetch(self, service: str, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows of a service's database, as the superuser and past the proxy."""
        connection = await asyncpg.connect(self.databases[service], timeout=10)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def make_databases(self, *services: str) -> None:
        """An empty, migrated database for each of ``services``."""
        await create_service_databases(self.admin_url, services, self.credentials.role_passwords)
        await asyncio.gather(*(migrate(service, self._deployment(), self.places) for service in services))

    async def keep_offset_history(self, *services: str) -> None:
        """From now on every move of an offset is noted in the service's own database."""
        statements = files("faults").joinpath("offset_history.sql").read_text()
        for service in services:
            connection = await asyncpg.connect(self.databases[service])
            try:
                await connection.execute(statements)
            finally:
                await connection.close()

    def _deployment(self) -> Deployment:
        return Deployment(
            ports=self.ports,
            credentials=self.credentials,
            kafka_bootstrap=f"127.0.0.1:{self.port('kafka')}",
            admin_url=self.admin_url.replace(f":{self.ports['postgres']}/", f":{self.port('postgres')}/"),
            smtp_url=f"smtp://127.0.0.1:{self.port('smtp')}",
            clock="",
        )


def directory_of(seed: int) -> Path:
    return RUNS / str(seed)
