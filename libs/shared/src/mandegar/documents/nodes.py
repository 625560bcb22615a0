"""Parses YAML text into plain values, with the line of each."""

import re
from typing import NamedTuple, TypeAlias

import yaml

CHARACTERS_MAX = 65_536
DEPTH_MAX = 20
# Far more than any valid document has; reading as many takes some milliseconds.
NODES_MAX = 1000
# Of documents with many sections: some tens of milliseconds.
MANY_NODES_MAX = 6000
SCALAR_MAX = 1000
# libyaml compares each directive with all before it.
DIRECTIVES_MAX = 10

# YAML escapes can write characters that PostgreSQL cannot store (NUL), that UTF-8 cannot encode (surrogates), or that
# have no place in a message (other controls). Tabs and line ends are in texts of several lines.
_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

# Scalars stay text, so that the decimals in a document are exact.
Value: TypeAlias = str | list["Value"] | dict[str, "Value"]
Path: TypeAlias = tuple[str | int, ...]


class LineError(NamedTuple):
    """One error of a document. Lines count from 1."""

    line: int
    message: str


class InvalidDocument(ValueError):
    """The text is not a valid document; ``errors`` are sorted by line."""

    def __init__(self, errors: list[LineError]) -> None:
        super().__init__("; ".join(f"line {error.line}: {error.message}" for error in errors))
        self.errors = errors


class Nodes(NamedTuple):
    """The value of a YAML text, and the line of each path in it."""

    value: Value
    lines: dict[Path, int]


def read_nodes(text: str, nodes_max: int = NODES_MAX) -> Nodes:
    """Parse YAML; raises ``InvalidDocument`` for errors, aliases, duplicate keys, control characters, and excess."""
    if len(text) > CHARACTERS_MAX:
        raise _invalid(1, f"the document is longer than {CHARACTERS_MAX} characters")
    if text.count("\n%") > DIRECTIVES_MAX:
        raise _invalid(1, f"the document has more than {DIRECTIVES_MAX} directives")
    try:
        return _Composer(text, nodes_max).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error).partition("\n")[0]
        if "invalid Unicode" in why:  # the escape of a surrogate
            raise _invalid(mark.line + 1 if mark else 1, "control characters are not allowed") from error
        raise _invalid(min(mark.line, text.count("\n")) + 1 if mark else 1, f"not valid YAML: {why}") from error
    except UnicodeEncodeError as error:
        raise _invalid(1, "control characters are not allowed") from error


def name_of(path: Path) -> str:
    """A path as messages write it, such as ``tiers.levels.1.spend``."""
    return ".".join(map(str, path))


class _Composer:
    """Composes plain values from the events of libyaml, and stops at the first excess.

    PyYAML would build a node for everything in the text first, which takes seconds for a hostile one.
    """

    def __init__(self, text: str, nodes_max: int) -> None:
        self._events = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._nodes, self._nodes_max = 0, nodes_max
        self._lines: dict[Path, int] = {(): 1}

    def document(self) -> Nodes:
        """The value of the only document; an empty text is ``""``."""
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Nodes("", self._lines)
        value = self._value(next(self._events), (), 0)
        next(self._events)
        if not isinstance(another := next(self._events), yaml.StreamEndEvent):
            raise _invalid(_line(another), "not valid YAML: but found another document")
        return Nodes(value, self._lines)

    def _value(self, event: yaml.Event, path: Path, depth: int) -> Value:
        line = self._lines[path] = _line(event)
        self._nodes += 1
        if isinstance(event, yaml.AliasEvent):
            raise _invalid(line, "aliases are not allowed")
        if self._nodes > self._nodes_max:
            raise _invalid(line, f"the document has more than {self._nodes_max} keys, values and list items")
        if isinstance(event, yaml.ScalarEvent):
            return _text(event.value, line)
        if depth >= DEPTH_MAX:
            raise _invalid(line, "nested too deeply")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, depth + 1)
        items: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items)), depth + 1))
        return items

    def _mapping(self, path: Path, depth: int) -> dict[str, Value]:
        mapping: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            key = self._value(event, (*path, "?"), depth)
            name = key if isinstance(key, str) else "?"
            if name in mapping:
                raise _invalid(line, f"{name_of((*path, name))}: duplicate key")
            mapping[name] = self._value(next(self._events), (*path, name), depth)
            self._lines[*path, name] = line
        return mapping


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _text(text: str, line: int) -> str:
    if len(text) > SCALAR_MAX:
        raise _invalid(line, f"a text or number here has at most {SCALAR_MAX} characters")
    if _REFUSED.search(text):
        raise _invalid(line, "control characters are not allowed")
    return text


def _invalid(line: int, message: str) -> InvalidDocument:
    return InvalidDocument([LineError(line, message)])
