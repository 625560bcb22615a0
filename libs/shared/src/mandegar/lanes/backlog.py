"""Measures the lag of a consumer group: how many records are not applied yet, and how old the oldest one is."""

from collections.abc import Mapping

from aiokafka import TopicPartition

from mandegar.clock import Clock, monotonic_seconds
from mandegar.kafka.probe import Probe
from mandegar.lanes.positions import Positions
from mandegar.telemetry import metrics

# Kafka timestamps are the system's time, even where MANDEGAR_CLOCK shifts the clock of the deployment.
_WALL_CLOCK = Clock()
CACHE_SECONDS = 1.0


class Backlog:
    """The lag of the assigned partitions. The broker is queried only when a method is called."""

    def __init__(self, positions: Positions, probe: Probe) -> None:
        self._positions, self._probe = positions, probe
        self._age: float | None = None
        self._measured_at = float("-inf")

    async def records(self, polled_to: Mapping[TopicPartition, int]) -> int | None:
        """The number of records that are not applied; ``None`` if the broker does not answer.

        ``polled_to`` holds the positions of idle partitions, which may be past offsets that hold no record.
        """
        expected = dict(self._positions.expected)
        ends = await self._probe.ends(list(expected))
        if ends is None:
            return None
        behind: int = sum(max(ends[p] - max(offset, polled_to.get(p, 0)), 0) for p, offset in expected.items())
        return behind

    async def unassigned(self) -> int | None:
        """1 if this member has no assignment although the broker answers, else 0; ``None`` if it does not answer."""
        if self._positions.assigned and not self._positions.revoked:
            return 0  # the group has more members than partitions
        return None if await self._probe.ends([]) is None else 1

    async def measure(self, group: str) -> float | None:
        """The age of the oldest record that is not applied, in seconds; 0 without one, ``None`` without a broker.

        Sets the gauges of the lag. The broker is queried at most once a second.
        """
        if monotonic_seconds() - self._measured_at > CACHE_SECONDS:
            self._age = await self._query(group)
            self._measured_at = monotonic_seconds()
        return self._age

    async def _query(self, group: str) -> float | None:
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
