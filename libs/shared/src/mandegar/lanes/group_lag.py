"""The lag of a consumer group by its stored offsets and the ends of its topics, in whatever process its lanes run."""

from math import nan

from aiokafka import TopicPartition

from mandegar.clock import Clock
from mandegar.database import Pool, transaction
from mandegar.kafka.names import TopicNames
from mandegar.kafka.probe import ASK_SECONDS, Probe
from mandegar.lanes.backlog import Lag
from mandegar.lanes.offsets import group_offsets
from mandegar.look import Look

# Kafka timestamps are the system's time, even where MANDEGAR_CLOCK shifts the clock of the deployment.
_WALL_CLOCK = Clock()
# Topics, ends and the first records that wait are a query each.
LOOK_SECONDS = 3 * ASK_SECONDS


class GroupLag:
    """The lag of ``group``. Database and broker are queried only when it is asked, once for all who ask at a time."""

    def __init__(self, group: str, pool: Pool, probe: Probe, names: TopicNames) -> None:
        self._group, self._pool, self._probe, self._names = group, pool, probe, names
        self._look = Look(self._query, seconds=LOOK_SECONDS)

    async def ask(self, *, patience: float) -> Lag | None:
        """The lag now, its age NaN if the oldest record cannot be read.

        ``None`` if database or broker do not answer within ``patience``, or if no process has read the topics yet.
        """
        return await self._look.ask(patience=patience)

    async def _stored(self) -> dict[TopicPartition, int]:
        async with transaction(self._pool) as connection:
            stored = await group_offsets(connection, self._group)
        return {
            TopicPartition(self._names.physical(topic), partition): offset
            for (topic, partition), offset in stored.items()
        }

    async def _query(self) -> Lag | None:
        topics, stored = await self._probe.topics(), await self._stored()
        if topics is None or not stored:
            return None
        read = {partition: offset for partition, offset in stored.items() if partition.topic in topics}
        ends = await self._probe.ends(list(read))
        if ends is None:
            return None
        behind = {partition: offset for partition, offset in read.items() if ends[partition] > offset}
        if not behind:
            return Lag(0, 0.0)
        waiting = await self._probe.first_records(behind, ends)
        if waiting is None:
            return Lag(sum(ends[partition] - offset for partition, offset in behind.items()), nan)
        records = sum(ends[partition] - record.offset for partition, record in waiting.items())
        now_ms = _WALL_CLOCK.now().timestamp() * 1000
        return Lag(records, max((now_ms - record.timestamp for record in waiting.values()), default=0.0) / 1000)
