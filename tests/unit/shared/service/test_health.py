"""Health: alive while the loop turns, ready while every check is well, and a sentence for what is not."""

import asyncio

from harness.waiting import eventually
from mandegar.service import health as subject
from mandegar.service.health import Health
from mandegar.telemetry import metrics


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


async def test_a_check_that_fails_or_hangs_has_told_that_something_is_wrong(monkeypatch):
    monkeypatch.setattr(subject, "CHECK_SECONDS", 0.05)

    async def fails() -> None:
        raise AttributeError("'NoneType' object has no attribute 'end_offsets'")

    async def hangs() -> None:
        await asyncio.Event().wait()

    checks = {"fails": fails, "hangs": hangs, "well": well}
    told = {"fails": "the check failed (AttributeError)", "hangs": "the check failed (TimeoutError)", "well": None}
    assert await Health(checks=checks, started=True).readiness() == told
    assert await Health(optional_checks=checks).degradation() == told


async def test_readiness_and_every_check_are_metrics():
    health = Health(checks={"lanes": unwell, "fine": well}, optional_checks={"broker": unwell}, started=True)

    await health.measure()
    values = {gauge: gauge._value.get() for gauge in (metrics.READY, metrics.UNREADY.labels("lanes"))}
    assert list(values.values()) == [0, 1]
    assert metrics.UNREADY.labels("fine")._value.get() == 0
    assert metrics.DEGRADED.labels("broker")._value.get() == 1

    health.checks.clear()
    await health.measure()
    assert metrics.READY._value.get() == 1
