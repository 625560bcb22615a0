"""The tasks of a process, by its role: some answer requests, others work through topics, due times and the outbox."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeAlias

from mandegar.customers.timer import Timer
from mandegar.database import ping
from mandegar.events.topics import INGEST_EVENTS
from mandegar.kafka.names import TopicNames
from mandegar.kafka.probe import Probe
from mandegar.lanes.application import as_process
from mandegar.lanes.beside import Beside
from mandegar.lanes.brake import Brake, Limits
from mandegar.lanes.lanes import Lanes, LaneSettings
from mandegar.lanes.shared_brake import SharedBrake
from mandegar.outbox.check import unpublished
from mandegar.outbox.relay import Relay
from mandegar.run.beside import BesideRunner
from mandegar.run.garbage_collection import collect_periodically
from mandegar.run.keys import watch_keys
from mandegar.run.replica import watch_replica
from mandegar.run.upkeep import maintain_database
from mandegar.run.wakeups import receive_wakeups, send_wakeups
from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.service.measuring import STREAM, Measuring
from mandegar.service.parts import S, Service
from mandegar.service.pulse import Pulse
from mandegar.service.role import Role
from mandegar.stream import Place, Process, Subscription
from mandegar.telemetry import metrics
from mandegar.wakeup import Wakeup
from mandegar.web.app import create_app, create_operations_app
from mandegar.web.edge.limits import limits_of
from mandegar.web.refused_acts import RefusedActs
from mandegar.web.server import serve_http

Tasks: TypeAlias = dict[str, Coroutine[Any, Any, None]]


def tasks_of(service: Service[S], context: Context[S], health: Health, role: Role) -> Tasks:
    """The tasks of a process by name."""
    database = Pulse("the database", partial(ping, context.worker), metrics.DATABASE_UP)
    health.checks["database"] = database.check
    tasks: Tasks = {"beat": health.beat(), "collector": collect_periodically(), "pulse database": database.run()}
    lanes: dict[str, Lanes] = {}
    if role.works:
        tasks |= _working(service, context, health, lanes)
    if role.answers:
        if (keys := watch_keys(context.tokens, context.settings, health)) is not None:
            tasks["keys"] = keys.run()
        tasks |= watch_replica(context, health)
        if not role.works:
            tasks |= _waking_others(context)
    measuring = Measuring(context.worker, lanes, service.measures if role.works else None)
    if not role.works:
        measured = [gauge for measure in (STREAM, *service.measures) for gauge in measure.gauges]
        metrics.leave_out([metrics.KAFKA_UP, *measured])
    return tasks | _serving(service, context, health, measuring, role)


def _working(service: Service[S], context: Context[S], health: Health, lanes: dict[str, Lanes]) -> Tasks:
    """Relay, timer, upkeep, background tasks, and lanes, which are added to ``lanes``."""
    settings, names = context.settings, TopicNames(context.settings.topic_prefix)
    url = settings.worker_database_url.get_secret_value()
    # Optional: without Kafka a process has work to do. A readiness that fell with Kafka would take every replica out
    # of service at once.
    probe = Probe(settings.broker, f"{service.name}-pulse")
    kafka = Pulse("Kafka", partial(probe.ping, names.physical(INGEST_EVENTS)), metrics.KAFKA_UP)
    health.optional_checks["kafka"] = kafka.check
    relay = Relay(settings.broker, url, names, settings.partitions, context.wake_relay)
    health.optional_checks["relay"] = partial(unpublished, relay, context.worker)
    beside = _lane_beside(service, context)
    beside.braked = lambda: any(each.brake.engaged for each in lanes.values())
    health.optional_checks["lane beside"] = beside.check
    tasks: Tasks = {
        "upkeep": maintain_database(context.worker, context.clock, settings, service.expiries),
        "pulse kafka": kafka.run(),
        "relay": relay.run(),
        "wakeups": receive_wakeups(url, _wakeups(context)),
        "lanes beside": beside.run(),
    }
    if service.settle is not None:
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
    return tasks | _reading(service, context, health, lanes) | _background(service, context, health)


def _reading(service: Service[S], context: Context[S], health: Health, lanes: dict[str, Lanes]) -> Tasks:
    tasks: Tasks = {}
    for group, subscription in service.subscriptions.items():
        lanes[group] = _lanes_of_events(context, group, subscription)
        checks = health.optional_checks if subscription.optional else health.checks
        checks[group] = lanes[group].condition.check
        health.optional_checks[f"{group} progress"] = lanes[group].condition.stalled
        tasks[f"lanes {group}"] = lanes[group].run(subscription.topics)
        tasks[f"brake {group}"] = SharedBrake(lanes[group].brake, context.worker, lanes[group].settings.member).run()
    for group, records in service.record_subscriptions(context).items():
        # An optional check, because a service with such records is usable through HTTP while Kafka is away.
        lanes[group] = _lanes(context, group, records.process, steps_over=True)
        health.optional_checks[group] = lanes[group].condition.check
        health.optional_checks[f"{group} progress"] = lanes[group].condition.stalled
        tasks[f"lanes {group}"] = lanes[group].run(pattern=records.pattern)
    return tasks


def _background(service: Service[S], context: Context[S], health: Health) -> Tasks:
    tasks: Tasks = {f"background {task.__name__}": task(context) for part in service.parts for task in part.background}
    for name, make in [item for part in service.parts for item in part.watched.items()]:
        task = make(context)
        health.optional_checks.update(task.checks)
        tasks[f"background {name}"] = task.run()
    return tasks


def _waking_others(context: Context[S]) -> Tasks:
    """What routes wake runs in another process."""
    wakeups = _wakeups(context).items()
    return {f"wakeups {name}": send_wakeups(context.worker, name, wakeup) for name, wakeup in wakeups}


def _wakeups(context: Context[S]) -> dict[str, Wakeup]:
    return {"relay": context.wake_relay, "timer": context.wake_timer, "beside": context.wake_beside}


def _serving(service: Service[S], context: Context[S], health: Health, measuring: Measuring, role: Role) -> Tasks:
    settings = context.settings
    if not role.answers:
        app = create_operations_app(service, context, health, measuring)
        port = settings.worker_port or settings.operations_port or settings.http_port
        return {"http": serve_http(app, settings.http_host, [port], limits_of(settings))}
    refused = RefusedActs(context.web)
    app = create_app(service, context, health, measuring, refused)
    ports = [port for port in (settings.http_port, settings.operations_port) if port is not None]
    return {
        "refused acts": refused.flush_periodically(),
        "http": serve_http(app, settings.http_host, ports, limits_of(settings)),
    }


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
