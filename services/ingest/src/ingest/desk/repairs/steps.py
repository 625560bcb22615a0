"""The steps of a mapping as JSON, and as the domain carries them out."""

import json
import re
from collections.abc import Sequence
from math import isfinite
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, TypeAdapter, model_validator

from ingest.desk.inputs import Input
from ingest.domain import mapping
from ingest.domain.documents import Number, Value, pointer, write_document, written
from ingest.domain.mapping import Step, constants_that_identify
from mandegar.events.written_number import Mark

VALUE_BYTES_MAX = 1_000
_DIRECTIVES = re.compile(r"(?:[^%]|%[dmYyHMSfzIpjbBaA%])+")


def _path(text: str) -> str:
    pointer(text)
    return text


def _text(text: str) -> str:
    text.encode()  # half a surrogate pair stands in no text of a mapping
    return text


def _form(text: str) -> str:
    if not _DIRECTIVES.fullmatch(text):
        raise ValueError(
            "must have directives of strftime, and of them only %d %m %Y %y %H %M %S %f %z %I %p %j %b %B %a %A"
        )
    return text


Path = Annotated[
    str,
    Field(
        min_length=2,
        max_length=500,
        description="JSON Pointer to the field; * stands for every element of a list",
        examples=["/data/items/*/unit_price"],
    ),
    AfterValidator(_text),
    AfterValidator(_path),
]


class _StepBody(Input):
    @model_validator(mode="after")
    def _sound(self) -> Self:
        names = [*constants_that_identify(self.step)]
        if names:
            raise ValueError(
                f"{names[0]} tells events, customers or orders apart: one value for all would make them the same. "
                "Take it from another field of the event, with move or copy"
            )
        return self

    @property
    def step(self) -> Step:
        raise NotImplementedError


class Rename(_StepBody):
    """Moves (or copies) a value from another field, whatever was there before. Without that field nothing changes."""

    model_config = ConfigDict(populate_by_name=True)

    op: Literal["move", "copy"]
    source: Path = Field(
        alias="from", description="JSON Pointer to where the value is; the same as path up to the last *"
    )
    path: Path

    @property
    def step(self) -> Step:
        return mapping.Move(pointer(self.source), pointer(self.path), stays=self.op == "copy")


class SetValue(_StepBody):
    """Sets a value: `add` in any case, `default` only where there is none, null or an empty text."""

    op: Literal["add", "default"]
    path: Path
    value: JsonValue

    @property
    def step(self) -> Step:
        return mapping.Put(pointer(self.path), _small(self.value), missing=self.op == "default")


class RemoveField(_StepBody):
    """Removes a field, or an element of a list."""

    op: Literal["remove"]
    path: Path

    @property
    def step(self) -> Step:
        return mapping.Remove(pointer(self.path))


class MapValues(_StepBody):
    """Replaces a text or number that is among `values`; any other stays."""

    op: Literal["map"]
    path: Path
    values: Annotated[
        dict[str, JsonValue], Field(min_length=1, max_length=500, examples=[{"order.payed": "order.paid"}])
    ]

    @property
    def step(self) -> Step:
        return mapping.Replace(pointer(self.path), {_text(name): _small(value) for name, value in self.values.items()})


class ParseNumber(_StepBody):
    """Reads a text as a number: Persian and Arabic digits, spaces and separators of thousands are understood. A text
    that is no such number stays."""

    op: Literal["number"]
    path: Path
    decimal: Annotated[Mark, Field(description="The mark before the fraction; the other one separates thousands")]

    @property
    def step(self) -> Step:
        return mapping.ReadNumber(pointer(self.path), self.decimal)


class ParseTime(_StepBody):
    """Reads a text as a time of the given format; without a zone in it, the zone is that of the shop. A text of another
    format stays."""

    op: Literal["time"]
    path: Path
    format: Annotated[
        str,
        Field(
            min_length=2,
            max_length=64,
            description="The format of the time, in directives of strftime",
            examples=["%d/%m/%Y %H:%M"],
        ),
        AfterValidator(_text),
        AfterValidator(_form),
    ]

    @property
    def step(self) -> Step:
        return mapping.ReadTime(pointer(self.path), self.format)


StepBody: TypeAlias = Annotated[
    Rename | SetValue | RemoveField | MapValues | ParseNumber | ParseTime, Field(discriminator="op")
]
_STORED: TypeAdapter[list[StepBody]] = TypeAdapter(list[StepBody])


def write_steps(bodies: Sequence[StepBody]) -> str:
    """The steps as they are stored."""
    return _STORED.dump_json([*bodies], by_alias=True).decode()


def read_steps(text: str) -> list[Step]:
    """The steps in what was stored."""
    return [body.step for body in _STORED.validate_json(text)]


def as_body(step: Step) -> dict[str, Any]:
    """A step as JSON."""
    match step:
        case mapping.Move():
            op = "copy" if step.stays else "move"
            return {"op": op, "from": written(step.source), "path": written(step.path)}
        case mapping.Put():
            value = json.loads(write_document(step.value))
            return {"op": "default" if step.missing else "add", "path": written(step.path), "value": value}
        case mapping.Remove():
            return {"op": "remove", "path": written(step.path)}
        case mapping.Replace():
            return {"op": "map", "path": written(step.path), "values": dict(step.values)}
        case mapping.ReadNumber():
            return {"op": "number", "path": written(step.path), "decimal": step.mark}
        case mapping.ReadTime():
            return {"op": "time", "path": written(step.path), "format": step.form}


def _small(value: JsonValue) -> Value:
    """The value in a document; it may be put into every element of a list."""
    put = _value(value)
    if len(write_document(put)) > VALUE_BYTES_MAX:
        raise ValueError(f"a value may have at most {VALUE_BYTES_MAX} bytes as JSON")
    return put


def _value(value: JsonValue) -> Value:
    """The value in a document, where numbers are as they were written."""
    if isinstance(value, dict):
        return {_text(name): _value(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_value(element) for element in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not isfinite(value):
            raise ValueError("NaN and Infinity are not valid JSON")
        return Number(json.dumps(value))
    return _text(value) if isinstance(value, str) else value
