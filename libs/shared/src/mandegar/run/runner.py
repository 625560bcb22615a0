"""Runs a service as one process: HTTP server, lanes, relay, timer and background tasks.

The process ends when one of its tasks fails. On SIGTERM it drains: it reports itself unready, stops taking work,
finishes the work it has begun, and closes its clients.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import asyncpg
import uvloop

from mandegar import failpoints
from mandegar.clock import Clock, monotonic_seconds
from mandegar.customers.timer import Timer
from mandegar.database import open_pool, ping
from mandegar.database.pool import BY_SET
from mandegar.environment import settings_or_exit
from mandegar.events.topics import INGEST_EVENTS
from mandegar.kafka.names import TopicNames
from mandegar.kafka.probe import Probe
from mandegar.lanes.application import as_process
from mandegar.lanes.beside import Beside
from mandegar.lanes.brake import Brake, Limits
from mandegar.lanes.lanes import Lanes, LaneSettings
from mandegar.outbox.check import unpublished
from mandegar.outbox.relay import Relay
from mandegar.run.beside import BesideRunner
from mandegar.run.garbage_collection import collect_periodically, raise_gc_thresholds
from mandegar.run.keys import open_tokens, watch_keys
from mandegar.run.rebuild_mark import BeingRebuilt, refuse_half_rebuilt
from mandegar.run.replica import open_replica, watch_replica
from mandegar.run.upkeep import DatabaseNotReady, maintain_database, wait_for_migrations
from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.service.parts import S, Service
from mandegar.service.pulse import Pulse
from mandegar.stream import Place, Process, Subscription
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger, set_up_logging
from mandegar.tokens.keys import InvalidKeys
from mandegar.wakeup import Wakeup
from mandegar.web.app import create_app
from mandegar.web.edge.limits import limits_of
from mandegar.web.refused_acts import RefusedActs
from mandegar.web.server import serve_http

log = logger(__name__)

DRAIN_SECONDS = 18.0
STAGE_SECONDS = 7.0
LAST_MOMENT_SECONDS = 0.2
EXIT_FAILED = 70
START_UP_FAILURES = (
    DatabaseNotReady,
    BeingRebuilt,
    InvalidKeys,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
)


def run(service: Service[S]) -> None:
    """Run ``service`` until SIGTERM (exit 0) or until one of its tasks fails (exit 70)."""
    settings = settings_or_exit(service.settings)
    set_up_logging(service.name, level=settings.log_level, json_lines=settings.environment == "production")
    raise_gc_thresholds()
    failpoints.arm(settings.failpoint)
    uvloop.run(_run_and_exit(service, settings))


async def _run_and_exit(service: Service[S], settings: S) -> None:
    failed = await _run(service, settings)
    sys.stdout.flush()
    os._exit(EXIT_FAILED if failed else 0)  # threads or tasks of clients could keep a normal exit from ending


async def _run(service: Service[S], settings: S) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        stopping = asyncio.create_task(stop.wait())
        preparing = asyncio.create_task(_make_ready(service, settings, stack))
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
        health = Health()
        coroutines = _tasks(service, context, health)
        tasks = {asyncio.create_task(task, name=name): name for name, task in coroutines.items()}
        health.started = True
        log.info("started", parts=sorted(coroutines))
        done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        failed = _log_failures(done - {stopping}, tasks)
        health.draining = True
        await _drain(tasks)
    log.info("stopped", failed=failed)
    return failed


async def _make_ready(service: Service[S], settings: S, stack: AsyncExitStack) -> Context[S]:
    context = await open_context(service, settings, stack)
    await refuse_half_rebuilt(context.worker, service.name)
    return context


async def open_context(service: Service[S], settings: S, stack: AsyncExitStack) -> Context[S]:
    """Open the pools and build the context of a process or command; ``stack`` closes them.

    Raises one of ``START_UP_FAILURES`` if the database does not answer or was not migrated.
    """
    tokens = await open_tokens(settings)
    worker_url = settings.worker_database_url.get_secret_value()
    await wait_for_migrations(worker_url)
    web_url = settings.web_database_url.get_secret_value()
    worker = await open_pool(worker_url, name=f"{service.name}-worker", size_max=8)
    stack.callback(worker.terminate)
    web = await open_pool(web_url, name=f"{service.name}-web", size_max=6)
    stack.callback(web.terminate)
    reporting = await open_pool(web_url, name=f"{service.name}-reporting", size_max=2, reading=BY_SET)
    stack.callback(reporting.terminate)
    clock = Clock.parse(settings.clock)
    metrics.BUILD.labels(service.name, "0.1.0").set(1)
    return service.extend(
        Context(
            name=service.name,
            settings=settings,
            clock=clock,
            worker=worker,
            web=web,
            reporting=reporting,
            tokens=tokens,
            wake_relay=Wakeup(),
            wake_timer=Wakeup(),
            replica=await open_replica(service.name, settings, worker, clock, stack),
        )
    )


def _tasks(service: Service[S], context: Context[S], health: Health) -> dict[str, Coroutine[Any, Any, None]]:
    """The tasks of the process by name, as far as ``settings.parts`` selects them."""
    settings, names = context.settings, TopicNames(context.settings.topic_prefix)
    tasks: dict[str, Coroutine[Any, Any, None]] = {
        "beat": health.beat(),
        "collector": collect_periodically(),
        "upkeep": maintain_database(context.worker, context.clock, settings, service.expiries),
    }
    database = Pulse("the database", partial(ping, context.worker), metrics.DATABASE_UP)
    health.checks["database"] = database.check
    tasks["pulse database"] = database.run()
    if {"lanes", "relay"} & settings.parts:
        # Optional: without Kafka a process serves its routes, and doors accept events. A readiness that fell with Kafka
        # would take every replica out of service at once.
        probe = Probe(settings.broker, f"{service.name}-pulse")
        kafka = Pulse("Kafka", partial(probe.ping, names.physical(INGEST_EVENTS)), metrics.KAFKA_UP)
        health.optional_checks["kafka"] = kafka.check
        tasks["pulse kafka"] = kafka.run()
    if "relay" in settings.parts:
        url = settings.worker_database_url.get_secret_value()
        relay = Relay(settings.broker, url, names, settings.partitions, context.wake_relay)
        tasks["relay"] = relay.run()
        health.optional_checks["relay"] = partial(unpublished, relay, context.worker)
    if "timer" in settings.parts and service.settle is not None:
        timer = Timer(
            context.worker,
            context.clock,
            service.settle,
            settings.partitions,
            wake=context.wake_timer,
            on_settled=context.wake_relay,
            on_set_aside=context.wake_beside,
        )
        tasks["timer"] = timer.run()
    if (keys := watch_keys(context.tokens, settings, health)) is not None:
        tasks["keys"] = keys.run()
    lanes: dict[str, Lanes] = {}
    if {"lanes", "timer"} & settings.parts:
        beside = _lane_beside(service, context)
        beside.braked = lambda: any(each.brake.engaged for each in lanes.values())
        tasks["lanes beside"] = beside.run()
        health.optional_checks["lane beside"] = beside.check
    if "lanes" in settings.parts:
        for group, subscription in service.subscriptions.items():
            lanes[group] = _lanes_of_events(context, group, subscription)
            checks = health.optional_checks if subscription.optional else health.checks
            checks[group] = lanes[group].condition.check
            health.optional_checks[f"{group} progress"] = lanes[group].condition.stalled
            tasks[f"lanes {group}"] = lanes[group].run(subscription.topics)
        for group, records in service.record_subscriptions(context).items():
            # An optional check, because a service with such records is usable through HTTP while Kafka is away.
            lanes[group] = _lanes(context, group, records.process, steps_over=True)
            health.optional_checks[group] = lanes[group].condition.check
            health.optional_checks[f"{group} progress"] = lanes[group].condition.stalled
            tasks[f"lanes {group}"] = lanes[group].run(pattern=records.pattern)
    if "background" in settings.parts:
        background = [task for part in service.parts for task in part.background]
        tasks.update({f"background {task.__name__}": task(context) for task in background})
        for name, make in [item for part in service.parts for item in part.watched.items()]:
            task = make(context)
            health.optional_checks.update(task.checks)
            tasks[f"background {name}"] = task.run()
    if "http" in settings.parts:
        tasks.update(watch_replica(context, health))
        refused = RefusedActs(context.web)
        tasks["refused acts"] = refused.flush_periodically()
        app = create_app(service, context, health, lanes, refused)
        ports = [port for port in (settings.http_port, settings.operations_port) if port is not None]
        tasks["http"] = serve_http(app, settings.http_host, ports, limits_of(settings))
    return tasks


def _lane_beside(service: Service[S], context: Context[S]) -> BesideRunner:
    loop = asyncio.get_running_loop()

    def applied() -> None:
        loop.call_soon_threadsafe(context.wake_relay)
        loop.call_soon_threadsafe(context.wake_timer)

    beside = Beside(
        context.clock, service.subscriptions, service.settle, context.settings.partitions, on_applied=applied
    )
    url = context.settings.worker_database_url.get_secret_value()
    return BesideRunner(beside, context.worker, url, service.name, context.wake_beside)


def _lanes_of_events(context: Context[S], group: str, subscription: Subscription) -> Lanes:
    settings = context.settings
    brake = Brake(group, Limits(settings.brake_records, settings.brake_share, settings.brake_seconds))
    overlong = Counter[Place]()
    process = as_process(
        subscription, group, settings.partitions, brake=brake, overlong=overlong, on_set_aside=context.wake_beside
    )
    return _lanes(context, group, process, brake, overlong)


def _lanes(
    context: Context[S],
    group: str,
    process: Process,
    brake: Brake | None = None,
    overlong: Counter[Place] | None = None,
    *,
    steps_over: bool = False,
) -> Lanes:
    settings = context.settings
    lane_settings = LaneSettings(
        broker=settings.broker,
        group=group,
        member=f"{group}-{settings.instance}",
        names=TopicNames(settings.topic_prefix),
        lanes=settings.lanes,
        steps_over=steps_over,
    )

    def applied() -> None:
        context.wake_relay()
        context.wake_timer()

    return Lanes(
        lane_settings, context.worker, context.clock, process, on_applied=applied, brake=brake, overlong=overlong
    )


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
