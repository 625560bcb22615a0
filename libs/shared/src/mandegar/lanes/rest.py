"""How long a lane rests between two batches.

A lane that has caught up rests for as long as its last batch took, so that under load batches grow and commits become
rarer. It rests 30 ms at least, so that a trickle of events is not applied in one transaction per event.
"""

from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

SECONDS_MIN, SECONDS_MAX = 0.03, 0.5


def rest_seconds(took: float) -> float:
    """How long to rest after a batch that took ``took`` seconds."""
    return min(max(took, SECONDS_MIN), SECONDS_MAX)


def has_caught_up(consumer: AIOKafkaConsumer, polled: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> bool:
    """Whether fewer records wait after this poll, by the consumer's high watermarks, than the poll returned."""
    ours = consumer.assignment()  # ``highwater`` asserts assignment, and partitions may have been revoked meanwhile
    behind = sum((consumer.highwater(p) or 0) - raw[-1].offset - 1 for p, raw in polled.items() if p in ours)
    return bool(behind < sum(map(len, polled.values())))
