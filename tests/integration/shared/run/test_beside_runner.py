"""The lane beside runs on a loop of its own: what it computes stops nobody, and its end is that of the process."""

import asyncio
from dataclasses import replace

import pytest

from harness.databases import ServiceDatabase
from harness.failing import failing_at
from harness.in_process import running
from harness.toy import NOW, SUBSCRIPTION, apply, order_of, records, settle
from harness.toy_beside import ids, journals, waiting
from harness.waiting import eventually
from mandegar.clock import FrozenClock, monotonic_seconds, thread_seconds
from mandegar.customers.waiting import add_events
from mandegar.database import transaction
from mandegar.failpoints import StreamFailpoint
from mandegar.lanes.beside import Beside
from mandegar.run.beside import BesideRunner, in_thread
from mandegar.stream import Apply
from mandegar.wakeup import Wakeup


def runner(
    toy: ServiceDatabase, apply: Apply = apply, wake: Wakeup | None = None, applied=lambda: None
) -> BesideRunner:
    subscriptions = {"toy": replace(SUBSCRIPTION, apply=apply)}
    beside = Beside(FrozenClock(NOW), subscriptions, settle, 12, on_applied=applied)
    return BesideRunner(beside, toy.worker, toy.worker_url, "toy", wake or Wakeup())


async def set_aside(toy: ServiceDatabase, *events):
    async with transaction(toy.worker) as connection:
        await add_events(connection, "toy", list(zip(events, records(events), strict=True)))


async def test_what_is_computed_beside_does_not_stop_the_loop_of_the_process(toy):
    events = [order_of("giant"), order_of("giant")]

    async def slow(some, connection, now):
        until = thread_seconds() + 1.0
        while thread_seconds() < until:
            pass
        return await apply(some, connection, now)

    await set_aside(toy, *events)
    longest, last = 0.0, monotonic_seconds()
    async with running(runner(toy, slow).run()), asyncio.timeout(20):
        while await waiting(toy):
            await asyncio.sleep(0.01)
            longest, last = max(longest, monotonic_seconds() - last), monotonic_seconds()
    assert await journals(toy) == {"giant": ids(*events)}
    assert longest < 0.8


async def test_what_is_set_aside_later_is_taken_up_at_a_wake_and_who_waits_for_it_is_woken(toy):
    wake, applied = Wakeup(), asyncio.Event()
    loop = asyncio.get_running_loop()
    made = runner(toy, wake=wake, applied=lambda: loop.call_soon_threadsafe(applied.set))
    async with running(made.run()):
        await asyncio.sleep(0.3)  # it has looked, and sleeps
        await set_aside(toy, order_of("giant"))
        wake()
        async with asyncio.timeout(4):
            await applied.wait()
    assert await waiting(toy) == 0


async def test_an_error_that_is_no_weather_ends_the_task(toy):
    await set_aside(toy, order_of("giant"))
    with failing_at(StreamFailpoint.BESIDE_BEFORE_COMMIT):
        await asyncio.wait_for(runner(toy).run(), 10)
    assert await waiting(toy) == 1


async def test_a_cancellation_rolls_back_what_is_in_hand(toy):
    inside = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def endless(events, connection, now):
        await apply(events, connection, now)
        loop.call_soon_threadsafe(inside.set)
        await asyncio.sleep(60)

    await set_aside(toy, order_of("giant"))
    task = asyncio.create_task(runner(toy, endless).run())
    await inside.wait()
    began = monotonic_seconds()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert monotonic_seconds() - began < 3
    assert await waiting(toy) == 1
    assert await journals(toy) == {}


async def test_its_thread_ends_with_the_error_of_its_work():
    async def fails() -> None:
        await asyncio.sleep(0)
        raise LookupError("as a bug would")

    with pytest.raises(LookupError):
        await in_thread(fails)


async def test_probes_tell_what_has_waited_for_long(toy):
    made = runner(toy)
    await set_aside(toy, order_of("giant"), order_of("giant"))
    assert await made.check() is None

    await toy.worker.execute("UPDATE waiting_beside SET since = since - interval '90 s'")
    told = await made.check()
    assert told.startswith("2 events or settlings of 1 customers wait for the lane beside, the oldest for 9")


async def test_nothing_is_worked_off_while_the_brake_is_engaged(toy, monkeypatch):
    """A release that cannot apply its events would make dead letters of what waits."""
    monkeypatch.setattr("mandegar.run.beside.RETRY_SECONDS", 0.1)
    engaged = True
    made = runner(toy)
    made.braked = lambda: engaged
    await set_aside(toy, order_of("giant"))
    async with running(made.run()):
        await asyncio.sleep(0.5)  # several looks
        assert await waiting(toy) == 1
        engaged = False
        await eventually(lambda: waiting(toy), lambda rows: rows == 0)
