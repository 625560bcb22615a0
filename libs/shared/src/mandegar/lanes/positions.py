"""Where each assigned partition stands: which are ready to poll, what offset comes next, and who may say so.

The client hands out records before an assignment handler has finished, swallows its exceptions, and sends no
heartbeat while it runs. So the handler pauses and starts a task; the task seeks and marks the partitions ready.
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

HOLE_LOOKS = 3
LEGAL_HOLE_LOOKS = 2

Seed = Callable[[AIOKafkaConsumer, set[TopicPartition]], Awaitable[None]]


class Positions:
    """The next offset of every partition that is ours and ready."""

    def __init__(self, lanes: int) -> None:
        self.expected: dict[TopicPartition, int] = {}
        self.changed = asyncio.Event()
        self.assigned = False
        self.revoked = False
        self._lanes = lanes
        self._holes: Counter[TopicPartition] = Counter()
        self._seeding: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None

    @property
    def awaiting_offsets(self) -> bool:
        """Whether an assignment came whose offsets are not known yet."""
        return self._seeding is not None and not self._seeding.done()

    def lane_of(self, partition: TopicPartition) -> int:
        return int(partition.partition) % self._lanes

    def ready(self, busy: Collection[int]) -> list[TopicPartition]:
        """Partitions that may be polled now."""
        return [partition for partition in self.expected if self.lane_of(partition) not in busy]

    def forget(self, partitions: Collection[TopicPartition]) -> None:
        """These are not to be polled until they are placed again."""
        for partition in partitions:
            self.expected.pop(partition, None)

    def place(self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
        """Seek and mark ready, without an await in between."""
        for partition, offset in offsets.items():
            consumer.seek(partition, offset)
            self.expected[partition] = offset
            consumer.resume(partition)
        self.changed.set()

    def move(self, partition: TopicPartition, chunk: Chunk) -> None:
        """``chunk`` was applied; unless the partition was taken away or placed anew meanwhile, go on behind it."""
        if self.expected.get(partition) == chunk.start:
            self.expected[partition] = chunk.stop

    def rewind(self, consumer: AIOKafkaConsumer, busy: Collection[int]) -> None:
        """Go back to what was applied, wherever no batch is in hand (its lane places its own)."""
        mine = consumer.assignment()
        self.place(consumer, {p: self.expected[p] for p in self.ready(busy) if p in mine})

    def continues(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, first: int, group: str, *, may_have_gaps: bool
    ) -> bool:
        """Whether a batch that begins at ``first`` follows what was applied.

        A topic without legal holes has one where retention made it, or begins again where the broker lost its log: that
        is accepted when it comes back three times. What was applied before is known to the inbox.
        """
        expected = self.expected.get(partition)
        if expected is None:
            return False
        if first == expected:
            self._holes.pop(partition, None)
            return True
        self._holes[partition] += 1
        legal = may_have_gaps and first > expected
        if self._holes[partition] >= (LEGAL_HOLE_LOOKS if legal else HOLE_LOOKS):
            if not legal:
                log.error("hole_accepted", topic=partition.topic, partition=partition.partition, at=expected, to=first)
                metrics.HOLES.labels(group, partition.topic).inc()
            self._holes.pop(partition, None)
            return True
        consumer.seek(partition, expected)
        return False

    @contextmanager
    def recording_failure(self) -> Iterator[None]:
        """Keep an error of the block for the poll loop: the client swallows what its listener raises."""
        try:
            yield
        except Exception as error:
            self._failure = error
            self.changed.set()
            raise

    def raise_failure(self) -> None:
        """Let an error of an assignment, or of its task, end the lanes."""
        if self._failure:
            raise self._failure

    def listener(self, consumer: AIOKafkaConsumer, seed: Seed, group: str) -> ConsumerRebalanceListener:
        """The client's view of us."""
        return _Listener(self, consumer, seed, group)

    def begin(self, seeding: Awaitable[None]) -> None:
        """Run the seeding of a new assignment; an older one is void."""
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
        """A batch in hand may finish: if it is too late, the offset fence refuses it."""
        with self._positions.recording_failure():
            reach(StreamFailpoint.LANES_REVOKED)
            self._positions.revoked = True
            self._positions.cancel_seeding()
            self._positions.forget(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        with self._positions.recording_failure():
            self._consumer.pause(*assigned)
            reach(StreamFailpoint.LANES_ASSIGNED)
            # a lane may have placed one that was revoked meanwhile
            self._positions.forget(list(self._positions.expected))
            self._positions.assigned, self._positions.revoked = True, False
            metrics.REBALANCES.labels(self._group).inc()
            self._positions.begin(self._seed(self._consumer, assigned))
