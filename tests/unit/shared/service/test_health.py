"""Health: alive while the loop turns, ready while every check is well, and a sentence for what is not."""

import asyncio

import asyncpg

from harness.servers import free_port
from harness.waiting import eventually
from mandegar.service import health as subject
from mandegar.service.health import Health, database_check


async def well() -> None:
    return None


async def unwell() -> str:
    return "no assignment yet"


async def test_a_process_is_ready_once_it_has_started_and_every_check_is_well():
    health = Health(checks={"database": well}, started=True)

    assert await health.readiness() == {"database": None}


async def test_a_starting_and_a_draining_process_say_so():
    assert await Health().readiness() == {"startup": "still starting"}
    assert await Health(started=True, draining=True).readiness() == {"drain": "shutting down"}


async def test_each_check_answers_under_its_name():
    health = Health(checks={"database": well, "lanes": unwell}, started=True)

    assert await health.readiness() == {"database": None, "lanes": "no assignment yet"}


async def test_checks_run_side_by_side():
    both = asyncio.Barrier(2)

    async def meets_the_other() -> None:
        await both.wait()

    async with asyncio.timeout(5):
        await Health(checks={"a": meets_the_other, "b": meets_the_other}, started=True).readiness()


async def test_the_beat_keeps_a_process_alive(monkeypatch):
    monkeypatch.setattr(subject, "BEAT_SECONDS", 0.001)
    health = Health(beat_at=-1e9)
    assert not health.alive

    beating = asyncio.create_task(health.beat())
    await eventually(lambda: health.alive, bool, seconds=5)
    beating.cancel()


async def test_a_database_that_is_away_is_named_with_the_error_and_no_address():
    port = free_port()
    pool = await asyncpg.create_pool(f"postgresql://worker:secret@127.0.0.1:{port}/loyalty", min_size=0)

    said = await database_check(pool)()

    assert said == "the database does not answer (ConnectionRefusedError)"


async def test_a_closed_pool_is_a_database_that_is_away():
    pool = await asyncpg.create_pool("postgresql://worker:secret@127.0.0.1/loyalty", min_size=0)
    pool.terminate()

    assert await database_check(pool)() == "the database does not answer (InterfaceError)"
