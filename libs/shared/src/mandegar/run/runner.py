"""Runs a service as one process, or as one of its two: what answers requests, and what works.

The process ends when one of its tasks fails. On SIGTERM it drains: it reports itself unready, stops taking work,
finishes the work it has begun, and closes its clients.
"""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import uvloop

from mandegar import failpoints
from mandegar.clock import monotonic_seconds
from mandegar.environment import settings_or_exit
from mandegar.run.garbage_collection import raise_gc_thresholds
from mandegar.run.identity_mark import OtherIdentityKey, refuse_other_key
from mandegar.run.interpreter import build_of_python
from mandegar.run.moving_mark import BeingMovedInto, refuse_half_moved
from mandegar.run.open_context import open_context
from mandegar.run.rebuild_mark import BeingRebuilt, refuse_half_rebuilt
from mandegar.run.tasks import tasks_of
from mandegar.run.upkeep import DatabaseNotReady
from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.service.parts import S, Service
from mandegar.service.role import Role, lower_priority
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger, set_up_logging
from mandegar.tokens.keys import InvalidKeys

log = logger(__name__)

DRAIN_SECONDS = 18.0
STAGE_SECONDS = 7.0
LAST_MOMENT_SECONDS = 0.2
EXIT_FAILED = 70
START_UP_FAILURES = (
    DatabaseNotReady,
    BeingRebuilt,
    BeingMovedInto,
    OtherIdentityKey,
    InvalidKeys,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
)


def run(service: Service[S], role: Role = Role.ALL) -> None:
    """Run ``service`` until SIGTERM (exit 0) or until one of its tasks fails (exit 70)."""
    settings = settings_or_exit(service.settings)
    set_up_logging(service.name, level=settings.log_level, json_lines=settings.environment == "production")
    raise_gc_thresholds()
    failpoints.arm(settings.failpoint)
    uvloop.run(_run_and_exit(service, settings, role))


async def _run_and_exit(service: Service[S], settings: S, role: Role) -> None:
    failed = await _run(service, settings, role)
    sys.stdout.flush()
    os._exit(EXIT_FAILED if failed else 0)  # threads or tasks of clients could keep a normal exit from ending


async def _run(service: Service[S], settings: S, role: Role) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        stopping = asyncio.create_task(stop.wait())
        preparing = asyncio.create_task(_make_ready(service, settings, stack, role))
        await asyncio.wait({stopping, preparing}, return_when=asyncio.FIRST_COMPLETED)
        if not preparing.done():  # SIGTERM arrived while it waited for its database
            preparing.cancel()
            await asyncio.wait({preparing}, timeout=STAGE_SECONDS)
            return False
        try:
            context = preparing.result()
        except START_UP_FAILURES as error:
            why = str(error) or type(error).__name__
            log.error("not_started", why=why)  # noqa: TRY400  without a traceback
            sys.stderr.write(f"{service.name} was not started: {why}\n")
            return True
        if role is Role.WORKER:  # not before: a start is waited for
            lower_priority()
        health = Health()
        coroutines = tasks_of(service, context, health, role)
        tasks = {asyncio.create_task(task, name=name): name for name, task in coroutines.items()}
        health.started = True
        metrics.BUILD.labels(service.name, "0.1.0", role, build_of_python()).set(1)
        log.info("started", role=str(role), python=build_of_python(), parts=sorted(coroutines))
        done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        failed = _log_failures(done - {stopping}, tasks)
        health.draining = True
        await _drain(tasks)
    log.info("stopped", failed=failed)
    return failed


async def _make_ready(service: Service[S], settings: S, stack: AsyncExitStack, role: Role) -> Context[S]:
    context = await open_context(service, settings, stack, role)
    await refuse_half_rebuilt(context.worker, service.name)
    await refuse_half_moved(context.worker, service.name)
    await refuse_other_key(context.worker, service.name, context.identity_key)
    return context


def _log_failures(done: set[asyncio.Task[Any]], names: dict[asyncio.Task[None], str]) -> bool:
    for task in done:
        error = None if task.cancelled() else task.exception()  # a client may cancel its own task
        log.error("part_failed", part=names[task], error=type(error).__name__ if error else "it ended", exc_info=error)
    return bool(done)


async def _drain(tasks: dict[asyncio.Task[None], str]) -> None:
    """Cancel the tasks in stages, the relay after the tasks whose events it publishes; 18 s in all at most."""
    deadline = monotonic_seconds() + DRAIN_SECONDS
    for stage in ("http", "background", "lanes", "timer", "relay", ""):
        cancelled = {task for task, name in tasks.items() if name.startswith(stage) and not task.done()}
        for task in cancelled:
            task.cancel()
        if cancelled:
            seconds = max(deadline - monotonic_seconds(), LAST_MOMENT_SECONDS)
            await asyncio.wait(cancelled, timeout=min(seconds, STAGE_SECONDS))
