"""Records that a broker no longer has: it deleted or lost them, and whoever reads from the beginning does without."""

from collections.abc import Iterable, Mapping

from aiokafka import TopicPartition
from msgspec import Struct


class Missing(Struct, frozen=True):
    """The offsets from ``start`` on, up to ``end``, of which the broker has no record."""

    topic: str
    partition: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.topic}, partition {self.partition}: offsets {self.start:,} to {self.end - 1:,}"


def missing_before(first: Mapping[TopicPartition, int], wanted: Mapping[TopicPartition, int]) -> list[Missing]:
    """What is missing for a reader that wants partitions from ``wanted`` on, whose ``first`` offset the broker says."""
    return [
        Missing(place.topic, place.partition, wanted.get(place, 0), offset)
        for place, offset in first.items()
        if offset > wanted.get(place, 0)
    ]


def listed(missing: Iterable[Missing], most: int = 20) -> str:
    """The sentences about what is missing, of which the ``most`` first are named."""
    lines = [str(each) for each in missing]
    rest = [f"and {len(lines) - most:,} more"] if len(lines) > most else []
    return "; ".join([*lines[:most], *rest])
