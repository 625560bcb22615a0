"""Runs a stack in the foreground until Ctrl-C or `down`, and then stops it; one stack per directory."""

import asyncio
import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mandegar_local.children import stop_leftover, write_pid_file
from mandegar_local.ports import OWN_PROCESSES, ports_from_environment
from mandegar_local.screen import Screen, fail
from mandegar_local.stack import Stack, save_clock
from mandegar_local.stack_clock import StackClock, start_clock
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles


def run_stack(files: StackFiles, first_instant: str, ready_descriptor: int | None = None) -> int:
    """Start a stack and wait until it is stopped; returns the exit code.

    `ready_descriptor` is a pipe of `--detach`, into which a line is written once the stack is ready.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    files.root.mkdir(parents=True, exist_ok=True)
    screen = Screen()
    try:
        with _exclusive(files):
            clock = start_clock(files.clock, first_instant, time.time(), left_running=_stop_leftovers(files, screen))
            stack = Stack(files, ports_from_environment(), clock, screen.log)
            code = asyncio.run(_run(stack, screen, clock, ready_descriptor))
    except StackError as error:
        fail(str(error))
        return 1
    if any(
        process.starting is not None for process in stack.processes
    ):  # a thread is downloading and cannot be cancelled
        sys.stdout.flush()
        os._exit(code)
    return code


async def _run(stack: Stack, screen: Screen, clock: StackClock, ready_descriptor: int | None) -> int:
    stop_requested = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop_requested.set)
    keeping = asyncio.create_task(save_clock(clock))
    working = asyncio.create_task(_up_and_follow(stack, screen, ready_descriptor))
    stopping = asyncio.create_task(stop_requested.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    failure = working.exception() if working.done() else None
    working.cancel()
    stopping.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await working
    screen.log("stopping" if failure is None else "stopping after a failure")
    await stack.down()
    keeping.cancel()
    clock.save(time.time(), running=False)
    if isinstance(failure, StackError):
        fail(str(failure))
        return 1
    if failure is not None:
        raise failure
    screen.log("stopped; the data is kept in " + str(stack.files.root))
    return 0


async def _up_and_follow(stack: Stack, screen: Screen, ready_descriptor: int | None) -> None:
    await stack.up()
    screen.log(f"ready; addresses, tokens and keys are in {stack.files.stack}")
    if ready_descriptor is not None:
        os.write(ready_descriptor, b"ready\n")
        os.close(ready_descriptor)
    else:
        screen.log("press Ctrl-C to stop")
    await screen.follow(stack.processes, stack.clock)


@contextmanager
def _exclusive(files: StackFiles) -> Iterator[None]:
    with files.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StackError(f"A stack already runs in {files.root}; stop it with `make down`.") from error
        write_pid_file(files.supervisor, os.getpid())
        try:
            yield
        finally:
            files.supervisor.unlink(missing_ok=True)


def _stop_leftovers(files: StackFiles, screen: Screen) -> bool:
    left = [name for name in OWN_PROCESSES if stop_leftover(files.pid(name))]
    if left:
        screen.log(f"stopped processes of an earlier run: {', '.join(left)}")
    return bool(left)
