"""Applies batches of a consumer group and reads its stored offsets, with retries.

Used by lanes, whose partitions Kafka assigns, and by ``CatchUp``, which reads partitions without an assignment.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord, TopicPartition

from mandegar.clock import Clock
from mandegar.database import Pool, is_transient, retry_transient, transaction
from mandegar.kafka.names import TopicNames
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.offsets import stored_offsets
from mandegar.lanes.unreadable import Unreadable
from mandegar.stream import Process, Record
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

RECORDS_MIN = 50
RETRY_SECONDS = 0.25


@dataclass(slots=True)
class Steps:
    """Applies batches of up to ``records_max`` records; ``setbacks`` counts failures, as a sign of life."""

    pool: Pool
    group: str
    process: Process
    clock: Clock
    names: TopicNames
    records_max: int
    setbacks: int = 0
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
        try:
            moved = await apply_batch(self.pool, self.group, self.process, named, self.clock.now())
        except Exception as error:
            if not is_transient(error):
                raise
            metrics.LANE_RETRIES.labels(self.group, type(error).__name__).inc()
            log.warning("batch_given_up", group=self.group, error=type(error).__name__)
            self.setbacks += 1
            # The batch may exceed the time limits of a transaction; the same batch would then fail for ever.
            self.records_max = max(self.records_max // 4, RECORDS_MIN)
            return None
        self.records_max = min(self.records_max + RECORDS_MIN, self._records_limit)
        return {by_name[name] for name in moved}

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
