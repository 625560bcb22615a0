"""Child processes that compute what the serving process must not: large libraries, much memory, minutes of work."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from threading import Event, Thread
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from mandegar.clock import monotonic_seconds

# A line has a whole result, with its plots.
LINE_BYTES_MAX: Final = 64 * 1024 * 1024
# For the environment of a child that computes with linear algebra: more threads would wait for each other.
ONE_THREAD: Final[Mapping[str, str]] = MappingProxyType({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
_LOOK_SECONDS: Final = 1.0


class ChildFailed(RuntimeError):
    """A child process ended without a result."""


class Progress(NamedTuple):
    """How far a child process is: ``done`` of ``total`` of what it is ``doing``."""

    doing: str | None = None
    done: int = 0
    total: int = 0


@asynccontextmanager
async def child_lines(
    module: str, given: AsyncIterator[bytes], environment: Mapping[str, str] | None = None
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """Run ``python -m <module>`` on ``given``; yields what it writes, a JSON object a line, until one has ``result``.

    The child is ended when the block is left. The lines raise ``ChildFailed`` if it ends without a result, and what
    ``given`` raised if that is why.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
        env={**os.environ, **(environment or {})},
    )
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise ChildFailed("the child process has no pipes")
    feeding = asyncio.create_task(_feed(child, child.stdin, given))
    complaints = asyncio.create_task(child.stderr.read())
    try:
        yield _lines(child, child.stdout, feeding, complaints)
    finally:
        if child.returncode is None:
            child.kill()
        feeding.cancel()
        await child.wait()
        await asyncio.gather(feeding, complaints, return_exceptions=True)


async def result_of(
    lines: AsyncIterator[dict[str, Any]], renew: Callable[[Progress], Awaitable[bool]], seconds: float
) -> dict[str, Any] | None:
    """The line with the ``result``; None once ``renew``, which is told the progress so often, says that nobody waits
    for it any more."""
    line: dict[str, Any] = {}
    progress = Progress()
    reading = asyncio.ensure_future(anext(lines))
    renew_at = monotonic_seconds()
    try:
        while True:
            await asyncio.wait({reading}, timeout=max(renew_at - monotonic_seconds(), 0))
            if reading.done():
                line = reading.result()
                if "result" in line:
                    return line
                progress = Progress(line["doing"], line["done"], line["total"])
                reading = asyncio.ensure_future(anext(lines))
            if monotonic_seconds() < renew_at:
                continue
            renew_at = monotonic_seconds() + seconds
            if not await renew(progress):
                return None
    finally:
        reading.cancel()


def end_with(parent: int) -> None:
    """End this process within about a second once ``parent``, the process that started it, has ended.

    A parent that was killed cannot end its children. A loop that reads from a pipe notices; one that computes does not.
    """

    def watch() -> None:
        pause = Event()
        while os.getppid() == parent:
            pause.wait(_LOOK_SECONDS)
        os._exit(1)

    Thread(target=watch, daemon=True, name="end_with_parent").start()


async def _feed(child: asyncio.subprocess.Process, pipe: asyncio.StreamWriter, given: AsyncIterator[bytes]) -> None:
    """Write all to the child. If there is no more because of an error, the child must not take a part for the whole."""
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # its exit code says why it read no more
            async for some in given:
                pipe.write(some)
                await pipe.drain()
    except Exception:
        if child.returncode is None:
            child.kill()
        raise
    pipe.close()


async def _lines(
    child: asyncio.subprocess.Process,
    output: asyncio.StreamReader,
    feeding: asyncio.Task[None],
    complaints: asyncio.Task[bytes],
) -> AsyncIterator[dict[str, Any]]:
    while line := await output.readline():
        told: dict[str, Any] = json.loads(line)
        yield told
        if "result" in told:
            return
    code = await child.wait()
    await feeding
    last = (await complaints).decode(errors="replace").strip().splitlines()[-1:]
    raise ChildFailed(f"exit {code}: {' '.join(last)[:500]}")
