"""Runs a comparison in a child process, which is ended when the caller is."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from msgspec import json

from loyalty.comparing.request import Request

# A line has the whole result, the plots among it.
LINE_BYTES_MAX = 64 * 1024 * 1024


class ComparisonFailed(RuntimeError):
    """The child process ended without a result."""


@asynccontextmanager
async def comparing(request: Request) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """What the child process tells: progress, and the result at last. Raises ``ComparisonFailed`` without one."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "loyalty.comparing",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
    )
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise ComparisonFailed("the child process has no pipes")
    complaints = asyncio.create_task(child.stderr.read())
    try:
        child.stdin.write(json.encode(request))
        child.stdin.close()
        yield _lines(child, child.stdout, complaints)
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
        complaints.cancel()


async def _lines(
    child: asyncio.subprocess.Process, output: asyncio.StreamReader, complaints: asyncio.Task[bytes]
) -> AsyncIterator[dict[str, Any]]:
    while line := await output.readline():
        told: dict[str, Any] = json.decode(line)
        yield told
        if "result" in told:
            return
    code = await child.wait()
    last = (await complaints).decode(errors="replace").strip().splitlines()[-1:]
    raise ComparisonFailed(f"exit {code}: {' '.join(last)[:500]}")
