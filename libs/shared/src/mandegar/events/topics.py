"""Every topic by name, how it is kept, and which partition a key belongs to. Nothing else may name a topic."""

from dataclasses import dataclass
from zlib import crc32

INGEST_EVENTS = "ingest.events"
INGEST_CONTACTS = "ingest.contacts"
LOYALTY_EVENTS = "loyalty.events"
CHURN_EVENTS = "churn.events"
NOTIFY_EVENTS = "notify.events"
RAW_PREFIX = "raw."

DEFAULT_PARTITIONS = 12
MESSAGE_BYTES_MAX = 1_048_576

_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and the settings it is created with; partitions are fixed at creation, for good."""

    name: str
    config: tuple[tuple[str, str], ...]


_FOREVER = (("retention.ms", "-1"), ("retention.bytes", "-1"))
_WRITE = (("message.timestamp.type", "CreateTime"), ("max.message.bytes", str(MESSAGE_BYTES_MAX)))

TOPICS: tuple[Topic, ...] = (
    Topic(INGEST_EVENTS, (*_WRITE, *_FOREVER)),
    Topic(INGEST_CONTACTS, (*_WRITE, ("cleanup.policy", "compact"))),
    Topic(LOYALTY_EVENTS, (*_WRITE, *_FOREVER)),
    Topic(CHURN_EVENTS, (*_WRITE, *_FOREVER)),
    Topic(NOTIFY_EVENTS, (*_WRITE, *_FOREVER)),
)


def raw_topic(source_id: str) -> Topic:
    """The topic into which one platform produces by itself; kept for seven days."""
    return Topic(RAW_PREFIX + source_id, (*_WRITE, ("retention.ms", str(7 * _DAY_MS))))


def may_have_holes(topic: str) -> bool:
    """Whether offsets of a topic may be missing for good reason: it is compacted, or strangers write transactions."""
    return topic.startswith(RAW_PREFIX) or any(
        topic == known.name and ("cleanup.policy", "compact") in known.config for known in TOPICS
    )


def partition_key(shop: str, customer_id: str | None) -> bytes:
    """The Kafka key: one customer's events share it, and so keep their order."""
    return (shop if customer_id is None else f"{shop}:{customer_id}").encode()


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key. All writers of a topic use this one function, so that they agree."""
    return crc32(key) % partitions
