"""The names and settings of all topics, and the partition of a key. Topic names are written here and nowhere else."""

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
    """A topic and the settings with which it is created."""

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

# Whose records are removed once a later one has the same key, or a tombstone.
COMPACTED = frozenset(topic.name for topic in TOPICS if ("cleanup.policy", "compact") in topic.config)


def raw_topic(source_id: str) -> Topic:
    """The topic into which a shop's platform produces; its records are kept for seven days."""
    return Topic(RAW_PREFIX + source_id, (*_WRITE, ("retention.ms", str(7 * _DAY_MS))))


def published_by(service: str) -> list[str]:
    """The topics of a service, which are named after it."""
    return [topic.name for topic in TOPICS if topic.name.startswith(f"{service}.")]


def may_have_gaps(topic: str) -> bool:
    """Whether offsets may be missing in a healthy topic: it is compacted, or its producers may use transactions."""
    return topic.startswith(RAW_PREFIX) or topic in COMPACTED


def partition_key(shop: str, customer_id: str | None) -> bytes:
    """The Kafka key. All events of a customer have the same key, which preserves their order."""
    return (shop if customer_id is None else f"{shop}:{customer_id}").encode()


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key. All producers use this function, because they must agree."""
    return crc32(key) % partitions
