"""What the meter takes for a transaction's own work, and what it leaves to the database and to a frozen process."""

import asyncio
import time

import pytest

from mandegar.clock import thread_seconds
from mandegar.database.meter import Meter


def compute(seconds: float) -> None:
    until = thread_seconds() + seconds
    while thread_seconds() < until:
        pass


async def test_waiting_is_no_work_of_its_own():
    meter = Meter()

    async def work() -> int:
        await asyncio.sleep(0.2)
        compute(0.02)
        await asyncio.sleep(0.2)
        return 7

    assert await meter.measure(work()) == 7
    assert meter.longest < 0.2
    assert meter.busy >= 0.02


async def test_computing_is_work_and_being_frozen_is_not():
    meter = Meter()

    async def work() -> None:
        compute(0.05)
        await asyncio.sleep(0)
        time.sleep(0.2)  # as a process that is stopped: the time passes, and none of it is its own

    await meter.measure(work())
    assert meter.longest >= 0.2
    assert meter.busy < 0.05
    assert meter.total >= 0.25


async def test_errors_and_cancellations_pass_through_in_both_directions():
    meter, seen = Meter(), []

    async def handles() -> str:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        return "never"

    task = asyncio.create_task(meter.measure(handles()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["cancelled"]

    async def fails() -> None:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(10)

    with pytest.raises(TimeoutError):
        await meter.measure(fails())
