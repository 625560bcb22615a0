"""The pulse of a server: what it answered last is told without asking it again."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import pytest
from prometheus_client import Gauge

from harness.in_process import running
from harness.servers import free_port
from harness.waiting import eventually
from mandegar.database import ping
from mandegar.service import pulse as subject
from mandegar.service.pulse import Pulse

UP = Gauge("pulse_up", "for these tests", registry=None)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(subject, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(subject, "ANSWER_SECONDS", 0.1)


@asynccontextmanager
async def beating(ask):
    pulse = Pulse("the server", ask, UP)
    assert await pulse.check() == "the server has not been asked yet"
    async with running(pulse.run()):
        yield pulse


async def test_a_database_that_is_away_is_named_with_the_error_and_no_address():
    port = free_port()
    pool = await asyncpg.create_pool(f"postgresql://worker:secret@127.0.0.1:{port}/loyalty", min_size=0)
    async with beating(partial(ping, pool)) as pulse:
        await eventually(pulse.check, lambda told: told == "the server does not answer (ConnectionRefusedError)")
    assert UP._value.get() == 0


async def test_a_closed_pool_is_a_database_that_is_away():
    pool = await asyncpg.create_pool("postgresql://worker:secret@127.0.0.1/loyalty", min_size=0)
    pool.terminate()
    async with beating(partial(ping, pool)) as pulse:
        await eventually(pulse.check, lambda told: told == "the server does not answer (InterfaceError)")


async def test_a_server_that_falls_silent_and_answers_again_is_told_each_time():
    answers = asyncio.Event()
    answers.set()
    async with beating(answers.wait) as pulse:
        await eventually(pulse.check, lambda told: told is None)
        assert UP._value.get() == 1

        answers.clear()
        silent = "the server does not answer (TimeoutError); its last answer was 0 s ago"
        await eventually(pulse.check, lambda told: told == silent)
        assert UP._value.get() == 0

        answers.set()
        await eventually(pulse.check, lambda told: told is None)
        assert UP._value.get() == 1


async def test_an_error_that_nobody_foresaw_does_not_end_the_task():
    async def confused() -> None:
        raise AttributeError("'NoneType' object has no attribute 'end_offsets'")

    async with beating(confused) as pulse:
        await eventually(pulse.check, lambda told: told == "the server does not answer (AttributeError)")
