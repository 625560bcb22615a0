"""A route of one process wakes relay and timer of another, by a notification of the database."""

import asyncio
import time

import asyncpg

from harness.in_process import running
from harness.waiting import eventually
from mandegar.lanes.brake import Brake, Limits
from mandegar.lanes.brake_rows import delete_brakes, engaged_brakes
from mandegar.lanes.shared_brake import SharedBrake
from mandegar.run import wakeups
from mandegar.run.wakeups import receive_wakeups, send_wakeups
from mandegar.wakeup import Wakeup

SOON = 2.0


class Woken:
    """A wakeup whose waits are timed."""

    def __init__(self) -> None:
        self.wakeup = Wakeup()

    async def within(self, seconds: float) -> bool:
        began = time.monotonic()
        await self.wakeup.wait(seconds)
        self.wakeup.clear()
        return time.monotonic() - began < seconds


async def test_each_call_wakes_the_task_that_it_names_and_no_other(toy):
    relay, timer, called = Woken(), Woken(), Wakeup()
    heard = receive_wakeups(toy.worker_url, {"relay": relay.wakeup, "timer": timer.wakeup})
    async with running(heard, send_wakeups(toy.worker, "timer", called)):
        assert await relay.within(SOON)  # once the connection stands: what was committed before is not missed
        assert await timer.within(SOON)
        for _ in range(3):
            called()
            assert await timer.within(SOON)
        assert not await relay.within(0.2)
        await toy.worker.execute("SELECT pg_notify('wakeups', 'nobody')")
        assert not await timer.within(0.2)


async def test_a_hundred_calls_in_a_row_are_few_notifications(toy):
    called, heard = Wakeup(), []
    listener = await asyncpg.connect(toy.worker_url)
    await listener.add_listener(wakeups.CHANNEL, lambda *told: heard.append(told[3]))
    async with running(send_wakeups(toy.worker, "relay", called)):
        for _ in range(100):
            called()
            await asyncio.sleep(0)
        await asyncio.sleep(0.3)  # so long a second one would come
    await listener.close()

    assert 1 <= len(heard) <= 3


async def test_a_lost_connection_is_opened_again_and_wakes_all(toy, monkeypatch):
    monkeypatch.setattr(wakeups, "RETRY_SECONDS", 0.05)
    relay, called = Woken(), Wakeup()
    async with running(
        receive_wakeups(toy.worker_url, {"relay": relay.wakeup}), send_wakeups(toy.worker, "relay", called)
    ):
        assert await relay.within(SOON)
        for _ in range(3):
            await toy.worker.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wakeups'"
                " AND datname = current_database()"
            )
            assert await relay.within(SOON)
        called()
        assert await relay.within(SOON)


async def test_an_engaged_brake_is_shown_and_released_by_its_row(toy, monkeypatch):
    monkeypatch.setattr("mandegar.lanes.shared_brake.LOOK_SECONDS", 0.05)
    brake = Brake("toy", Limits(seconds=60))

    async def shown() -> dict[str, str]:
        async with toy.worker.acquire() as connection:
            return await engaged_brakes(connection)

    await toy.worker.execute(
        "INSERT INTO brakes VALUES ('toy', 'toy-0', 'before a restart'), ('toy', 'toy-1', 'other')"
    )
    async with running(SharedBrake(brake, toy.worker, "toy-0").run()):
        await eventually(shown, lambda rows: rows == {"toy": "other"})
        await toy.worker.execute("DELETE FROM brakes")
        brake.engaged = "most records were refused"
        await eventually(shown, lambda rows: rows == {"toy": "most records were refused"})
        assert brake.engaged is not None

        async with toy.worker.acquire() as connection:
            assert await delete_brakes(connection, "toy")
            assert not await delete_brakes(connection, "toy")

        async def engaged() -> str | None:
            return brake.engaged

        await eventually(engaged, lambda reason: reason is None)
        brake.engaged = "again"
        await eventually(shown, lambda rows: rows == {"toy": "again"})
        brake.release()
        await eventually(shown, lambda rows: rows == {})
