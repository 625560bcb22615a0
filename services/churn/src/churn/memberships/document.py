"""The document of a segment as a shop writes it, in YAML or JSON."""

from typing import Final, NamedTuple

from churn.domain.segments.conditions import Node
from churn.memberships.read_condition import ConditionReader, Wrong
from mandegar.documents.nodes import InvalidDocument, LineError, Nodes, Path, Value, name_of, read_nodes

DESCRIPTION_MAX: Final = 300
ERRORS_MAX: Final = 100
_KEYS: Final = ("version", "description", "publish", "customers")


class SegmentDocument(NamedTuple):
    """A document without errors. ``publish``: crossings of the segment are published as events."""

    description: str
    publish: bool
    condition: Node


def read_segment(text: str) -> SegmentDocument:
    """The document in a text; raises ``InvalidDocument`` with every error, its line, its path and its reason."""
    nodes = read_nodes(text)
    reader = ConditionReader()
    document = _read(nodes.value, reader)
    if reader.errors:
        errors = sorted(_line_error(nodes, wrong) for wrong in reader.errors)
        raise InvalidDocument(errors[:ERRORS_MAX])
    return document


def _read(value: Value, reader: ConditionReader) -> SegmentDocument:
    errors, stated = reader.errors, value if isinstance(value, dict) else {}
    if not stated:
        errors.append(Wrong((), "must be a mapping with the keys version and customers"))
    for key in stated.keys() - set(_KEYS):
        errors.append(Wrong((key,), f"unknown key; allowed keys: {', '.join(_KEYS)}"))
    if stated.get("version") != "1":
        errors.append(Wrong(("version",), "must be 1"))
    description, publish = stated.get("description", ""), stated.get("publish", "true")
    if not isinstance(description, str) or len(description) > DESCRIPTION_MAX:
        errors.append(Wrong(("description",), f"must be a text of at most {DESCRIPTION_MAX} characters"))
    if publish not in ("true", "false"):
        errors.append(Wrong(("publish",), "must be true or false"))
    condition = reader.read(stated.get("customers", ""), ("customers",))
    return SegmentDocument(str(description), publish == "true", condition)


def _line_error(nodes: Nodes, wrong: Wrong) -> LineError:
    path: Path = wrong.path
    while path not in nodes.lines:
        path = path[:-1]
    return LineError(nodes.lines[path], f"{name_of(wrong.path)}: {wrong.message}" if wrong.path else wrong.message)
