"""Whether a stack has come to rest: everything read, published, delivered and settled."""

import asyncio
import time
from collections.abc import Callable

import asyncpg
from aiokafka.errors import KafkaError

from faults.stack import Stack
from faults.topics import log_ends

QUIET_SECONDS = 60.0
LOOK_SECONDS = 0.5
TELL_SECONDS = 5.0

_WAITING = """
    SELECT (SELECT count(*) FROM outbox) AS outbox,
           (SELECT count(*) FROM customers WHERE due_at < now() - interval '2 s') AS overdue,
           (SELECT count(*) FROM waiting_beside) AS beside
"""
_SENDS = """
    SELECT count(*) FROM sends WHERE state = 'sending' OR (state = 'ready' AND not_before <= now())
"""


# Longer than a check takes to read everything.
_SOON = "SELECT count(*) FROM customers WHERE due_at < now() + interval '12 s'"


class NotQuiet(AssertionError):
    """The stack did not come to rest in time; the text says what still waited."""


async def wait_until_quiet(stack: Stack, say: Callable[[str], None], *, seconds: float = QUIET_SECONDS) -> float:
    """Return, as unix seconds, since when nothing waits any more: two looks in a row found nothing."""
    deadline, told, since = time.monotonic() + seconds, time.monotonic(), None
    while True:
        waiting = await what_waits(stack)
        if not waiting:
            if since is not None:
                return since
            since = time.time()
        else:
            since = None
            if time.monotonic() > deadline:
                raise NotQuiet(f"not quiet within {seconds:.0f} s: {', '.join(waiting)}")
            if time.monotonic() - told > TELL_SECONDS:
                say(f"waiting for quiet: {', '.join(waiting[:4])}")
                told = time.monotonic()
        await asyncio.sleep(LOOK_SECONDS)


async def what_waits(stack: Stack) -> list[str]:
    """Everything that has not reached its end, as short phrases."""
    try:
        async with asyncio.timeout(10):
            ends = await log_ends(stack.bootstrap)
    except (KafkaError, OSError, TimeoutError) as error:
        return [f"the broker does not answer ({type(error).__name__})"]
    found: list[str] = []
    for service in stack.databases:
        try:
            found += await _in_database(stack, service, ends)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            found.append(f"{service}'s database does not answer ({type(error).__name__})")
    return found


async def _in_database(stack: Stack, service: str, ends: dict[tuple[str, int], int]) -> list[str]:
    found = []
    behind = 0
    for row in await stack.fetch(service, "SELECT topic, partition, next_offset FROM offsets"):
        behind += max(ends.get((row["topic"], row["partition"]), 0) - row["next_offset"], 0)
    if behind:
        found.append(f"{service}: {behind} records not applied")
    waits = (await stack.fetch(service, _WAITING))[0]
    found += [f"{service}: {waits[what]} {what}" for what in ("outbox", "overdue", "beside") if waits[what]]
    if service == "notify" and (sends := (await stack.fetch(service, _SENDS))[0]["count"]):
        found.append(f"{sends} sends due or under way")
    return found


async def wait_until_nothing_is_due(
    stack: Stack, say: Callable[[str], None], *, seconds: float = QUIET_SECONDS
) -> None:
    """Let holds end that are about to, or they would move points while the checkers read; at most ``seconds``."""
    deadline = time.monotonic() + seconds
    while due := sum([(await stack.fetch(service, _SOON))[0]["count"] for service in stack.databases]):
        if time.monotonic() > deadline:
            say(f"{due} customers are due while the checkers read")
            return
        await asyncio.sleep(LOOK_SECONDS)
