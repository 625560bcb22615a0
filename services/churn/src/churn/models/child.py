"""Runs a fit in a child process, so that the serving process never loads numpy and scipy."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import orjson

from mandegar.children import ONE_THREAD

SECONDS_MAX = 300.0


class FitFailed(RuntimeError):
    """The child process ended without a version."""


async def fit_in_child(request: Mapping[str, Any], sample: AsyncIterator[bytes]) -> dict[str, Any]:
    """Run ``churn.fitting`` on a request and a sample; raises ``FitFailed`` if the child fails or takes too long."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "churn.fitting",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **ONE_THREAD},
    )
    try:
        async with asyncio.timeout(SECONDS_MAX):
            await _write(child, request, sample)
            output, errors = await child.communicate()
    except TimeoutError as error:
        raise FitFailed(f"no version within {SECONDS_MAX:.0f} s") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise FitFailed(f"exit {child.returncode}: {errors.decode(errors='replace')[-500:]}")
    answer: dict[str, Any] = orjson.loads(output)
    return answer


async def _write(child: asyncio.subprocess.Process, request: Mapping[str, Any], sample: AsyncIterator[bytes]) -> None:
    """A line of JSON, then the sample; a child that has ended tells by its exit code why it read no more."""
    if child.stdin is None:
        raise FitFailed("no pipe")
    with suppress(BrokenPipeError, ConnectionResetError):
        child.stdin.write(orjson.dumps(request) + b"\n")
        async for some in sample:
            child.stdin.write(some)
            await child.stdin.drain()
    child.stdin.close()
