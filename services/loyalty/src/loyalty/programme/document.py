"""Programmes as YAML: the text to a checked programme, and what is wrong with it by line."""

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import yaml

from loyalty.domain.programme import BEGINNING, Programme
from loyalty.domain.programme_document import Document, InvalidProgramme, Path, read_programme

DOCUMENT_CHARACTERS_MAX = 65_536
_DEPTH_MAX = 20


class LineError(NamedTuple):
    """What is wrong in a document; lines count from 1."""

    line: int
    message: str


class UnreadableProgramme(ValueError):
    """The text is no programme; ``errors`` say where and why, in the order of lines."""

    def __init__(self, errors: list[LineError]) -> None:
        super().__init__("; ".join(f"line {error.line}: {error.message}" for error in errors))
        self.errors = errors


def parse_programme(text: str, *, version: int, effective_from: int, currency: str) -> Programme:
    """The programme in a YAML text. Raises ``UnreadableProgramme`` with every error and its line."""
    lines: dict[Path, int] = {(): 1}
    document = _load(text, lines)
    try:
        return read_programme(document, version=version, effective_from=effective_from, currency=currency)
    except InvalidProgramme as error:
        raise UnreadableProgramme(
            sorted(LineError(_line(lines, path), f"{_name(path)}{why}") for path, why in error.errors)
        ) from error


@lru_cache(maxsize=512)
def stored_programme(text: str, version: int, effective_from: int, currency: str) -> Programme:
    """The same for a text that was checked when it was stored; remembered, as every batch asks for it."""
    return parse_programme(text, version=version, effective_from=effective_from, currency=currency)


@lru_cache(maxsize=512)
def default_document(currency: str) -> str:
    """The text of the programme of a shop in ``currency`` that has none of its own."""
    table = yaml.safe_load(files("loyalty").joinpath("programme/default.yaml").read_text(encoding="utf-8"))
    unit = str(table["one_point_per"].get(currency, table["one_point_per"]["other"]))
    scale = {f"{{{key}}}": str(int(unit) * int(factor)) for key, factor in table["spend_in_points"].items()}
    text = str(table["document"]).replace("{currency}", currency).replace("{per}", unit)
    for placeholder, amount in scale.items():
        text = text.replace(placeholder, amount)
    return text


@lru_cache(maxsize=512)
def default_programme(currency: str) -> Programme:
    """What is in force, from the beginning of time, for a shop that has no programme of its own."""
    return parse_programme(default_document(currency), version=0, effective_from=BEGINNING, currency=currency)


def _load(text: str, lines: dict[Path, int]) -> Document:
    if len(text) > DOCUMENT_CHARACTERS_MAX:
        raise UnreadableProgramme([LineError(1, f"longer than {DOCUMENT_CHARACTERS_MAX} characters")])
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            # Here, where it is read piece by piece: what is nested without end takes the reader seconds.
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH_MAX:
                raise UnreadableProgramme(
                    [LineError(event.start_mark.line + 1 if event.start_mark else 1, "nested too deep")]
                )
            if isinstance(event, yaml.AliasEvent):
                raise UnreadableProgramme(
                    [LineError(event.start_mark.line + 1 if event.start_mark else 1, "aliases are not read here")]
                )
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise UnreadableProgramme([LineError(mark.line + 1 if mark else 1, f"no YAML: {why}")]) from error
    except RecursionError as error:
        raise UnreadableProgramme([LineError(1, "nested too deep")]) from error
    return "" if node is None else _plain(node, (), lines)


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int]) -> Document:
    lines[path] = node.start_mark.line + 1
    if len(path) > _DEPTH_MAX:
        raise UnreadableProgramme([LineError(lines[path], "nested too deep")])
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Document] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            line = key.start_mark.line + 1
            if name in mapping:
                raise UnreadableProgramme([LineError(line, f"{_name((*path, name))}this key stands here twice")])
            mapping[name] = _plain(value, (*path, name), lines)
            lines[(*path, name)] = line
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, position), lines) for position, item in enumerate(node.value)]
    return str(node.value)


def _line(lines: dict[Path, int], path: Path) -> int:
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _name(path: Path) -> str:
    return f"{'.'.join(map(str, path))}: " if path else ""
