"""The lanes of one subscription: poll what is free, apply each lane's share in one transaction, tell Kafka later.

A lane is a set of partitions (number modulo lanes) whose records are applied one batch after the other. Two lanes
keep Python and PostgreSQL busy at the same time; a customer's events of all topics share a partition number, so they
share a lane.
"""

import asyncio
import re
from collections.abc import Callable, Hashable, Sequence
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
from mandegar.kafka.names import TopicNames
from mandegar.kafka.probe import Probe
from mandegar.lanes.backlog import Backlog
from mandegar.lanes.batch import Chunk
from mandegar.lanes.brake import Brake, Braked
from mandegar.lanes.positions import Positions
from mandegar.lanes.rest import has_caught_up, rest_seconds
from mandegar.lanes.steps import RETRY_SECONDS, Steps
from mandegar.lanes.stuck import watch
from mandegar.stream import Process
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

RECORDS_MAX = 2_000
IDLE_POLL_MS = 250
BUSY_POLL_MS = 20
HINT_SECONDS = 2.0
CAREFUL_SECONDS = 10.0

Polled: TypeAlias = dict[TopicPartition, list[ConsumerRecord]]


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """Who consumes: ``group`` is the consumer group, ``member`` the name of this process within it."""

    bootstrap: str
    group: str
    member: str
    names: TopicNames = field(default_factory=TopicNames)
    lanes: int = 2


