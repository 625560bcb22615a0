"""All four services in this process on one real broker; between them nothing but relays and batch transactions."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from churn.main import SERVICE as CHURN
from faults.topic_dump import Dumped, TopicDump, dump_topics
from harness.churn_service import Churn
from harness.databases import ServiceDatabase
from harness.in_process import PARTITIONS, InProcess, in_process, running
from harness.ingest_service import SETTINGS, SHOP, Ingest
from harness.loyalty_service import Loyalty
from harness.notify_service import Notify
from harness.waiting import eventually
from ingest.main import SERVICE as INGEST
from loyalty.main import SERVICE as LOYALTY
from mandegar.database import transaction
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.offsets import stored_offsets
from mandegar.outbox.relay import Relay
from mandegar.stream import Record
from notify.main import SERVICE as NOTIFY

DOMAINS = {"verified_domains": "atlas.example"}
PROVIDERS = {
    "smtp_url": "smtp://127.0.0.1:9",
    "sms_url": "http://127.0.0.1:9",
    "sms_api_key": "k",
    "default_sms_sender": "10004346",
    "public_url": "https://notify.example.test",
}


@dataclass
class WholeHouse:
    """The services, and what carries events between them. Time stands still until it is moved."""

    kafka: str
    prefix: str
    ingest: Ingest
    loyalty: Loyalty
    churn: Churn
    notify: Notify
    relays: list[Relay] = field(default_factory=list)

    @property
    def services(self) -> list[InProcess]:
        return [self.ingest, self.loyalty, self.churn, self.notify]

    async def rest(self) -> None:
        """Until everything is published, applied, settled and sent."""
        moved = True
        while moved:
            await self._until_published()
            dump = await dump_topics(self.kafka, self.prefix)
            moved = False
            for service in self.services:
                moved = await self._apply_new(service, dump) or moved
            for timed in (self.loyalty, self.churn):
                moved = bool(await timed.timer().settle_due()) or moved
            moved = bool(await self.notify.worker().round()) or moved

    async def pass_time(self, by: timedelta) -> None:
        for service in self.services:
            service.clock.advance(by)
        await self.rest()

    async def _until_published(self) -> None:
        for service, relay in zip(self.services, self.relays, strict=True):

            async def waiting(service: InProcess = service, relay: Relay = relay) -> int:
                relay.wake()
                rows: int = await service.database.worker.fetchval("SELECT count(*) FROM outbox")
                return rows

            await eventually(waiting, lambda rows: rows == 0, seconds=20)

    async def _apply_new(self, service: InProcess, dump: TopicDump) -> bool:
        """Let each subscription of a service apply what it has not; whether there was anything."""
        moved = False
        for group, reads in service.service.subscriptions.items():
            pool = service.database.worker
            async with transaction(pool) as connection:
                wanted = [place for place in dump.ends if place[0] in reads.topics]
                offsets = await stored_offsets(connection, group, wanted)
            if chunks := _chunks(dump, offsets):
                process = as_process(reads, group, PARTITIONS)
                assert await apply_batch(pool, group, process, chunks, service.clock.now()) == set(chunks)
                moved = True
        return moved


def _chunks(dump: TopicDump, offsets: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], Chunk]:
    new: dict[tuple[str, int], list[Dumped]] = {}
    for record in dump.records:
        place = (record.topic, record.partition)
        if record.offset >= offsets.get(place, record.offset + 1):
            new.setdefault(place, []).append(record)
    return {place: Chunk(offsets[place], [Record(*record) for record in records]) for place, records in new.items()}


@asynccontextmanager
async def whole_house(kafka: str, prefix: str, databases: Mapping[str, ServiceDatabase]) -> AsyncIterator[WholeHouse]:
    """The house on migrated, empty databases, with one shop, its source, and the relays running."""
    async with AsyncExitStack() as stack:
        parts = [
            await stack.enter_async_context(in_process(service, databases[service.name], **settings))
            for service, settings in ((INGEST, DOMAINS), (LOYALTY, {}), (CHURN, {}), (NOTIFY, PROVIDERS))
        ]
        house = WholeHouse(kafka, prefix, Ingest(*parts[0]), Loyalty(*parts[1]), Churn(*parts[2]), Notify(*parts[3]))
        names = TopicNames(prefix)
        house.relays = [Relay(Broker(kafka), s.database.worker_url, names, PARTITIONS) for s in house.services]
        await stack.enter_async_context(running(*(relay.run() for relay in house.relays)))
        assert (await house.ingest.ask("PUT", f"/v1/shops/{SHOP}", json=SETTINGS)).status_code == 200
        source = await house.ingest.make_source()
        house.ingest.key, house.ingest.source_id = source["key"], source["source_id"]
        await house.rest()
        yield house
