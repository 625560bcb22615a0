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
from faults.members import Member, Replica, Role
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
from mandegar_local.ports import SERVICES, WORKERS, Ports, require_free
from mandegar_local.service_environment import Deployment
from mandegar_local.service_processes import migrate
from mandegar_local.stack_files import StackFiles
from mandegar_local.tokens import sign_token

PORT_BASE = 21_000
RUNS = ROOT / ".local" / "faults"
# Above the ports of an ordinary stack, counted from the same base.
BEHIND = {"postgres": 154, "kafka": 192, "smtp": 126, "sms": 127}
BROKER_BEHIND = 194
REPLICAS_MAX = 8


def port_base() -> int:
    return int(os.environ.get("MANDEGAR_PORT_BASE") or PORT_BASE)


@dataclass
class Stack:
    """Everything that runs, by name. ``replicas`` are in the order in which they were first started."""

    root: Path
    seed: int
    say: Callable[[str], None]
    replicas: list[Replica] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ports = Ports(port_base())
        self.places = StackFiles(self.root)
        end_leftovers(RUNS)
        sign_in(self.root)
        self.timeline = Timeline(self.root / "timeline.jsonl")
        self.journal = Lines(self.root / "journal.jsonl", durable=True)
        self.reads = Lines(self.root / "reads.jsonl")
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
        self._tokens: dict[str, str] = {}
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
        return self.urls("ingest")

    def urls(self, service: str) -> list[str]:
        """Where each replica of a service answers."""
        return [replica.web.url for replica in self.replicas if replica.service == service]

    @property
    def services(self) -> dict[str, str]:
        return {service: f"http://127.0.0.1:{self.ports[service]}" for service in SERVICES}

    @property
    def source_key(self) -> str:
        return self.credentials.sources["live"]["key"]

    @property
    def token(self) -> str:
        return self.token_of(SHOP)

    @property
    def operator_token(self) -> str:
        return self.token_of(EVERY_SHOP)

    def token_of(self, shop: str) -> str:
        """One with every scope, the same as long as it is asked for."""
        if shop not in self._tokens:
            self._tokens[shop] = self._sign(shop)
        return self._tokens[shop]

    def _sign(self, shop: str) -> str:
        return sign_token(self.credentials.signing_key, shop, SCOPES, now=datetime.now(UTC), days=1)

    @property
    def members(self) -> list[Member]:
        """Every process of a service."""
        return [member for replica in self.replicas for member in replica.members]

    def replica(self, service: str) -> Replica:
        """The first one of a service."""
        return next(replica for replica in self.replicas if (replica.service, replica.number) == (service, 0))

    async def up(self) -> None:
        """Start everything; returns when each process is ready and the shop has its programme."""
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

    def add(self, service: str) -> Replica:
        """One more replica of a service, started and supervised; its name within the group stays its own."""
        taken = {replica.number for replica in self.replicas if replica.service == service}
        number = next(n for n in range(REPLICAS_MAX) if n not in taken)
        ports = {"web": self.ports[service], "worker": self.ports[WORKERS[service]]}
        if number:
            ports = {role: free_port() for role in ports}
        environment = {
            **self._deployment().environment(service),
            "MANDEGAR_HTTP_PORT": str(ports["web"]),
            "MANDEGAR_WORKER_PORT": str(ports["worker"]),
            "MANDEGAR_INSTANCE": str(number),
            "MANDEGAR_DEFAULT_SMS_SENDER": "10008663",
            "MANDEGAR_SMS_URL": f"http://127.0.0.1:{self.port('sms')}",
            "MANDEGAR_QUIET_HOURS": "",
        }

        def member(role: Role) -> Member:
            url = f"http://127.0.0.1:{ports[role]}"
            return Member(service, role, number, url, environment, self.root, self.say, self.timeline)

        replica = Replica(member("web"), member("worker"))
        self.replicas.append(replica)
        replica.start()
        for one in replica.members:
            self._supervising.add(asyncio.create_task(one.supervise()))
        return replica

    async def remove(self, replica: Replica) -> tuple[int, float]:
        """End a replica in order and for good; its exit code and seconds."""
        ended = await replica.end()
        self.replicas.remove(replica)
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
