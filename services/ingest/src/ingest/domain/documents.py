"""JSON documents that are changed in one place and otherwise written as they were read.

A number keeps its digits, and half a surrogate pair, which JSON may have as an escape, stays one. Places are JSON
Pointers (RFC 6901) in which ``*`` stands for every element of a list.
"""

import json
import re
from dataclasses import dataclass
from typing import TypeAlias

from mandegar.quantities import whole_of

EACH = "*"
_LONE = re.compile(r"[\ud800-\udfff]")
_TOKEN = re.compile(r"(?:[^~]|~[01])*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,4}")


class Number(str):
    """A number as it was written."""

    __slots__ = ()


Value: TypeAlias = "dict[str, Value] | list[Value] | str | bool | None"
Document: TypeAlias = dict[str, Value]
Path: TypeAlias = tuple[str, ...]


def read_document(body: bytes) -> Document | None:
    """The object in a body, or None if there is none that could be written again."""
    try:
        value = json.loads(body.decode(), parse_int=Number, parse_float=Number, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def write_document(value: Value) -> bytes:
    """The document as JSON in UTF-8."""
    return _text(value).encode()


def pointer(text: str) -> Path:
    """The path of a JSON Pointer; raises ``ValueError``."""
    if not text.startswith("/"):
        raise ValueError("must be a JSON Pointer that begins with /, such as /data/total")
    tokens = text[1:].split("/")
    if not all(_TOKEN.fullmatch(token) for token in tokens):
        raise ValueError("in a JSON Pointer ~ is written ~0, and a slash within a name ~1")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)


def written(path: Path) -> str:
    """The JSON Pointer of a path."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in path)


@dataclass(slots=True)
class Place:
    """A member of an object, or an element of a list."""

    parent: dict[str, Value] | list[Value]
    key: str | int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing, null or an empty text."""
        return not self.exists or self.value in (None, "")

    @property
    def exists(self) -> bool:
        return not isinstance(self.parent, dict) or self.key in self.parent

    @property
    def value(self) -> Value:
        return self.parent[self.key]  # type: ignore[index]

    def put(self, value: Value) -> None:
        self.parent[self.key] = value  # type: ignore[index]

    def remove(self) -> None:
        del self.parent[self.key]  # type: ignore[arg-type]


def places(root: Value, path: Path, *, making: bool = False) -> list[Place]:
    """The places of a path, the last element of a list first; a member of an object need not exist.

    ``making`` adds the objects that are missing on the way.
    """
    parents = within(root, path[:-1], making=making)
    found: list[Place] = []
    for parent in parents:
        if isinstance(parent, dict):
            found.append(Place(parent, path[-1]))
        elif isinstance(parent, list):
            found += [Place(parent, index) for index in _indexes(parent, path[-1])]
    return found


def within(root: Value, path: Path, *, making: bool = False) -> list[Value]:
    """The values at a path."""
    values = [root]
    for token in path:
        values = [child for value in values for child in _children(value, token, making=making)]
    return values


def _children(parent: Value, token: str, *, making: bool) -> list[Value]:
    if isinstance(parent, list):
        return [parent[index] for index in _indexes(parent, token)]
    if not isinstance(parent, dict):
        return []
    if making and parent.get(token) is None:
        parent[token] = {}
    return [parent[token]] if token in parent else []


def _indexes(elements: list[Value], token: str) -> list[int]:
    if token == EACH:
        return list(reversed(range(len(elements))))
    index = whole_of(token) if _INDEX.fullmatch(token) else len(elements)
    return [index] if index < len(elements) else []


def _text(value: Value) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(name)}:{_text(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    return _LONE.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(value, ensure_ascii=False))


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not valid JSON")
