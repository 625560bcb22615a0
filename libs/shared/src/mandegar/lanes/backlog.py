"""Measures the lag of a consumer group: how many records are not applied yet, and how old the oldest one is."""

from collections.abc import Awaitable, Callable, Mapping
from math import nan
from typing import NamedTuple

from aiokafka import TopicPartition

from mandegar.clock import Clock, monotonic_seconds
from mandegar.kafka.probe import ASK_SECONDS, Probe
from mandegar.lanes.positions import Positions
from mandegar.look import Look
from mandegar.telemetry import metrics

# Kafka timestamps are the system's time, even where MANDEGAR_CLOCK shifts the clock of the deployment.
_WALL_CLOCK = Clock()
CACHE_SECONDS = 1.0
# Ends and timestamps are two queries.
LOOK_SECONDS = 2 * ASK_SECONDS
STALLED_SECONDS = 30.0

# Positions of idle partitions, which may be past offsets that hold no record, such as a transaction's marker.
PolledTo = Callable[[], Awaitable[Mapping[TopicPartition, int]]]


class Lag(NamedTuple):
    """The number of records that are not applied, and the age of the oldest in seconds; 0 without one."""

    records: int
    seconds: float


class Backlog:
    """The lag of the assigned partitions of ``group``. The broker is queried only when a method is called."""

    def __init__(self, group: str, positions: Positions, probe: Probe, polled_to: PolledTo) -> None:
        self._group, self._positions, self._probe, self._polled_to = group, positions, probe, polled_to
        self._look = Look(self._query, seconds=LOOK_SECONDS)
        self._last: Lag | None = None
        self._measured_at = float("-inf")
        # By partition: the offset at which it stands, and since when a look has found records behind it.
        self._waiting: dict[TopicPartition, tuple[int, float]] = {}

    async def lag(self, *, patience: float | None = None) -> Lag | None:
        """The lag now; ``None`` if the broker does not answer within ``patience``, or if offsets are unknown."""
        positions = self._positions
        if not positions.assigned or positions.revoked or positions.awaiting_offsets:
            return None
        return await self._look.ask(patience=patience)

    async def unassigned(self) -> int | None:
        """1 if this member has no assignment although the broker answers, else 0; ``None`` if it does not answer."""
        if self._positions.assigned and not self._positions.revoked:
            return 0  # the group has more members than partitions
        return None if await self._probe.ends([]) is None else 1

    async def measure(self, *, patience: float | None = None) -> Lag | None:
        """The lag, at most a second old. Sets its gauges, to NaN while it is unknown."""
        if monotonic_seconds() - self._measured_at > CACHE_SECONDS:
            self._last = await self.lag(patience=patience)
            self._measured_at = monotonic_seconds()
            records, seconds = self._last or (nan, nan)
            metrics.LAG.labels(self._group).set(records)
            metrics.LAG_SECONDS.labels(self._group).set(seconds)
        return self._last

    @property
    def measured(self) -> bool:
        """Whether the lag was known when it was last measured."""
        return self._last is not None

    def stalled(self, least_seconds: float | None = None) -> str | None:
        """A sentence about the partition that has stood still for longest beside waiting records, if for so long.

        The default is half a minute.
        """
        least = STALLED_SECONDS if least_seconds is None else least_seconds
        if not self._waiting:
            return None
        partition, (offset, since) = min(self._waiting.items(), key=lambda item: item[1][1])
        seconds = monotonic_seconds() - since
        # A partition whose offset is being read anew, after a batch was given up, stands where it stood.
        if seconds < least or self._positions.expected.get(partition, offset) != offset:
            return None
        place = f"{partition.topic}, partition {partition.partition}, offset {offset}"
        return f"records wait at {place}; for {seconds:.0f} s none was applied"

    async def close(self) -> None:
        """Disconnect from the broker."""
        await self._look.close()
        await self._probe.close()

    async def _query(self) -> Lag | None:
        # A partition whose offset is being read anew, after a batch was given up, stands where it stood.
        coming_back = self._positions.coming_back
        standing = {p: offset for p, (offset, _) in self._waiting.items() if p in coming_back}
        expected = standing | self._positions.expected
        polled_to = await self._polled_to()
        ends = await self._probe.ends(list(expected))
        if ends is None:
            return None
        behind = {p: offset for p, offset in expected.items() if ends[p] > max(offset, polled_to.get(p, 0))}
        records = sum(ends[p] - max(offset, polled_to.get(p, 0)) for p, offset in behind.items())
        return Lag(records, await self._age(behind) if behind else self._forget())

    async def _age(self, behind: Mapping[TopicPartition, int]) -> float:
        """The age of the oldest record: by its timestamp, or since when it has waited, if it cannot be read."""
        now = monotonic_seconds()
        before = self._waiting
        self._waiting = {
            partition: before[partition] if before.get(partition, (None,))[0] == offset else (offset, now)
            for partition, offset in behind.items()
        }
        waited = now - min(since for _, since in self._waiting.values())
        oldest_ms = await self._probe.oldest_ms(behind)
        return waited if oldest_ms is None else max(_WALL_CLOCK.now().timestamp() - oldest_ms / 1000, waited, 0.0)

    def _forget(self) -> float:
        self._waiting = {}
        return 0.0
