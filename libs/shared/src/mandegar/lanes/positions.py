"""The positions of the assigned partitions: the next offset of each, and which may be polled.

aiokafka returns records before an assignment handler has finished, swallows its exceptions, and sends no heartbeats
while it runs. The handler therefore only pauses the partitions and starts a task, which reads the stored offsets,
seeks, and marks the partitions ready ("seeding").
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from mandegar.failpoints import StreamFailpoint, reach
from mandegar.lanes.batch import Chunk
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

# A gap is accepted once this many polls in a row have begun behind it: a single poll may have lost records.
GAP_POLLS = 3
EXPECTED_GAP_POLLS = 2

Seed = Callable[[AIOKafkaConsumer, set[TopicPartition]], Awaitable[None]]


class Positions:
    """The next offset of every assigned partition whose stored offset was read."""

    def __init__(self, lanes: int) -> None:
        self.expected: dict[TopicPartition, int] = {}
        # Assigned partitions whose stored offset is being read.
        self.coming_back: set[TopicPartition] = set()
        self.changed = asyncio.Event()
        self.assigned = False
        self.revoked = False
        self._lanes = lanes
        self._gaps: Counter[TopicPartition] = Counter()
        self._set_aside: set[TopicPartition] = set()
        self._seeding: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None

    @property
    def awaiting_offsets(self) -> bool:
        """Whether the stored offsets of the last assignment are still being read."""
        return self._seeding is not None and not self._seeding.done()

    def lane_of(self, partition: TopicPartition) -> int:
        return int(partition.partition) % self._lanes

    def ready(self, busy: Collection[int]) -> list[TopicPartition]:
        """The partitions of lanes that are not ``busy``, but for those that are set aside."""
        return [p for p in self.expected if self.lane_of(p) not in busy and p not in self._set_aside]

    def set_aside(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> None:
        """Exclude a partition from polling until it is placed, so that it holds up no other. Its lag still counts."""
        self._set_aside.add(partition)
        if partition in consumer.assignment():
            consumer.pause(partition)

    @property
    def any_set_aside(self) -> bool:
        return bool(self._set_aside)

    def is_set_aside(self, partition: TopicPartition) -> bool:
        return partition in self._set_aside

    def forget(self, partitions: Collection[TopicPartition]) -> None:
        """Exclude partitions from polling until they are placed again."""
        for partition in partitions:
            self.expected.pop(partition, None)
            self.coming_back.discard(partition)
            self._set_aside.discard(partition)

    def read_anew(self, partitions: Collection[TopicPartition]) -> None:
        """Exclude partitions from polling while their stored offsets are read."""
        self.forget(partitions)
        self.coming_back.update(partitions)

    def place(self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
        """Seek partitions to ``offsets`` and let them be polled; there is no await in between."""
        for partition, offset in offsets.items():
            consumer.seek(partition, offset)
            self._set_aside.discard(partition)
            self.expected[partition] = offset
            self.coming_back.discard(partition)
            consumer.resume(partition)
        self.changed.set()

    def move(self, partition: TopicPartition, chunk: Chunk) -> None:
        """Continue after an applied ``chunk``, unless the partition was revoked or placed anew meanwhile."""
        if self.expected.get(partition) == chunk.start:
            self.expected[partition] = chunk.stop

    def rewind(self, consumer: AIOKafkaConsumer, busy: Collection[int]) -> None:
        """Seek the partitions of idle lanes to what was applied; a busy lane seeks its own after its batch."""
        mine = consumer.assignment()
        self.place(consumer, {p: self.expected[p] for p in self.ready(busy) if p in mine})

    def continues(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, first: int, group: str, *, may_have_gaps: bool
    ) -> bool:
        """Whether a batch that begins at offset ``first`` may be applied; otherwise the consumer seeks back.

        Offsets may be missing because retention deleted records, or start again because the broker lost its log. Such a
        gap is accepted after it was seen on three polls, and logged, unless the topic ``may_have_gaps``. After a log
        starts again, the inbox recognises the events that were applied before.
        """
        expected = self.expected.get(partition)
        if expected is None:
            return False
        if first == expected:
            self._gaps.pop(partition, None)
            return True
        self._gaps[partition] += 1
        harmless = may_have_gaps and first > expected
        if self._gaps[partition] >= (EXPECTED_GAP_POLLS if harmless else GAP_POLLS):
            if not harmless:
                log.error("hole_accepted", topic=partition.topic, partition=partition.partition, at=expected, to=first)
                metrics.HOLES.labels(group, partition.topic).inc()
            self._gaps.pop(partition, None)
            return True
        consumer.seek(partition, expected)
        return False

    @contextmanager
    def recording_failure(self) -> Iterator[None]:
        """Store an error of the block for the poll loop, because aiokafka swallows errors of a listener."""
        try:
            yield
        except Exception as error:
            self._failure = error
            self.changed.set()
            raise

    def raise_failure(self) -> None:
        """Raise the error of an assignment handler or of its task, if there was one."""
        if self._failure:
            raise self._failure

    def listener(self, consumer: AIOKafkaConsumer, seed: Seed, group: str) -> ConsumerRebalanceListener:
        """The rebalance listener for ``consumer.subscribe``."""
        return _Listener(self, consumer, seed, group)

    def begin(self, seeding: Awaitable[None]) -> None:
        """Run the seeding of a new assignment in a task; that of an earlier one is cancelled."""
        self.cancel_seeding()

        async def seed() -> None:
            with suppress(Exception), self.recording_failure():
                await seeding
            self.changed.set()

        self._seeding = asyncio.create_task(seed())

    def cancel_seeding(self) -> None:
        if self._seeding is not None:
            self._seeding.cancel()


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, positions: Positions, consumer: AIOKafkaConsumer, seed: Seed, group: str) -> None:
        self._positions, self._consumer, self._seed, self._group = positions, consumer, seed, group

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Running batches may finish: if another owner was faster, the compare-and-swap of offsets refuses them."""
        with self._positions.recording_failure():
            reach(StreamFailpoint.LANES_REVOKED)
            self._positions.revoked = True
            self._positions.cancel_seeding()
            self._positions.forget(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        with self._positions.recording_failure():
            self._consumer.pause(*assigned)
            reach(StreamFailpoint.LANES_ASSIGNED)
            # A lane may have placed a partition after it was revoked.
            self._positions.forget([*self._positions.expected, *self._positions.coming_back])
            self._positions.assigned, self._positions.revoked = True, False
            metrics.REBALANCES.labels(self._group).inc()
            self._positions.begin(self._seed(self._consumer, assigned))
