"""What the relay cannot publish: rows that no broker could take, and topics that the broker refuses at present."""

from typing import NamedTuple

from aiokafka.errors import (
    BrokerResponseError,
    ClusterAuthorizationFailedError,
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    OutOfOrderSequenceNumber,
    UnknownProducerId,
)

from mandegar.clock import monotonic_seconds
from mandegar.events.topics import MESSAGE_BYTES_MAX, TOPICS
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

# The header of a Kafka batch and its record take part of the limit.
ROW_BYTES_MAX = MESSAGE_BYTES_MAX - 1024
RETRY_SECONDS = 2.0
_TOPICS = frozenset(topic.name for topic in TOPICS)
# These concern the producer, not the topic: a new one is needed.
_OF_THE_PRODUCER = (
    ClusterAuthorizationFailedError,
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    OutOfOrderSequenceNumber,
    UnknownProducerId,
)


class Unpublishable(NamedTuple):
    """Why a row can never be published: a stable code, and a sentence."""

    code: str
    detail: str


def unpublishable(topic: str, size: int) -> Unpublishable | None:
    """The reason for which no broker could take a row of ``size`` bytes, or None."""
    if topic not in _TOPICS:
        return Unpublishable("unknown_topic", "no topic of this release has this name")
    if size > ROW_BYTES_MAX:
        return Unpublishable("too_large", "larger than the limit of a topic")
    return None


def refuses_topic(error: BaseException) -> bool:
    """Whether the broker refuses what was sent to a topic, and would refuse it again from a new producer."""
    return isinstance(error, BrokerResponseError) and not error.retriable and not isinstance(error, _OF_THE_PRODUCER)


class RefusedTopics:
    """Topics whose rows wait: missing, without permission, or with another limit.

    A topic waits as a whole, so that its rows keep their order, and is tried again every two seconds. Rows of other
    topics do not wait for it.
    """

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}
        self._retry_at: dict[str, float] = {}

    def waiting(self) -> list[str]:
        """The topics that are not tried now."""
        now = monotonic_seconds()
        return [topic for topic, retry_at in self._retry_at.items() if now < retry_at]

    def refuse(self, topic: str, error: BrokerResponseError) -> None:
        """Let a topic wait, for the reason that ``error`` gives."""
        metrics.OUTBOX_ERRORS.labels(type(error).__name__).inc()
        reason = f"{type(error).__name__}: {error.description}"
        if self.reasons.get(topic) != reason:
            log.error("outbox_topic_refused", topic=topic, error=type(error).__name__)
        self.reasons[topic], self._retry_at[topic] = reason, monotonic_seconds() + RETRY_SECONDS
        metrics.OUTBOX_REFUSED.labels(topic).set(1)

    def accept(self, topic: str) -> None:
        """Note that the broker took rows of a topic."""
        if self.reasons.pop(topic, None) is not None:
            del self._retry_at[topic]
            log.info("outbox_topic_accepted", topic=topic)
            metrics.OUTBOX_REFUSED.labels(topic).set(0)
