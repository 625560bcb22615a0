"""Runs a fit in a child process, so that the serving process never loads numpy and scipy."""

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Any

import orjson

SECONDS_MAX = 120.0
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class FitFailed(RuntimeError):
    """The child process ended without parameters."""


async def fit_in_child(counts: Sequence[tuple[int, int, int, int]], through_day: int) -> dict[str, Any]:
    """Run ``churn.fitting`` on a histogram; raises ``FitFailed`` if the child fails or takes too long."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "churn.fitting",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **_ONE_THREAD},
    )
    try:
        async with asyncio.timeout(SECONDS_MAX):
            output, errors = await child.communicate(orjson.dumps({"counts": counts, "through_day": through_day}))
    except TimeoutError as error:
        raise FitFailed(f"no parameters within {SECONDS_MAX:.0f} s") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise FitFailed(f"exit {child.returncode}: {errors.decode(errors='replace')[-500:]}")
    answer: dict[str, Any] = orjson.loads(output)
    return answer
