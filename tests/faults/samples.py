"""One look a second at every member: memory, open files, and what its probes say."""

import asyncio

import httpx2
import psutil

from faults.journal import Lines
from faults.members import Member
from faults.stack import Stack
from mandegar.http_client import HttpClient

EVERY_SECONDS = 1.0


async def sample(stack: Stack) -> None:
    """Write samples until cancelled."""
    lines = Lines(stack.root / "samples.jsonl")
    async with HttpClient(timeout=1.5) as http:
        while True:
            await asyncio.gather(*(_look(lines, http, member) for member in stack.members if member.wanted))
            await asyncio.sleep(EVERY_SECONDS)


async def _look(lines: Lines, http: httpx2.AsyncClient, member: Member) -> None:
    try:
        process = psutil.Process(member.pid)
        rss, fds = process.memory_info().rss / 1e6, process.num_fds()
    except (psutil.Error, OSError):  # between two lives
        rss, fds = None, None
    ready, live = await _ask(http, member, "readyz"), await _ask(http, member, "livez")
    lines.write(process=member.name, rss_mb=None if rss is None else round(rss, 1), fds=fds, ready=ready, live=live)


async def _ask(http: httpx2.AsyncClient, member: Member, probe: str) -> bool | None:
    """What a probe says; None when nobody answers."""
    try:
        return (await http.get(f"{member.url}/{probe}")).status_code == 200
    except httpx2.HTTPError:
        return None
