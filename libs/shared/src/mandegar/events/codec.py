"""Encodes and decodes events. Unknown fields are ignored; every other fault raises ``UnreadableEvent``."""

from collections.abc import Container
from datetime import UTC, datetime

from msgspec import MsgspecError, ValidationError, json, structs

from mandegar.events.contacts import ContactErased
from mandegar.events.envelope import CustomerKey, Event, named_id
from mandegar.events.registry import TOMBSTONE, TYPES
from mandegar.events.topics import COMPACTED

_ENCODER = json.Encoder(decimal_format="string")
_ENVELOPE = json.Decoder(Event)
_DATA = {type_: json.Decoder(data) for type_, data in TYPES.items()}

CONTENT_TYPE = "application/cloudevents+json"


class UnreadableEvent(ValueError):
    """The bytes are not JSON, or do not have the fields of their event type."""


class UnknownEventType(UnreadableEvent):
    """A well-formed event whose type this release does not have. Readers skip it."""


def encode(event: Event) -> bytes:
    """The event as JSON."""
    return _ENCODER.encode(event)


def is_tombstone(topic: str, value: bytes | None) -> bool:
    """Whether a record says that nothing is known any more of its key."""
    return not value and topic in COMPACTED


def customer_of_key(key: bytes | None) -> CustomerKey | None:
    """The customer whom the key of a record names, if it names one that a database can hold."""
    try:
        shop, _, customer_id = (key or b"").decode().partition(":")
    except UnicodeDecodeError:
        return None
    return CustomerKey(shop, customer_id) if shop and customer_id and b"\0" not in (key or b"") else None


def tombstone(topic: str, partition: int, offset: int, key: bytes | None, timestamp_ms: int) -> Event:
    """The event that a record without a value stands for. Its id is that of the record's place.

    Raises ``UnreadableEvent`` if the key names no customer.
    """
    customer = customer_of_key(key)
    if customer is None:
        raise UnreadableEvent("the key of the tombstone names no customer")
    at = datetime.fromtimestamp(max(timestamp_ms, 0) / 1000, UTC)
    return Event(
        id=named_id(f"{topic}|{partition}|{offset}"),
        source="urn:mandegar:service:ingest",
        type=TOMBSTONE,
        time=at,
        shop=customer.shop,
        recorded_time=at,
        data=ContactErased(),
        customer_id=customer.customer_id,
    )


def encode_value(event: Event) -> bytes | None:
    """The value of the event's record: none for a tombstone."""
    return None if event.type == TOMBSTONE else encode(event)


def decode(value: bytes | None) -> Event:
    """The event in a record's value, with typed data.

    Raises ``UnknownEventType`` for a type that this release does not have, and ``UnreadableEvent`` for other faults.
    """
    event = _read(value, TYPES)
    if event.type not in TYPES:
        raise UnknownEventType(f"unknown event type {event.type!r}")
    return event


def decode_wanted(value: bytes | None, wanted: Container[str]) -> Event | None:
    """The event in a record's value, with typed data; ``None``, without reading its data, if its type is not wanted.

    Raises ``UnreadableEvent``.
    """
    event = _read(value, wanted)
    return event if event.type in wanted else None


def _read(value: bytes | None, wanted: Container[str]) -> Event:
    if value is None:
        raise UnreadableEvent("the record has no value")
    try:
        event = _ENVELOPE.decode(value)
        if event.type in wanted:
            structs.force_setattr(event, "data", _DATA[event.type].decode(event.data))
    except (ValidationError, MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableEvent(str(error)) from error
    except RecursionError as error:
        raise UnreadableEvent("nested too deeply") from error
    if event.time.tzinfo is None or event.recorded_time.tzinfo is None:
        raise UnreadableEvent("time and recordedtime need a time zone")
    return event
