"""Runs a stack in front: one at a time per directory, until Ctrl-C or `down`, and then ends it in order."""

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
from mandegar_local.failure import StackError
from mandegar_local.places import Places
from mandegar_local.ports import SERVICES, ports_from_environment
from mandegar_local.screen import Screen, fail
from mandegar_local.stack import Stack, keep_clock
from mandegar_local.stack_clock import StackClock, start_clock


def run_stack(places: Places, first_instant: str, ready_descriptor: int | None = None) -> int:
    """Start a stack and stay until it is told to end; the exit code.

    `ready_descriptor` is a pipe that gets one line when everything is ready (how `--detach` knows).
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    places.root.mkdir(parents=True, exist_ok=True)
    screen = Screen()
    try:
        with _only_one(places):
            clock = start_clock(places.clock, first_instant, time.time(), went_on=_stop_leftovers(places, screen))
            stack = Stack(places, ports_from_environment(), clock, screen.log)
            code = asyncio.run(_run(stack, screen, clock, ready_descriptor))
    except StackError as error:
        fail(str(error))
        return 1
    if any(part.starting is not None for part in stack.parts):  # a download that cannot be broken off
        sys.stdout.flush()
        os._exit(code)
    return code


async def _run(stack: Stack, screen: Screen, clock: StackClock, ready_descriptor: int | None) -> int:
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, told_to_stop.set)
    keeping = asyncio.create_task(keep_clock(clock))
    working = asyncio.create_task(_up_and_follow(stack, screen, ready_descriptor))
    stopping = asyncio.create_task(told_to_stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    failure = working.exception() if working.done() else None
    working.cancel()
    stopping.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await working
    screen.log("stopping" if failure is None else "stopping, because something failed")
    await stack.down()
    keeping.cancel()
    clock.keep(time.time(), running=False)
    if isinstance(failure, StackError):
        fail(str(failure))
        return 1
    if failure is not None:
        raise failure
    screen.log("stopped; the data stays in " + str(stack.places.root))
    return 0


async def _up_and_follow(stack: Stack, screen: Screen, ready_descriptor: int | None) -> None:
    await stack.up()
    screen.log(f"ready; everything is described in {stack.places.stack}")
    if ready_descriptor is not None:
        os.write(ready_descriptor, b"ready\n")
        os.close(ready_descriptor)
    else:
        screen.log("Ctrl-C stops it")
    await screen.follow(stack.parts)


@contextmanager
def _only_one(places: Places) -> Iterator[None]:
    with places.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StackError(f"A stack already runs from {places.root}; stop it with `make down`.") from error
        write_pid_file(places.supervisor, os.getpid())
        try:
            yield
        finally:
            places.supervisor.unlink(missing_ok=True)


def _stop_leftovers(places: Places, screen: Screen) -> bool:
    left = [name for name in (*SERVICES, "mailbox", "sms_outbox") if stop_leftover(places.pid(name))]
    if left:
        screen.log(f"stopped what an earlier run left behind: {', '.join(left)}")
    return bool(left)
