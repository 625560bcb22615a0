"""The fields of triggering events that a document may name."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import msgspec

from mandegar.events import data_type
from mandegar.events.churn import Band


def why_not_compared(event: str, field: str, text: str | None) -> str | None:
    """Why a condition cannot compare a field with ``text``, or with a lower bound (None); None if it can."""
    type_ = _fields(event).get(field)
    if type_ is None:
        return _unknown(event, field, sorted(_fields(event)))
    if text is None:
        return None if type_ is int else f"{field} is not a whole number: give the value that it must equal"
    if get_origin(type_) is Literal:
        options = get_args(type_)
        return None if text in options else f"must be one of {', '.join(options)}"
    return None if type_ is str else f"{field} is not a text: write at_least with a whole number"


def why_no_instant(event: str, field: str) -> str | None:
    """Why a field does not hold an instant in every event; None if it does."""
    instants = sorted(field.name for field in msgspec.structs.fields(data_type(event)) if field.type is datetime)
    return None if field in instants else _unknown(event, field, instants)


def why_never(event: str, wanted: Mapping[str, object]) -> str | None:
    """Why a journey would be started by everybody, or by nobody, whatever it is about; None if it would not."""
    if event == "segment.entered" and "segment" not in wanted:
        return "name the segment, such as {segment: vip}"
    if event == "lifecycle.changed" and (band := wanted.get("lifecycle")) in get_args(Band):
        return f"{event} never tells of {band}: begin at band.crossed with {{band: {band}}}"
    return None


def _unknown(event: str, field: str, allowed: list[str]) -> str:
    return f"{field} is not usable here; fields of {event} that are: {', '.join(allowed)}"


@cache
def _fields(event: str) -> dict[str, Any]:
    """The types of the comparable fields of an event's data, without the None of optional ones."""
    types = {field.name: _without_none(field.type) for field in msgspec.structs.fields(data_type(event))}
    return {
        name: type_ for name, type_ in types.items() if type_ in (int, str, datetime) or get_origin(type_) is Literal
    }


def _without_none(type_: Any) -> Any:
    members = [member for member in get_args(type_) if member is not NoneType]
    return members[0] if NoneType in get_args(type_) and len(members) == 1 else type_
