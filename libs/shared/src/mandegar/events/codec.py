"""Events to bytes and back. Readers ignore fields they do not know; whatever else is wrong is told as one error."""

from collections.abc import Container

from msgspec import MsgspecError, ValidationError, json, structs

from mandegar.events.envelope import Event
from mandegar.events.registry import TYPES

_ENCODER = json.Encoder(decimal_format="string")
_ENVELOPE = json.Decoder(Event)
_DATA = {type_: json.Decoder(data) for type_, data in TYPES.items()}

CONTENT_TYPE = "application/cloudevents+json"


class UnreadableEvent(ValueError):
    """The bytes are no event of this product: not JSON, or not of the shape that the type promises."""


class UnknownEventType(UnreadableEvent):
    """A well-formed event of a type that this build does not know. Readers skip it."""


def encode(event: Event) -> bytes:
    """The JSON document of an event."""
    return _ENCODER.encode(event)


def decode(value: bytes | None) -> Event:
    """The event in a record's value, its data typed.

    Raises ``UnknownEventType`` for types of a later release and ``UnreadableEvent`` for everything that cannot be read.
    """
    event = _read(value, TYPES)
    if event.type not in TYPES:
        raise UnknownEventType(f"event type {event.type!r} is not known here")
    return event


def decode_wanted(value: bytes | None, wanted: Container[str]) -> Event | None:
    """The event in a record's value if its type is ``wanted``, its data typed. The data of other types is not read.

    Raises ``UnreadableEvent`` for what cannot be read.
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
        raise UnreadableEvent("time and recordedtime need a zone")
    return event
