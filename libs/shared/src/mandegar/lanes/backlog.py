"""What a consumer group has still to apply, as the broker and our own offsets tell it: how much, and how old."""

from collections.abc import Mapping

from aiokafka import TopicPartition

from mandegar.clock import Clock, monotonic_seconds
from mandegar.kafka.probe import Probe
from mandegar.lanes.positions import Positions
from mandegar.telemetry import metrics

# Records carry the time of the relay that published them, which is the machine's, whatever hour a deployment plays.
_WALL_CLOCK = Clock()
MEASURED_FOR_SECONDS = 1.0


class Backlog:
    """Looks when it is asked, and only then: silence costs nothing."""

    def __init__(self, positions: Positions, probe: Probe) -> None:
        self._positions, self._probe = positions, probe
        self._age: float | None = None
        self._measured_at = float("-inf")

    async def records(self, passed: Mapping[TopicPartition, int]) -> int | None:
        """Records of our partitions that wait; ``passed`` is how far polls have come. ``None``: the broker is away."""
        expected = dict(self._positions.expected)
        ends = await self._probe.ends(list(expected))
        if ends is None:
            return None
        behind: int = sum(max(ends[p] - max(offset, passed.get(p, 0)), 0) for p, offset in expected.items())
        return behind

    async def unassigned(self) -> int | None:
        """Whether (1 or 0) we wait for partitions beside a broker that answers; ``None`` while it does not."""
        if self._positions.assigned and not self._positions.revoked:
            return 0  # there are more members than partitions
        return None if await self._probe.ends([]) is None else 1

    async def measure(self, group: str) -> float | None:
        """The age in seconds of the oldest record that waits, 0 where none does; looked up at most once a second."""
        if monotonic_seconds() - self._measured_at > MEASURED_FOR_SECONDS:
            self._age = await self._look(group)
            self._measured_at = monotonic_seconds()
        return self._age

    async def _look(self, group: str) -> float | None:
        expected = dict(self._positions.expected)
        ends = await self._probe.ends(list(expected)) if expected else {}
        if ends is None:
            return None
        behind = {partition: offset for partition, offset in expected.items() if ends[partition] > offset}
        metrics.LAG.labels(group).set(sum(ends[partition] - offset for partition, offset in behind.items()))
        oldest_ms = await self._probe.oldest_ms(behind) if behind else None
        age = 0.0 if oldest_ms is None else max(_WALL_CLOCK.now().timestamp() - oldest_ms / 1000, 0.0)
        metrics.LAG_SECONDS.labels(group).set(age)
        return age

    async def close(self) -> None:
        """Disconnect from the broker."""
        await self._probe.close()
