"""The lanes of a subscription: poll idle partitions and apply each lane's records in one transaction.

A lane is a set of partitions (number modulo the number of lanes) whose batches are applied one after another. With two
lanes, Python decodes one batch while PostgreSQL applies the other. All events of a customer have the same partition
number in every topic, and so the same lane. Offsets are stored in PostgreSQL; commits to Kafka only inform its tools.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias
from zlib import crc32

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import ConsumerStoppedError, IllegalStateError, KafkaError

from mandegar.clock import Clock, monotonic_seconds
from mandegar.database import Pool
from mandegar.events.topics import may_have_gaps
from mandegar.kafka import client
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.kafka.probe import Probe
from mandegar.lanes.backlog import Backlog
from mandegar.lanes.batch import Chunk
from mandegar.lanes.brake import Brake, Braked
from mandegar.lanes.condition import Condition
from mandegar.lanes.positions import Positions
from mandegar.lanes.rest import has_caught_up, rest_seconds
from mandegar.lanes.standing import Standing
from mandegar.lanes.steps import RETRY_SECONDS, Steps
from mandegar.lanes.stuck import watch
from mandegar.stream import Place, Process
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger
from mandegar.telemetry.seldom import Seldom

log = logger(__name__)

RECORDS_MAX = 2_000
IDLE_POLL_MS = 250
BUSY_POLL_MS = 20
HINT_SECONDS = 2.0
MEASURE_SECONDS = 5.0
CAREFUL_SECONDS = 10.0

Polled: TypeAlias = dict[TopicPartition, list[ConsumerRecord]]


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """``group`` is the consumer group, ``member`` the static name of this process in it.

    ``steps_over`` gives ``process`` what cannot be decoded as an unreadable record, and goes on behind it.
    """

    broker: Broker
    group: str
    member: str
    names: TopicNames = field(default_factory=TopicNames)
    lanes: int = 2
    steps_over: bool = False


class Lanes:
    """Applies the records of one subscription. ``on_applied`` is called after each commit, to wake relay and timer."""

    def __init__(
        self,
        settings: LaneSettings,
        pool: Pool,
        clock: Clock,
        process: Process,
        on_applied: Callable[[], None],
        brake: Brake | None = None,
        *,
        overlong: Counter[Place] | None = None,
    ) -> None:
        self.settings = settings
        self.positions = Positions(settings.lanes)
        self.brake = brake or Brake(settings.group)
        probe = Probe(settings.broker, settings.member)
        self.backlog = Backlog(settings.group, self.positions, probe, self._polled_to)
        self._steps = Steps(
            pool,
            settings.group,
            process,
            clock,
            settings.names,
            RECORDS_MAX,
            overlong=Counter() if overlong is None else overlong,
        )
        self.condition = Condition(self.positions, self.backlog, self.brake, self._steps)
        self._standing = Standing(
            settings.broker, settings.group, self._steps, self.positions, on_applied, steps_over=settings.steps_over
        )
        self._consumer: AIOKafkaConsumer | None = None
        self._running: dict[int, asyncio.Task[None]] = {}
        self._careful_until = 0.0
        self._failed_polls = Seldom()
        self._turns = 0
        self._on_applied = on_applied

    async def run(self, topics: Sequence[str] = (), pattern: str | None = None) -> None:
        """Consume ``topics``, or all topics that match ``pattern`` (logical names), until cancelled.

        Raises ``LanesStuck``, and any error of a batch that is not transient.
        """
        settings, names = self.settings, self.settings.names
        # The broker returns to a static member the partitions that it had, even if it subscribes to other topics now.
        # The member's name therefore depends on its topics, which a release may change.
        member = f"{settings.member}-{crc32((pattern or ','.join(sorted(topics))).encode()):08x}"
        group = names.physical(settings.group)
        consumer = await client.start_with_retries(
            lambda: client.new_consumer(settings.broker, group=group, member=names.physical(member))
        )
        self._consumer = consumer
        listener = self.positions.listener(consumer, self._seed, settings.group)
        if pattern is None:
            consumer.subscribe([names.physical(topic) for topic in topics], listener=listener)
        else:
            consumer.subscribe(pattern=f"^{re.escape(names.prefix)}{pattern}$", listener=listener)
        hints = asyncio.create_task(self._hint_offsets(consumer))
        condition, waiting = self.condition, partial(self.condition.waiting_records, must_be_assigned=pattern is None)
        watching = asyncio.create_task(watch(condition.progress, condition.signs_of_life, waiting))
        measuring = asyncio.create_task(self._measure())
        try:
            while not watching.done():
                await self._turn(consumer)
            watching.result()
        finally:
            for task in (hints, watching, measuring):
                task.cancel()
            await self._finish_batches()
            await asyncio.gather(client.leave_group(consumer), self.backlog.close())
            self.positions.cancel_seeding()  # an assignment may have arrived while the client was stopping

    @property
    def busy(self) -> bool:
        """Whether a batch is being applied."""
        return bool(self._busy_lanes())

    def _busy_lanes(self) -> set[int]:
        return {lane for lane, task in self._running.items() if not task.done()}

    async def lag(self) -> int | None:
        """The number of records that are not applied yet; ``None`` while offsets are unknown or Kafka is away."""
        lag = await self.backlog.lag()
        return None if lag is None else lag.records

    async def _polled_to(self) -> dict[TopicPartition, int]:
        """The consumer's position in each partition of an idle lane.

        It may be past the stored offset where offsets hold no record, such as a transaction's marker.
        """
        consumer, idle = self._consumer, self.positions.ready(busy=self._busy_lanes())
        try:
            return {} if consumer is None else {partition: await consumer.position(partition) for partition in idle}
        except IllegalStateError:  # revoked since ``ready`` listed it
            return {}

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        """Poll all idle partitions once; for ten seconds after a failed poll, one partition at a time."""
        self.positions.raise_failure()
        self._reap()
        free = [] if self.brake.engaged else self.positions.ready(busy=self._running.keys())
        if not free:
            await self._wait_for_change()
            return
        if monotonic_seconds() < self._careful_until:
            self._turns += 1
            free = [free[self._turns % len(free)]]
        if polled := await self._poll(consumer, free):
            self._start(consumer, polled)

    async def _poll(self, consumer: AIOKafkaConsumer, free: Sequence[TopicPartition]) -> Polled:
        timeout_ms = BUSY_POLL_MS if self._running else IDLE_POLL_MS
        try:
            polled: Polled = await consumer.getmany(*free, timeout_ms=timeout_ms, max_records=self._steps.records_max)
        except IllegalStateError:  # revoked since ``ready`` listed it
            await asyncio.sleep(BUSY_POLL_MS / 1000)
            return {}
        except ConsumerStoppedError:
            raise
        except Exception as error:  # noqa: BLE001 - decoders of compressions raise errors of their own
            # Records that the failed call had taken from the client's buffer are lost, so all positions are reset.
            name = type(error).__name__
            if times := self._failed_polls.times(name):
                log.warning("poll_failed", group=self.settings.group, error=name, partitions=len(free), times=times)
            self._steps.setbacks += 1
            self.positions.rewind(consumer, busy=self._running.keys())
            if not await self._standing.set_aside_unreadable(consumer, free):
                self._careful_until = monotonic_seconds() + CAREFUL_SECONDS
                await asyncio.sleep(RETRY_SECONDS)
            return {}
        return polled

    def _start(self, consumer: AIOKafkaConsumer, polled: Polled) -> None:
        """Start one batch per lane with its records of a poll."""
        batches: dict[int, dict[TopicPartition, Chunk]] = {}
        may_rest = has_caught_up(consumer, polled)
        for partition, raw in polled.items():
            gaps_expected = may_have_gaps(self.settings.names.logical(partition.topic))
            if not self.positions.continues(
                consumer, partition, raw[0].offset, self.settings.group, may_have_gaps=gaps_expected
            ):
                continue
            chunk = self._steps.chunk(partition, raw, self.positions.expected[partition])
            batches.setdefault(self.positions.lane_of(partition), {})[partition] = chunk
        for lane, chunks in batches.items():
            self._running[lane] = asyncio.create_task(self._apply(consumer, chunks, may_rest=may_rest))

    async def _apply(self, consumer: AIOKafkaConsumer, chunks: dict[TopicPartition, Chunk], *, may_rest: bool) -> None:
        """Apply one batch. Partitions that were not applied continue from the stored offsets."""
        group, began = self.settings.group, monotonic_seconds()
        try:
            applied = await self._steps.apply(chunks)
        except Braked:
            applied = None
        moved: set[TopicPartition] = set() if applied is None else applied
        if applied is not None:
            metrics.OFFSET_CONFLICTS.labels(group).inc(len(chunks) - len(moved))
        took = monotonic_seconds() - began
        metrics.BATCH_SECONDS.labels(group).observe(took)
        for partition in moved:
            self.positions.move(partition, chunks[partition])
        if moved:
            self._on_applied()
        if lost := chunks.keys() - moved:
            await self._seed(consumer, lost)
        elif may_rest:
            await asyncio.sleep(rest_seconds(took))

    async def _seed(self, consumer: AIOKafkaConsumer, partitions: set[TopicPartition]) -> None:
        """Seek to the stored offsets, retrying until the database answers; records polled before are dropped."""
        self.positions.read_anew(partitions)
        stored = await self._steps.stored(partitions)
        self.positions.place(consumer, {p: offset for p, offset in stored.items() if p in consumer.assignment()})

    def _reap(self) -> None:
        """Remove finished lanes; raises the error of one that failed, unless it was transient."""
        self._standing.raise_failure()
        for lane, task in list(self._running.items()):
            if task.done():
                del self._running[lane]
                if not task.cancelled():
                    task.result()

    async def _wait_for_change(self) -> None:
        """Wait until a batch ends or an assignment is ready, for a second at most."""
        changed = asyncio.create_task(self.positions.changed.wait())
        try:
            await asyncio.wait({changed, *self._running.values()}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
        self.positions.changed.clear()

    async def _finish_batches(self) -> None:
        """Let running batches finish for three seconds, then cancel them, which rolls them back."""
        self.positions.cancel_seeding()
        self._standing.cancel()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=3.0)
        for task in self._running.values():
            task.cancel()

    async def _measure(self) -> None:
        """Measure the lag although nobody asks, so that a partition that stands still is noticed."""
        while True:
            await self.backlog.measure()
            await asyncio.sleep(MEASURE_SECONDS)

    async def _hint_offsets(self, consumer: AIOKafkaConsumer) -> None:
        """Commit applied offsets to Kafka every two seconds, for tools that show the lag; no code reads them."""
        committed: dict[TopicPartition, int] = {}
        while True:
            await asyncio.sleep(HINT_SECONDS)
            expected = {p: o for p, o in self.positions.expected.items() if o > 0 and p in consumer.assignment()}
            metrics.ASSIGNED.labels(self.settings.group).set(len(expected))
            moved = {partition: offset for partition, offset in expected.items() if committed.get(partition) != offset}
            if moved:
                with suppress(KafkaError, IllegalStateError, TimeoutError):
                    await asyncio.wait_for(consumer.commit(moved), HINT_SECONDS)
                    committed.update(moved)
