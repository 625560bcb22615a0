"""A record of a topic as an archive has it, and what must be true of it."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from mandegar.events.topics import COMPACTED, MESSAGE_BYTES_MAX, TOPICS, partition_key, partition_of

_TOPICS = frozenset(topic.name for topic in TOPICS)


class Record(Struct, frozen=True):
    """A record; one without a value is a tombstone. ``timestamp`` is Kafka's, in milliseconds."""

    key: str
    value: str | None
    timestamp: int
    headers: list[tuple[str, bytes]]


class Envelope(Struct, frozen=True, rename={"customer_id": "customerid", "recorded_time": "recordedtime"}):
    """What an archive's reader needs to know of an event."""

    id: UUID
    shop: str
    recorded_time: datetime
    customer_id: str | None = None


_ENVELOPE = msgspec.json.Decoder(Envelope)


def is_of(key: bytes | None, shop: str) -> bool:
    """Whether a record with this key is about ``shop``, or one of its customers."""
    return key is not None and key.partition(b":")[0] == shop.encode()


def envelope_of(record: Record) -> Envelope | None:
    """The envelope of the record's event; None for a tombstone. Raises ``msgspec.MsgspecError``."""
    return None if record.value is None else _ENVELOPE.decode(record.value)


def check_record(record: Record, shop: str, topic: str, partition: int, partitions: int) -> None:
    """Raise ``ValueError`` unless the record is the shop's, and where a producer of ours would have put it."""
    if topic not in _TOPICS:
        raise ValueError(f"{topic} is not a topic of this release")
    key = record.key.encode()
    if not is_of(key, shop):
        raise ValueError(f"its key is not of the shop {shop}")
    if (b":" in key and partition_of(key, partitions) != partition) or not 0 <= partition < partitions:
        raise ValueError("its key belongs into another partition")
    if record.timestamp < 0 or len(key) + len((record.value or "").encode()) > MESSAGE_BYTES_MAX:
        raise ValueError("no broker of ours would have taken it")
    event = envelope_of(record)
    if event is None:
        if topic not in COMPACTED or b":" not in key:
            raise ValueError("a record without a value has no meaning on this topic")
    elif partition_key(event.shop, event.customer_id) != key:
        raise ValueError("its event is about somebody else than its key")