class Lanes:
    """Applies one subscription until cancelled. ``on_applied`` is called after each commit (to wake the relay)."""

    def __init__(
        self,
        settings: LaneSettings,
        pool: Pool,
        clock: Clock,
        process: Process,
        on_applied: Callable[[], None],
        brake: Brake | None = None,
    ) -> None:
        self.settings = settings
        self.positions = Positions(settings.lanes)
        self.brake = brake or Brake(settings.group)
        self.backlog = Backlog(self.positions, Probe(settings.bootstrap, settings.member))
        self._steps = Steps(pool, settings.group, process, clock, settings.names, RECORDS_MAX)
        self._consumer: AIOKafkaConsumer | None = None
        self._running: dict[int, asyncio.Task[None]] = {}
        self._careful_until = 0.0
        self._turns = 0
        self._on_applied = on_applied

    async def run(self, topics: Sequence[str] = (), pattern: str | None = None) -> None:
        """Consume ``topics`` or all topics that match ``pattern`` (logical names)."""
        settings, names = self.settings, self.settings.names
        # A member that the broker knows gets back the partitions that it had, whatever it asks for now: so whoever
        # reads other topics, after a release for instance, is another member.
        member = f"{settings.member}-{crc32((pattern or ','.join(sorted(topics))).encode()):08x}"
        group = names.physical(settings.group)
        consumer = await client.start_with_retries(
            lambda: client.new_consumer(settings.bootstrap, group=group, member=names.physical(member))
        )
        self._consumer = consumer
        listener = self.positions.listener(consumer, self._seed, settings.group)
        if pattern is None:
            consumer.subscribe([names.physical(topic) for topic in topics], listener=listener)
        else:
            consumer.subscribe(pattern=f"^{re.escape(names.prefix)}{pattern}$", listener=listener)
        hints = asyncio.create_task(self._hint_offsets(consumer))
        waits = partial(self._waits, must_be_assigned=pattern is None)
        watching = asyncio.create_task(watch(self._place, waits))
        try:
            while not watching.done():
                await self._turn(consumer)
            watching.result()
        finally:
            hints.cancel()
            watching.cancel()
            await self._abandon()
            await asyncio.gather(client.leave_group(consumer), self.backlog.close())
            self.positions.cancel_seeding()  # of an assignment that came while the client was stopping

    async def check(self) -> str | None:
        """What keeps these lanes from working, if anything."""
        if not self.positions.assigned:
            return "no assignment from Kafka yet"
        if self.positions.awaiting_offsets:
            return "waiting for stored offsets"
        return self.brake.engaged

    @property
    def busy(self) -> bool:
        """Whether a batch is in hand."""
        return bool(self._busy_lanes())

    def _busy_lanes(self) -> set[int]:
        return {lane for lane, task in self._running.items() if not task.done()}

    async def lag(self) -> int | None:
        """Records of our partitions that are not applied yet; ``None`` while Kafka cannot say."""
        if self._consumer is None or not self.positions.assigned or self.positions.awaiting_offsets:
            return None
        return await self.backlog.records(await self._passed())

    async def _passed(self) -> dict[TopicPartition, int]:
        """How far polls have come where no batch is in hand: what holds no record, such as the mark of a transaction,
        leaves nothing to apply."""
        consumer, idle = self._consumer, self.positions.ready(busy=self._busy_lanes())
        try:
            return {} if consumer is None else {partition: await consumer.position(partition) for partition in idle}
        except IllegalStateError:  # taken away between our look and the call
            return {}

    async def _waits(self, *, must_be_assigned: bool) -> int | None:
        """What the watchdog goes by: records that wait, by the word of a client that is not ours."""
        if self.brake.engaged or self.positions.awaiting_offsets:
            return None
        if must_be_assigned and not (self.positions.assigned and self.positions.expected):
            return await self.backlog.unassigned()
        return await self.backlog.records(await self._passed())

    def _place(self) -> Hashable:
        return frozenset(self.positions.expected.items()), self._steps.setbacks

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        """One poll: of everything idle, or of one partition at a time after a poll has failed."""
        self.positions.raise_failure()
        self._reap()
        free = [] if self.brake.engaged else self.positions.ready(busy=self._running.keys())
        if not free:
            await self._anything_changes()
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
        except IllegalStateError:  # taken away between our look and the call
            await asyncio.sleep(BUSY_POLL_MS / 1000)
            return {}
        except ConsumerStoppedError:
            raise
        except KafkaError as error:
            # What the failed call had drained is lost to it: every position goes back to what was applied.
            log.warning("poll_failed", group=self.settings.group, error=type(error).__name__, partitions=len(free))
            self._steps.setbacks += 1
            self._careful_until = monotonic_seconds() + CAREFUL_SECONDS
            self.positions.rewind(consumer, busy=self._running.keys())
            await asyncio.sleep(RETRY_SECONDS)
            return {}
        return polled

    def _start(self, consumer: AIOKafkaConsumer, polled: Polled) -> None:
        """Give each lane its share of a poll as one batch."""
        batches: dict[int, dict[TopicPartition, Chunk]] = {}
        may_rest = has_caught_up(consumer, polled)
        for partition, raw in polled.items():
            legal = may_have_gaps(self.settings.names.logical(partition.topic))
            if not self.positions.continues(
                consumer, partition, raw[0].offset, self.settings.group, may_have_gaps=legal
            ):
                continue
            chunk = self._steps.chunk(partition, raw, self.positions.expected[partition])
            batches.setdefault(self.positions.lane_of(partition), {})[partition] = chunk
        for lane, chunks in batches.items():
            self._running[lane] = asyncio.create_task(self._apply(consumer, chunks, may_rest=may_rest))

    async def _apply(self, consumer: AIOKafkaConsumer, chunks: dict[TopicPartition, Chunk], *, may_rest: bool) -> None:
        """Apply one batch. Whatever goes wrong, the stored offsets say where to go on."""
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
        """Seek to the stored offsets, trying until the database answers; records polled before are dropped."""
        self.positions.forget(partitions)
        stored = await self._steps.stored(partitions)
        self.positions.place(consumer, {p: offset for p, offset in stored.items() if p in consumer.assignment()})

    def _reap(self) -> None:
        """Remove finished lanes; raises the error of one that failed, unless it was transient."""
        for lane, task in list(self._running.items()):
            if task.done():
                del self._running[lane]
                if not task.cancelled():
                    task.result()

    async def _anything_changes(self) -> None:
        """Wait for a lane to be done or an assignment to be ready."""
        changed = asyncio.create_task(self.positions.changed.wait())
        try:
            await asyncio.wait({changed, *self._running.values()}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
        self.positions.changed.clear()

    async def _abandon(self) -> None:
        """On the way out: batches in hand may finish for a moment, then they roll back."""
        self.positions.cancel_seeding()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=3.0)
        for task in self._running.values():
            task.cancel()

    async def _hint_offsets(self, consumer: AIOKafkaConsumer) -> None:
        """Commit applied offsets to Kafka now and then, for tools that show lag; nothing depends on it."""
        told: dict[TopicPartition, int] = {}
        while True:
            await asyncio.sleep(HINT_SECONDS)
            expected = {p: o for p, o in self.positions.expected.items() if o > 0 and p in consumer.assignment()}
            metrics.ASSIGNED.labels(self.settings.group).set(len(expected))
            news = {partition: offset for partition, offset in expected.items() if told.get(partition) != offset}
            if news:
                with suppress(KafkaError, IllegalStateError, TimeoutError):
                    await asyncio.wait_for(consumer.commit(news), HINT_SECONDS)
                    told.update(news)
