"""Wakes relay and timer in other processes, by a notification of PostgreSQL.

A notification is sent after the commit of what it tells of, several calls in a row as one: with the commit itself it
would make all commits of the server wait for each other. One that is lost with its process or connection is made good
by the poll of the relay and the longest sleep of the timer.
"""

import asyncio
from collections.abc import Mapping

import asyncpg

from mandegar.database import Pool, is_transient
from mandegar.telemetry.logging import logger
from mandegar.wakeup import Wakeup

log = logger(__name__)

CHANNEL = "wakeups"
TOGETHER_SECONDS = 0.005
PING_SECONDS = 5.0
RETRY_SECONDS = 0.5
ANSWER_SECONDS = 5.0


async def send_wakeups(pool: Pool, name: str, wakeup: Wakeup) -> None:
    """Send a notification after each call of ``wakeup``, until cancelled. ``name`` says which task is to wake."""
    while True:
        await wakeup.wait()
        wakeup.clear()
        try:
            await pool.execute("SELECT pg_notify($1, $2)", CHANNEL, name)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("wakeup_not_sent", task=name, error=type(error).__name__)
        await asyncio.sleep(TOGETHER_SECONDS)


async def receive_wakeups(url: str, wakeups: Mapping[str, Wakeup]) -> None:
    """Call the wakeup that each notification names, until cancelled; all of them after the connection was lost."""
    while True:
        try:
            await _listen(url, wakeups)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("wakeups_not_heard", error=type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)


async def _listen(url: str, wakeups: Mapping[str, Wakeup]) -> None:
    """Listen until the connection ends. It is asked every few seconds, because a dead one would be silent too."""
    lost = asyncio.Event()

    def wake(_connection: object, _pid: int, _channel: str, name: object) -> None:
        if (wakeup := wakeups.get(str(name))) is not None:
            wakeup()

    connection = await asyncpg.connect(
        url, timeout=10, command_timeout=ANSWER_SECONDS, server_settings={"application_name": "wakeups"}
    )
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, wake)
        for wakeup in wakeups.values():
            wakeup()
        while not lost.is_set():
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await lost.wait()
            except TimeoutError:
                await connection.execute("SELECT 1")
    finally:
        connection.terminate()
