"""One good run for all tests of the checkers, and a way to spoil a copy of it."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from faults.evidence import Evidence
from faults.observed import Run, observe, read_journal
from faults.observed.tables import SERVICES, tables_seen
from faults.topic_dump import Dumped, dump_topics
from harness.databases import service_database
from harness.good_run import good_run
from harness.worker import own
from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics

_numbers = count()
Line = dict[str, Any]


@dataclass
class Spoiling:
    """A good run that may be spoilt part by part; what was read of it at first stays as it is."""

    directory: Path
    run: Run

    async def sql(self, service: str, *statements: str) -> None:
        """Change a service's database behind its back, for as long as it takes to look at it."""
        connection = await asyncpg.connect(self.run.evidence.databases[service])
        change = connection.transaction()
        await change.start()
        for statement in statements:
            assert not (await connection.execute(statement)).endswith(" 0"), f"changes nothing: {statement}"
        tables = await tables_seen(service, connection)
        await change.rollback()
        await connection.close()
        self.run = replace(self.run, tables={**self.run.tables, service: tables})

    async def topics(self, change: Callable[[list[Dumped]], list[Dumped]]) -> None:
        """Let other topics stand in, with the same records but for a change."""
        kafka, prefix = self.run.evidence.kafka_bootstrap, own(f"spoilt{next(_numbers)}.")
        await create_topics(Broker(kafka), prefix=prefix, partitions=12)
        producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5)
        await producer.start()
        for record in change(list(self.run.topics.records)):
            topic = prefix + record.topic
            await producer.send(topic, key=record.key, value=record.value, partition=record.partition)
        await producer.stop()
        self.run = replace(self.run, topics=await dump_topics(kafka, prefix))

    def journal(self, change: Callable[[list[Line]], None]) -> None:
        """Change what the client wrote down."""
        lines = [json.loads(line) for line in self.run.evidence.journal.read_text().splitlines()]
        change(lines)
        spoilt = self.directory / "journal.jsonl"
        spoilt.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.run = replace(self.run, journal=read_journal(spoilt))

    def lines(self, name: str, change: Callable[[list[Line]], None]) -> None:
        """Change the lines of ``calls``, ``samples``, ``timeline`` or ``reads``."""
        lines = [dict(line) for line in getattr(self.run, name)]
        change(lines)
        self.run = replace(self.run, **{name: lines})

    def evidence(self, **changes: Any) -> None:
        self.run = replace(self.run, evidence=replace(self.run.evidence, **changes))


@pytest.fixture(scope="session")
async def good_evidence(postgres: str, kafka: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Evidence]:
    """What a run in which nothing broke has left behind."""
    prefix = own("good.")
    await create_topics(Broker(kafka), prefix=prefix, partitions=12)
    async with AsyncExitStack() as stack:
        databases = {name: await stack.enter_async_context(service_database(postgres, name)) for name in SERVICES}
        yield await good_run(kafka, prefix, postgres, databases, tmp_path_factory.mktemp("good_run"))


@pytest.fixture(scope="session")
async def observed(good_evidence: Evidence) -> Run:
    return await observe(good_evidence)


@pytest.fixture
def spoiling(observed: Run, tmp_path: Path) -> Spoiling:
    return Spoiling(tmp_path, observed)
