"""A batch that does not fit is made smaller until one event does; own work is told from bad weather."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import asyncpg
import pytest
from aiokafka import TopicPartition

from builders.shops import shop_updated
from harness import toy as service
from harness.databases import ServiceDatabase
from harness.in_process import running
from harness.toy import NOW, order_of, records
from harness.toy_beside import GIANT, ids, journals, with_giants
from harness.waiting import eventually
from mandegar.clock import FrozenClock, thread_seconds
from mandegar.customers.timer import Timer
from mandegar.database import meter
from mandegar.events import Event
from mandegar.kafka.names import TopicNames
from mandegar.lanes import beside as beside_lane
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk
from mandegar.lanes.beside import Beside
from mandegar.lanes.steps import RECORDS_MIN, Steps
from mandegar.stream import Apply, Place, Subscription

P0 = TopicPartition("ingest.events", 0)
SHORT = "SET LOCAL idle_in_transaction_session_timeout = '100ms'"


@pytest.fixture(autouse=True)
def short_transactions(monkeypatch):
    """Sessions may rest 0.1 s instead of 4."""
    monkeypatch.setattr(meter, "OWN_SECONDS", 0.1)
    monkeypatch.setattr(meter, "BUSY_SECONDS", 0.05)


def compute(seconds: float = 0.25) -> None:
    until = thread_seconds() + seconds
    while thread_seconds() < until:
        pass


def slow(is_slow: Callable[[Event], bool], work: Callable[[], None] = compute) -> Apply:
    """The toy, which computes for too long whenever the batch has an event that ``is_slow``."""

    async def apply(events, connection, now):
        await connection.execute(SHORT)
        if any(map(is_slow, events)):
            work()
        return await service.apply(events, connection, now)

    return apply


def steps_of(toy: ServiceDatabase, subscription: Subscription, records_max: int = 2_000) -> Steps:
    overlong = Counter[Place]()
    process = as_process(subscription, "toy", 12, overlong=overlong)
    return Steps(toy.worker, "toy", process, FrozenClock(NOW), TopicNames(), records_max, overlong=overlong)


async def run_through(steps: Steps, events: Sequence[Event], *, attempts: int = 60) -> list[int]:
    """Apply ``events`` of one partition as a lane does; the sizes of all batches that were tried."""
    start = (await steps.stored([P0]))[P0]
    log, at, sizes = records(events, start=start), start, []
    while at < start + len(log) and len(sizes) < attempts:
        some = log[at - start : at - start + steps.records_max]
        sizes.append(len(some))
        if await steps.apply({P0: Chunk(at, some)}):
            at += len(some)
    return sizes


def of_giant(event: Event) -> bool:
    return event.customer_id == GIANT.customer_id


async def test_a_batch_that_does_not_fit_is_made_smaller_until_one_event_does(toy):
    events = [order_of(f"c{number}") for number in range(60)]
    events[30] = order_of("giant")
    steps = steps_of(toy, replace(service.SUBSCRIPTION, apply=slow(of_giant)))
    sizes = await run_through(steps, events)

    assert sizes[0] == 60
    assert 1 in sizes
    done = await journals(toy)
    assert len(done) == 59
    assert "giant" not in done
    assert await toy.worker.fetchval("SELECT count(*) FROM dead_letters") == 0

    # In the lane beside the same work has the time that it needs.
    await Beside(FrozenClock(NOW), {"toy": service.SUBSCRIPTION}, None, 12).drain(toy.worker)
    assert (await journals(toy))["giant"] == ids(events[30])


async def test_an_event_about_a_shop_that_never_fits_becomes_a_dead_letter_that_says_so(toy):
    events = [shop_updated(number) for number in (1, 2, 3)]
    first = events[1].id

    async def apply(shops, connection, now):
        await connection.execute(SHORT)
        if any(event.id == first for event in shops):
            compute()
        await connection.execute("SELECT 1")
        return ()

    subscription = replace(service.SUBSCRIPTION, types=frozenset({"shop.updated"}), apply=apply)
    sizes = await run_through(steps_of(toy, subscription), events)

    (letter,) = await toy.worker.fetch("SELECT event_id, code, detail FROM dead_letters")
    assert tuple(letter)[:2] == (first, "takes_too_long")
    assert "took more time than a transaction has" in letter["detail"]
    assert sum(sizes) < 20


async def test_a_broken_database_makes_neither_dead_letters_nor_batches_of_one(toy):
    async def never(events, connection, now):
        raise asyncpg.SerializationError("again, please")

    steps = steps_of(toy, replace(service.SUBSCRIPTION, apply=never))
    await run_through(steps, [order_of("giant") for _ in range(3)], attempts=20)

    assert steps.records_max == RECORDS_MIN
    assert (steps.overlong, steps.given_up[P0]) == ({}, 20)
    assert await toy.worker.fetchval("SELECT count(*) FROM dead_letters") == 0


@pytest.mark.parametrize("away", [True, False])
async def test_a_frozen_process_or_a_silent_database_blames_no_event(toy, monkeypatch, away):
    """The session is gone, and the time passed without a word; but nothing was computed, or nobody else got through."""

    async def answers(_):
        return not away

    monkeypatch.setattr("mandegar.lanes.steps.answers", answers)
    work = compute if away else lambda: time.sleep(0.3)
    steps = steps_of(toy, replace(service.SUBSCRIPTION, apply=slow(of_giant, work)), records_max=1)
    await run_through(steps, [order_of("giant")], attempts=5)

    assert steps.overlong == {}
    assert await toy.worker.fetchval("SELECT count(*) FROM waiting_beside") == 0


async def test_a_batch_that_kept_the_loop_for_long_makes_the_next_one_smaller(toy, monkeypatch):
    monkeypatch.setattr("mandegar.lanes.steps.BATCH_SECONDS", 0.05)

    async def apply(events, connection, now):
        compute(0.06)
        return ()

    steps = steps_of(toy, replace(service.SUBSCRIPTION, apply=apply))
    sizes = await run_through(steps, [order_of("a") for _ in range(400)])

    assert sizes == [400]
    assert steps.records_max == 200


async def test_what_is_too_long_beside_as_well_becomes_a_dead_letter_and_the_customer_goes_on(toy, monkeypatch):
    monkeypatch.setattr(beside_lane, "OWN_SECONDS", 0.1)
    monkeypatch.setattr(beside_lane, "_LIMITS", SHORT)
    events = [order_of("giant"), order_of("giant", order_id="endless"), order_of("giant")]
    steps = steps_of(toy, with_giants({GIANT}))
    await run_through(steps, events)

    endless = slow(lambda event: event.data.order_id == "endless")
    worker = Beside(FrozenClock(NOW), {"toy": replace(service.SUBSCRIPTION, apply=endless)}, None, 12)
    async with asyncio.timeout(40):
        await worker.drain(toy.worker)

    (letter,) = await toy.worker.fetch("SELECT event_id, code FROM dead_letters")
    assert tuple(letter) == (events[1].id, "takes_too_long")
    assert (await journals(toy))["giant"] == ids(events[0], events[2])


async def test_one_customer_whose_settling_takes_too_long_does_not_stop_the_clock_of_others(toy):
    due = "INSERT INTO customers (shop, customer_id, partition, due_at) VALUES ('s', $1, 0, $2)"
    for name in ("giant", *"abcdefgh"):
        await toy.worker.execute(due, name, NOW)

    async def settle(keys, connection, now):
        await connection.execute(SHORT)
        if GIANT in keys:
            compute()
        return await service.settle(keys, connection, now)

    async def settled():
        return dict(await toy.worker.fetch("SELECT customer_id, settled FROM customers"))

    async with running(Timer(toy.worker, FrozenClock(NOW), settle, 12).run()):
        await eventually(settled, lambda seen: seen == {"giant": 0, **dict.fromkeys("abcdefgh", 1)})

    await Beside(FrozenClock(NOW), {}, service.settle, 12).drain(toy.worker)
    assert await toy.worker.fetchval("SELECT settled FROM customers WHERE customer_id = 'giant'") == 1
