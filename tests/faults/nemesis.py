"""The nemesis: faults of every kind, drawn from the seed one period after the other, a quarter of the periods quiet."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, TypeAlias

from faults.drill import Drill
from mandegar_local.ports import SERVICES

PERIOD_SECONDS = (5.0, 10.0)
QUIET_SHARE = 0.25

Kind: TypeAlias = Callable[[Drill], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def service_killed(drill: Drill) -> AsyncIterator[None]:
    member = drill.draw.choice(drill.stack.members)
    async with drill.fault("kill -9", member.name):
        member.kill()
    yield


@asynccontextmanager
async def service_frozen(drill: Drill) -> AsyncIterator[None]:
    member = drill.draw.choice(drill.stack.members)
    async with drill.fault("freeze", member.name):
        member.freeze()
        try:
            yield
        finally:
            member.thaw()


@asynccontextmanager
async def service_restarted(drill: Drill) -> AsyncIterator[None]:
    member = drill.draw.choice(drill.stack.members)
    async with drill.fault("SIGTERM and start", member.name):
        if member.alive and not member.frozen:
            await member.restart()
    yield


@asynccontextmanager
async def broker_killed(drill: Drill) -> AsyncIterator[None]:
    async with drill.fault("kill -9", "broker"):
        await drill.stack.broker.kill()
        try:
            await asyncio.sleep(drill.draw.uniform(0, 3))
        finally:
            await drill.stack.broker.start()
    yield


@asynccontextmanager
async def broker_frozen(drill: Drill) -> AsyncIterator[None]:
    async with drill.fault("freeze", "broker"):
        drill.stack.broker.freeze()
        try:
            yield
        finally:
            drill.stack.broker.thaw()


@asynccontextmanager
async def database_stopped_at_once(drill: Drill) -> AsyncIterator[None]:
    """``pg_ctl stop -m immediate``: no checkpoint, every session ended."""
    async with drill.fault("stop -m immediate", "postgres"):
        await drill.stack.database.kill(signal.SIGQUIT)
        try:
            await asyncio.sleep(drill.draw.uniform(0, 2))
        finally:
            await drill.stack.database.start()
    yield


@asynccontextmanager
async def backend_killed(drill: Drill) -> AsyncIterator[None]:
    """One backend dies of SIGKILL, so the server throws everybody out and recovers."""
    async with drill.fault("kill -9 of a backend", "postgres"):
        await kill_a_backend(drill)
    yield


async def kill_a_backend(drill: Drill) -> None:
    service = drill.draw.choice(SERVICES)
    backends = await drill.stack.fetch(
        service,
        """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
           AND backend_type = 'client backend' ORDER BY pid""",
    )
    if backends:
        with suppress(ProcessLookupError):  # it ended between our look and the kill
            os.kill(drill.draw.choice(backends)["pid"], signal.SIGKILL)


def network(link: str, what: str, **toxics: Any) -> Kind:
    """A fault of one link for the whole period."""

    @asynccontextmanager
    async def suffering(drill: Drill) -> AsyncIterator[None]:
        async with drill.fault(what, link), drill.stack.network.suffering(link, **toxics):
            yield

    return suffering


KINDS: dict[str, Kind] = {
    "service killed": service_killed,
    "service frozen": service_frozen,
    "service restarted": service_restarted,
    "broker killed": broker_killed,
    "broker frozen": broker_frozen,
    "database stopped": database_stopped_at_once,
    "backend killed": backend_killed,
    "slow broker": network("kafka", "latency 200 ms ± 100", latency=0.2, jitter=0.1),
    "black hole to the broker": network("kafka", "black hole", hole="both"),
    "broker's answers lost": network("kafka", "answers held", hole="answers"),
    "broker resets": network("kafka", "RST", reset=True),
    "slow database": network("postgres", "latency 50 ms ± 30", latency=0.05, jitter=0.03),
    "database's answers lost": network("postgres", "answers held", hole="answers"),
    "database resets": network("postgres", "RST", reset=True),
    "narrow line to the mail server": network("smtp", "2 KB/s", bandwidth=2000),
    "no mail server": network("smtp", "down", down=True),
    "gateway's answers lost": network("sms", "answers held", hole="answers"),
}


async def haunt(drill: Drill, seconds: float, kinds: dict[str, Kind] | None = None) -> None:
    """Period after period, until ``seconds`` are over."""
    drawn_from = kinds or KINDS
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    while clock() < until:
        period = drill.draw.uniform(*PERIOD_SECONDS)
        if drill.draw.random() < QUIET_SHARE:
            drill.say("a quiet period")
            await asyncio.sleep(period)
            continue
        async with drawn_from[drill.draw.choice(sorted(drawn_from))](drill):
            await asyncio.sleep(period)
