"""When a lane rests between two batches, and for how long.

A lane that has caught up rests for as long as its batch took: beside busy neighbours its batches grow until they are
worth their commit. At least for a moment, so that a trickle of events is not one transaction each.
"""

from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

SECONDS_MIN, SECONDS_MAX = 0.03, 0.5


def rest_seconds(took: float) -> float:
    """How long to rest after a batch that took ``took`` seconds."""
    return min(max(took, SECONDS_MIN), SECONDS_MAX)


def has_caught_up(consumer: AIOKafkaConsumer, polled: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> bool:
    """Whether less waits behind this poll, as far as the consumer knows, than it brought."""
    ours = consumer.assignment()  # the client asserts it, and partitions may have been taken away meanwhile
    behind = sum((consumer.highwater(p) or 0) - raw[-1].offset - 1 for p, raw in polled.items() if p in ours)
    return bool(behind < sum(map(len, polled.values())))
