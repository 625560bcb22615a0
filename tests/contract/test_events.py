"""Golden samples: what is on the topics today must be readable tomorrow, to the last field."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import fields

from mandegar.events import TYPES, Event, decode, encode

GOLDEN = Path(__file__).parent / "golden"
# ``alias`` is set where an event is applied: no topic carries it.
ENVELOPE = {"specversion"} | {field.encode_name for field in fields(Event)} - {"alias"}


def golden(type_: str) -> bytes:
    return (GOLDEN / f"{type_}.json").read_bytes()


def as_read(value: Any) -> Any:
    """Everything that was read into ``value``, by the names of the wire, defaults included."""
    if isinstance(value, Struct):
        read = {field.encode_name: as_read(getattr(value, field.name)) for field in fields(value)}
        return read | ({"specversion": "1.0"} if isinstance(value, Event) else {})
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [as_read(item) for item in value]
    return value


def leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document with its path, such as ``data.items[0].product_id``."""
    if isinstance(document, dict) and document:
        for name, value in document.items():
            yield from leaves(value, f"{path}.{name}" if path else name)
    elif isinstance(document, list) and document:
        for index, value in enumerate(document):
            yield from leaves(value, f"{path}[{index}]")
    else:
        yield path, document


def same(written: Any, read: Any) -> bool:
    """Whether what was read is what stood in the document."""
    if isinstance(read, Decimal):
        return read == Decimal(written)
    if isinstance(read, datetime):
        return read == datetime.fromisoformat(written)
    return bool(msgspec.to_builtins(read) == written)


def test_every_registered_type_has_a_sample_and_every_sample_a_type():
    samples = {path.stem for path in GOLDEN.glob("*.json")}

    assert samples - set(TYPES) == set(), "an event type was taken away: its records are still on the topics"
    assert set(TYPES) - samples == set(), "an event type has no golden sample yet"


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_every_field_of_a_sample_is_read(type_):
    event = decode(golden(type_))

    read = dict(leaves(as_read(event)))

    assert event.type == type_
    for path, written in leaves(json.loads(golden(type_))):
        assert path in read, f"{type_}: {path} is no longer read. Fields are only added, never taken away or renamed"
        assert same(written, read[path]), f"{type_}: {path} says {written!r} and was read as {read[path]!r}"


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_a_sample_written_again_means_the_same(type_):
    event = decode(golden(type_))

    again = encode(event)

    assert decode(again) == event
    assert set(json.loads(again)) <= ENVELOPE


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_a_sample_fills_every_field_that_its_data_has_today(type_):
    sample = json.loads(golden(type_))["data"]

    data = as_read(decode(golden(type_)).data)
    missing = {path for path, value in leaves(data) if path and value in (None, [], {})}

    assert missing == set(), f"{type_}: give the new fields a value in golden/{type_}.json"
    assert {field.encode_name for field in fields(TYPES[type_])} == set(sample)


def test_together_the_samples_fill_every_member_of_the_envelope():
    used = {name for type_ in TYPES for name in json.loads(golden(type_))}

    assert used == ENVELOPE
