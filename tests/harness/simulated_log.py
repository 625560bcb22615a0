"""A log in memory and a client that reads it as aiokafka does: what machines of many histories poll from."""

from collections.abc import Mapping

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

Logs = Mapping[TopicPartition, list[bytes]]


class SimulatedConsumer:
    """One member's view of some logs. Each part answers for itself: a rebalance tells whom it tells."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._at: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self.next_poll_fails = False

    def assign(self, partitions: set[TopicPartition]) -> None:
        """What the group's coordinator does: reading starts at the beginning, whatever was applied."""
        self._at, self._paused = dict.fromkeys(partitions, 0), set()

    def lose(self, partition: TopicPartition, records: int) -> None:
        """Records that an interrupted call had drained are gone, and nobody says so."""
        self._at[partition] = min(self._at[partition] + records, len(self._logs[partition]))

    def assignment(self) -> set[TopicPartition]:
        return set(self._at)

    def highwater(self, partition: TopicPartition) -> int:
        assert partition in self._at
        return len(self._logs[partition])

    def pause(self, *partitions: TopicPartition) -> None:
        self._paused |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self._paused -= set(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        if partition not in self._at:
            raise IllegalStateError(partition)
        self._at[partition] = offset

    async def getmany(
        self,
        *partitions: TopicPartition,
        timeout_ms: int,  # noqa: ARG002  what is not there yet is not waited for
        max_records: int,
    ) -> dict[TopicPartition, list[ConsumerRecord[None, bytes]]]:
        """What stands next on each; a failing call loses what it has drained, as the real one does."""
        if unassigned := set(partitions) - self._at.keys():
            raise IllegalStateError(unassigned)
        drained = {}
        for partition in set(partitions) - self._paused:
            start = self._at[partition]
            if values := self._logs[partition][start : start + max_records]:
                drained[partition] = [_record(partition, start + nth, value) for nth, value in enumerate(values)]
                self._at[partition] = start + len(values)
        if self.next_poll_fails:
            self.next_poll_fails = False
            raise KafkaError
        return drained


def _record(partition: TopicPartition, offset: int, value: bytes) -> ConsumerRecord[None, bytes]:
    return ConsumerRecord(
        topic=partition.topic,
        partition=partition.partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=value,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=len(value),
        headers=(),
    )
