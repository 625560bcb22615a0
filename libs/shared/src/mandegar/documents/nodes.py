"""Parses YAML text into plain values, with the line of each."""

import re
from typing import NamedTuple, TypeAlias

import yaml

CHARACTERS_MAX = 65_536
DEPTH_MAX = 20
SCALAR_MAX = 1000

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


def read_nodes(text: str) -> Nodes:
    """Parse YAML; raises ``InvalidDocument`` for errors, aliases, duplicate keys, control characters, and excess."""
    if len(text) > CHARACTERS_MAX:
        raise _invalid(1, f"the document is longer than {CHARACTERS_MAX} characters")
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise _invalid(mark.line + 1 if mark else 1, f"not valid YAML: {why}") from error
    except RecursionError as error:
        raise _invalid(1, "nested too deeply") from error
    lines: dict[Path, int] = {(): 1}
    return Nodes("" if root is None else _plain(root, (), lines), lines)


def name_of(path: Path) -> str:
    """A path as messages write it, such as ``tiers.levels.1.spend``."""
    return ".".join(map(str, path))


class _Loader(yaml.SafeLoader):
    """Refuses depth and aliases while composing, because reading a text of brackets to its end would take seconds."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise _invalid(line, "aliases are not allowed")
        if isinstance(event, yaml.CollectionStartEvent) and self._depth >= DEPTH_MAX:
            raise _invalid(line, "nested too deeply")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int]) -> Value:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Value] = {}
        for key, value in node.value:
            name = _text(key) if isinstance(key, yaml.ScalarNode) else "?"
            line = key.start_mark.line + 1
            if name in mapping:
                raise _invalid(line, f"{name_of((*path, name))}: duplicate key")
            mapping[name] = _plain(value, (*path, name), lines)
            lines[(*path, name)] = line
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, position), lines) for position, item in enumerate(node.value)]
    return _text(node)


def _text(scalar: yaml.Node) -> str:
    text, line = str(scalar.value), scalar.start_mark.line + 1
    if len(text) > SCALAR_MAX:
        raise _invalid(line, f"a text or number here has at most {SCALAR_MAX} characters")
    if _REFUSED.search(text):
        raise _invalid(line, "control characters are not allowed")
    return text


def _invalid(line: int, message: str) -> InvalidDocument:
    return InvalidDocument([LineError(line, message)])
