"""A mapping repairs events that share a fault: a list of small steps, each of which changes one place of the body.

Where RFC 6902 (JSON Patch) has an operation of that kind, a step does the same; but a step that does not apply to an
event leaves it as it is, because the events of a group share a fault and not a form. No step computes: what a number or
a time means is decided when the event is read.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from ingest.domain.documents import (
    EACH,
    Document,
    Number,
    Path,
    Value,
    places,
    read_document,
    within,
    write_document,
)
from mandegar.events.addresses import ascii_digits
from mandegar.events.written_number import Mark, plain_number

# Members that tell one event, customer or order from another. A constant would make one of many.
IDENTIFYING = frozenset(
    {
        "id",
        "anonymous_id",
        "email",
        "phone",
        "customerid",
        "subject",
        "order_id",
        "refund_id",
        "ticket_id",
        "promise_id",
    }
)
# As large as an event may be; a larger one is refused.
SIZE_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class Move:
    """The value at ``source`` goes to ``path``; with ``stays`` it is copied there."""

    source: Path
    path: Path
    stays: bool = False

    def __post_init__(self) -> None:
        shared = self.shared
        if shared == len(self.source) or self.source[:shared] != self.path[:shared] or EACH in self.path[shared:]:
            raise ValueError("what is in a list stays in its element: both paths must be the same up to the last *")

    @property
    def shared(self) -> int:
        """How many tokens both paths have in common: up to the last ``*``."""
        return len(self.source) - self.source[::-1].index(EACH) if EACH in self.source else 0


@dataclass(frozen=True, slots=True)
class Put:
    """``value`` at ``path``; with ``missing`` only where there is nothing, null or an empty text."""

    path: Path
    value: Value
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Remove:
    """Nothing at ``path``."""

    path: Path


@dataclass(frozen=True, slots=True)
class Replace:
    """Another value for each text or number at ``path`` that is in ``values``."""

    path: Path
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """The text at ``path`` as a decimal number: in any digits, grouped or not, with ``mark`` before its fraction."""

    path: Path
    mark: Mark


@dataclass(frozen=True, slots=True)
class ReadTime:
    """The text at ``path``, which has the form ``form`` of ``strptime``, as RFC 3339; without a zone if it has none."""

    path: Path
    form: str

    def __post_init__(self) -> None:
        try:
            plain_time("", self.form)
        except re.error:
            raise ValueError("each directive of the format can stand there once") from None


Step: TypeAlias = Move | Put | Remove | Replace | ReadNumber | ReadTime


def repaired(body: bytes, steps: Sequence[Step]) -> bytes:
    """The body after the steps; itself if they change nothing, or if it is no JSON object.

    The steps end where it becomes larger than an event may be: fifty copies would double it fifty times.
    """
    document = read_document(body)
    if document is None:
        return body
    before = write_document(document)
    for step in steps:
        apply_step(document, step)
        if _grows(step):
            after = write_document(document)
            if len(after) > max(SIZE_MAX, len(before)):
                return after
    after = write_document(document)
    return body if after == before else after


def _grows(step: Step) -> bool:
    """Whether a step may make a document much larger."""
    return (isinstance(step, Move) and step.stays) or (isinstance(step, Put | Replace) and EACH in step.path)


def apply_step(document: Document, step: Step) -> None:
    """Change the document, unless the step does not apply to it."""
    match step:
        case Move():
            for root in within(document, step.source[: step.shared]):
                _move(root, step)
        case Put():
            for place in places(document, step.path, making=True):
                if not step.missing or place.is_empty:
                    place.put(deepcopy(step.value))
        case Remove():
            for place in places(document, step.path):
                if place.exists:
                    place.remove()
        case Replace():
            for place in places(document, step.path):
                if place.exists and isinstance(place.value, str) and place.value in step.values:
                    place.put(deepcopy(step.values[place.value]))
        case ReadNumber():
            _rewrite(document, step.path, lambda text: plain_number(text, step.mark))
        case ReadTime():
            _rewrite(document, step.path, lambda text: plain_time(text, step.form))


def plain_time(text: str, form: str) -> str | None:
    """The time in RFC 3339, or None if the text has another form."""
    try:
        return datetime.strptime(ascii_digits(text).strip(), form).isoformat()  # noqa: DTZ007  the reader knows the zone
    except ValueError:
        return None


def constants_that_identify(step: Step) -> Iterator[str]:
    """The members that the step would make equal in many events although they tell these apart."""
    values: list[Value] = []
    if isinstance(step, Put):
        values = [step.value]
    elif isinstance(step, Replace):
        values = [*step.values.values()]
    if values and step.path[-1] in IDENTIFYING:
        yield step.path[-1]
    for value in values:
        yield from _identifying_in(value)


def _identifying_in(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        yield from sorted(IDENTIFYING & value.keys())
        for member in value.values():
            yield from _identifying_in(member)
    elif isinstance(value, list):
        for element in value:
            yield from _identifying_in(element)


def _move(root: Value, step: Move) -> None:
    for place in places(root, step.source[step.shared :]):
        if not place.exists:
            continue
        value = deepcopy(place.value)
        if not step.stays:
            place.remove()
        for target in places(root, step.path[step.shared :], making=True):
            target.put(value)


def _rewrite(document: Document, path: Path, write: Callable[[str], str | None]) -> None:
    """What is a JSON number says what it is."""
    for place in places(document, path):
        if place.exists and isinstance(place.value, str) and not isinstance(place.value, Number):
            place.put(write(place.value) or place.value)
