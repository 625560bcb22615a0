"""The lane beside on real topics: members that come, go and are cut off, a replay beside the service, and a rebuild."""

import asyncio
from dataclasses import replace
from itertools import groupby

from harness.databases import ServiceDatabase
from harness.in_process import PARTITIONS, running
from harness.toy import NOW, order_of, toy_database
from harness.toy_beside import journals, waiting, with_giants
from harness.toy_stream import context, lanes, outbox_rows, queue, relay
from harness.waiting import eventually
from mandegar.clock import FrozenClock
from mandegar.events import CustomerKey, Event
from mandegar.lanes.beside import Beside
from mandegar.rebuild.replay import Start, replay
from mandegar.rebuild.run import rebuild
from mandegar.run.beside import BesideRunner
from mandegar.service.parts import Part, Service
from mandegar.service.settings import ServiceSettings
from mandegar.stream import Read, Subscription
from mandegar.wakeup import Wakeup

GIANTS = {CustomerKey("s", name) for name in ("giant", "big")}
TOY = with_giants(GIANTS)


def events_of(number: int) -> list[Event]:
    """Orders of two giants and eight others, mixed."""
    return [order_of(("giant", "big", *"abcdefgh")[n % 10]) for n in range(number)]


def in_order(events: list[Event]) -> dict[str, list[str]]:
    by_customer = sorted(events, key=lambda event: event.customer_id)
    return {name: [str(event.id) for event in some] for name, some in groupby(by_customer, lambda e: e.customer_id)}


def runner(toy: ServiceDatabase, prefix: str, subscription: Subscription) -> BesideRunner:
    async def slowly(some, connection, now):
        await asyncio.sleep(0.02)
        return await subscription.apply(some, connection, now)

    beside = Beside(FrozenClock(NOW), {f"{prefix}toy": replace(subscription, apply=slowly)}, None, PARTITIONS)
    return BesideRunner(beside, toy.worker, toy.worker_url, "toy", Wakeup())


async def test_members_that_come_and_go_apply_everything_once_and_in_order(toy, kafka, topic_prefix, monkeypatch):
    monkeypatch.setattr("mandegar.run.beside.SLEEP_SECONDS", 0.2)
    monkeypatch.setattr("mandegar.lanes.beside.ROWS_MAX", 5)
    events = events_of(400)
    await queue(toy, events)

    def member(name: str):
        return running(lanes(kafka, topic_prefix, toy, name, TOY).run(TOY.topics), runner(toy, topic_prefix, TOY).run())

    async with running(relay(kafka, topic_prefix, toy).run()), member("0"):
        await eventually(lambda: journals(toy), lambda done: len(done) > 2)
        async with member("1"):
            await asyncio.sleep(1)
            await queue(toy, later := events_of(200))
            await asyncio.sleep(1)
        # The second has left, in the middle of whatever it did.
        await eventually(lambda: journals(toy), lambda done: sum(map(len, done.values())) == 600, seconds=40)
    assert await journals(toy) == in_order([*events, *later])
    assert await waiting(toy) == 0


def toy_service(name: str, subscription: Subscription) -> Service[ServiceSettings]:
    read = Read(subscription.types, subscription.apply)
    return Service(name, parts=[Part(reads=(read,))], settings=ServiceSettings)


async def test_a_replay_ends_behind_what_waits(toy, kafka, topic_prefix):
    """Also where no service runs beside it; and it applies nothing again."""
    events = events_of(100)
    await queue(toy, events)
    async with running(
        relay(kafka, topic_prefix, toy).run(), lanes(kafka, topic_prefix, toy, subscription=TOY).run(TOY.topics)
    ):
        await eventually(lambda: waiting(toy), lambda rows: rows == 20)
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
    settings = context(toy, kafka, topic_prefix, FrozenClock(NOW))
    assert await replay(toy_service(f"{topic_prefix}toy", TOY), settings, "ingest.events", Start(offset=0)) == 100

    assert await waiting(toy) == 0
    assert await journals(toy) == in_order(events)


async def test_a_rebuild_applies_who_needs_longer_too(toy, kafka, topic_prefix, postgres):
    events = events_of(100)
    await queue(toy, events)
    async with running(relay(kafka, topic_prefix, toy).run()):
        await eventually(lambda: outbox_rows(toy), lambda rows: rows == 0)
    async with toy_database(postgres) as empty:
        await rebuild(toy_service("toy", TOY), context(empty, kafka, topic_prefix, FrozenClock(NOW)))
        assert (await waiting(empty), await outbox_rows(empty)) == (0, 0)
        assert await journals(empty) == in_order(events)
