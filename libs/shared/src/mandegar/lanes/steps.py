"""Applies batches of a consumer group and reads its stored offsets, with retries.

Used by lanes, whose partitions Kafka assigns, and by ``CatchUp``, which reads partitions without an assignment.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiokafka import ConsumerRecord, TopicPartition

from mandegar.clock import Clock
from mandegar.database import Pool, WorkerConnection, is_transient, retry_transient, transaction
from mandegar.database.meter import SHRINK, Meter
from mandegar.database.pool import answers
from mandegar.events import Event
from mandegar.kafka.names import TopicNames
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.offsets import stored_offsets
from mandegar.lanes.unreadable import Unreadable
from mandegar.stream import Place, Process, Record, place_of
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

# The smallest batch after bad weather, and the step by which batches grow again.
RECORDS_MIN = 50
# A batch that computed for longer makes the next one smaller: its neighbours wait for it.
BATCH_SECONDS = 1.0
RETRY_SECONDS = 0.25


@dataclass(slots=True)
class Steps:
    """Applies batches of up to ``records_max`` records.

    ``setbacks`` counts failures, ``given_up`` those in a row of each partition. ``overlong`` has the places of records
    that did not fit into a transaction of their own, with the number of attempts; ``process`` may share it.
    """

    pool: Pool
    group: str
    process: Process
    clock: Clock
    names: TopicNames
    records_max: int
    setbacks: int = 0
    given_up: Counter[TopicPartition] = field(default_factory=Counter)
    overlong: Counter[Place] = field(default_factory=Counter)
    _records_limit: int = field(init=False)

    def __post_init__(self) -> None:
        self._records_limit = self.records_max

    def chunk(self, partition: TopicPartition, raw: Sequence[ConsumerRecord], start: int) -> Chunk:
        """The records of one partition in a poll as a chunk, which expects the stored offset ``start``."""
        topic = self.names.logical(partition.topic)
        number = partition.partition
        return Chunk(start, [Record(topic, number, r.offset, r.key, r.value, r.headers, r.timestamp) for r in raw])

    def chunk_before(self, partition: TopicPartition, found: Unreadable, start: int) -> Chunk:
        """The records before an unreadable batch, and one record that stands for what cannot be read of it."""
        readable = self.chunk(partition, found.records, start).records
        topic = self.names.logical(partition.topic)
        reason = f"offsets {found.at} to {found.stop - 1}: {found.reason}"
        rest = Record(topic, partition.partition, found.at, None, found.content, unreadable=reason)
        return Chunk(start, [*readable, rest], found.stop)

    async def apply(self, chunks: Mapping[TopicPartition, Chunk]) -> set[TopicPartition] | None:
        """Apply one batch; returns the partitions that were applied. The others have another owner now.

        ``None`` means that a transient error rolled the batch back; ``records_max`` is then reduced. The caller seeks
        partitions that were not applied to their stored offsets.
        """
        by_name = {(self.names.logical(p.topic), p.partition): p for p in chunks}
        named = {name: chunks[partition] for name, partition in by_name.items()}
        meter = Meter()

        async def measured(records: Sequence[Record], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
            return await meter.measure(self.process(records, connection, now))

        try:
            moved = await apply_batch(self.pool, self.group, measured, named, self.clock.now())
        except Exception as error:
            if not is_transient(error):
                raise
            await self._give_up(chunks, meter, error)
            return None
        self._adapt(chunks, meter)
        return {by_name[name] for name in moved}

    async def _give_up(self, chunks: Mapping[TopicPartition, Chunk], meter: Meter, error: Exception) -> None:
        """Make the next batch smaller: one record at last, if the work itself took longer than a transaction may rest.

        A record whose batch of one does not fit either is noted in ``overlong``, unless nobody else can reach the
        database: a broken one makes neither dead letters nor small batches.
        """
        metrics.LANE_RETRIES.labels(self.group, type(error).__name__).inc()
        self.setbacks += 1
        for partition in chunks:
            self.given_up[partition] += 1
        metrics.LANE_GIVEN_UP.labels(self.group).set(max(self.given_up.values()))
        records = _records(chunks)
        own = meter.too_long
        log.warning("batch_given_up", group=self.group, error=type(error).__name__, records=len(records), own=own)
        if not own:
            self.records_max = min(self.records_max, max(self.records_max // 4, RECORDS_MIN))
            return
        self.records_max = max(min(self.records_max, len(records)) // SHRINK, 1)
        if len(records) == 1 and meter.computed and await answers(self.pool):
            self.overlong[place_of(records[0])] += 1

    def _adapt(self, chunks: Mapping[TopicPartition, Chunk], meter: Meter) -> None:
        """Let the next batch be larger again, or smaller if this one kept the loop for longer than its budget."""
        if self.given_up:
            for partition in chunks:
                self.given_up.pop(partition, None)
            metrics.LANE_GIVEN_UP.labels(self.group).set(max(self.given_up.values(), default=0))
        records = _records(chunks)
        for record in records if self.overlong else ():
            self.overlong.pop(place_of(record), None)
        if meter.total > BATCH_SECONDS and len(records) > RECORDS_MIN:
            self.records_max = max(len(records) // 2, RECORDS_MIN)
        else:
            # Twice as many after a batch of one: what did not fit may stand right behind.
            more = max(min(self.records_max, RECORDS_MIN), 1)
            self.records_max = min(self.records_max + more, self._records_limit)

    @retry_transient(first_seconds=0.05, max_seconds=RETRY_SECONDS)
    async def stored(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The stored offset of each partition, retried until the database answers."""
        by_name = {(self.names.logical(p.topic), p.partition): p for p in partitions}
        async with transaction(self.pool) as connection:
            offsets = await stored_offsets(connection, self.group, by_name)
            if len(offsets) < len(by_name):
                # Another owner inserted rows while the statement waited for it; a second one sees them.
                offsets = await stored_offsets(connection, self.group, by_name)
        return {partition: offsets[name] for name, partition in by_name.items()}


def _records(chunks: Mapping[TopicPartition, Chunk]) -> list[Record]:
    return [record for chunk in chunks.values() for record in chunk.records]
