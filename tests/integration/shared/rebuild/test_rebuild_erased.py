"""Rebuild, replay and republish bring nobody back: they end erased, or with what was done since a readmission."""

from datetime import timedelta
from typing import Any

import pytest

from harness.databases import ServiceDatabase
from harness.in_process import running
from harness.toy import NOW, READ, order_of, toy_database
from harness.toy_beside import ids
from harness.toy_erasing import TABLES, erased, erased_customers, note, readmitted
from harness.toy_merging import both, held, merge, roots
from harness.toy_stream import context, outbox_rows, queue, relay
from harness.waiting import eventually
from mandegar.clock import FrozenClock
from mandegar.rebuild.replay import Start, replay
from mandegar.rebuild.republish import republish
from mandegar.rebuild.run import rebuild
from mandegar.service.parts import Part, Service, invariant_violations
from mandegar.service.settings import ServiceSettings

TOY = Service("toy", parts=[Part[Any](reads=(READ,), merge=merge, erase=note)], settings=ServiceSettings, tables=TABLES)
LATER = NOW + timedelta(hours=1)
AGAIN, OTHERS = order_of("back", recorded=LATER), order_of("other")
PUBLISHED = [
    *(order_of(name) for name in ("gone", "alias", "back", "former")),
    OTHERS,
    *both("alias", "gone"),
    *both("former", "back"),
    *(erased(name, ids=2, recorded_time=LATER) for name in ("alias", "gone")),
    *(erased(name, number=2, ids=2, recorded_time=LATER) for name in ("former", "back")),
    *(readmitted(name, number=2, recorded_time=LATER) for name in ("former", "back")),
    AGAIN,
]


@pytest.fixture
async def published(toy: ServiceDatabase, kafka: str, topic_prefix: str) -> str:
    """Two persons with two ids each in several partitions, one erased, one readmitted; and somebody else."""
    await queue(toy, PUBLISHED)
    async with running(relay(kafka, topic_prefix, toy).run()):
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
    return topic_prefix


async def require_erased(database: ServiceDatabase) -> None:
    assert await held(database) == {"back": ids(AGAIN), "other": ids(OTHERS)}
    assert await erased_customers(database) == {"gone", "alias"}
    assert await roots(database) == {"alias": "gone", "former": "back"}
    settings = ServiceSettings.model_construct()
    async with database.worker.acquire() as connection:
        assert await invariant_violations(TOY, connection, settings) == []


async def test_a_rebuild_ends_erased(published, postgres, kafka):
    async with toy_database(postgres) as again:
        assert await rebuild(TOY, context(again, kafka, published, FrozenClock(NOW))) == 0
        await require_erased(again)


async def test_a_replay_and_a_republish_bring_nobody_back(published, toy, postgres, kafka):
    async with toy_database(postgres) as again:
        now = context(again, kafka, published, FrozenClock(NOW))
        await rebuild(TOY, now)
        assert await replay(TOY, now, "ingest.events", Start(offset=0)) == len(PUBLISHED)
        await require_erased(again)

        assert await republish(context(toy, kafka, published), NOW - timedelta(days=10_000)) == len(PUBLISHED)
        async with running(relay(kafka, published, toy).run()):
            await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
        assert await replay(TOY, now, "ingest.events", Start(offset=0)) >= len(PUBLISHED)
        await require_erased(again)
