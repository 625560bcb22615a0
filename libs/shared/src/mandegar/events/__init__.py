"""Events, the messages between services: envelope, typed data, topics and encoding."""

from mandegar.events.codec import UnknownEventType, UnreadableEvent, decode, decode_wanted, encode
from mandegar.events.envelope import CustomerKey, Event, derived_id
from mandegar.events.registry import TYPES, data_type, topic_of

__all__ = [
    "TYPES",
    "CustomerKey",
    "Event",
    "UnknownEventType",
    "UnreadableEvent",
    "data_type",
    "decode",
    "decode_wanted",
    "derived_id",
    "encode",
    "topic_of",
]
