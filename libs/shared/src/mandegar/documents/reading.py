"""Reads the text of a document into its model, or raises its errors with their lines."""

import re
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from mandegar.documents.model import DocumentModel, message_of
from mandegar.documents.nodes import (
    MANY_NODES_MAX,
    NODES_MAX,
    InvalidDocument,
    LineError,
    Nodes,
    Path,
    name_of,
    read_nodes,
)

Model = TypeVar("Model", bound=DocumentModel)
Other = TypeVar("Other", bound=DocumentModel)

ERRORS_MAX = 100
_SECOND = re.compile(r"""^version\s*:\s*["']?2\b""", re.MULTILINE)


class ReadDocument(NamedTuple, Generic[Model]):
    """A document that was read without errors; ``nodes`` has the line of each path in its text."""

    model: Model
    nodes: Nodes

    def at(self, path: Path, message: str) -> LineError:
        """A message about what stands at a path, or at the nearest path above it."""
        return _line_error(self.nodes, path, message)


def read_with_lines(
    text: str, model: type[Model], *, nodes_max: int = NODES_MAX, **context: Any
) -> ReadDocument[Model]:
    """The model of a YAML text, with the lines of the text for messages about a valid document."""
    nodes = read_nodes(text, nodes_max)
    return ReadDocument(_model_of(nodes, model, context), nodes)


def read_document(text: str, model: type[Model], **context: Any) -> Model:
    """The model of a YAML text; raises ``InvalidDocument`` with the first ``ERRORS_MAX`` errors by line.

    ``context`` is available to the model's validators as ``ValidationInfo.context``.
    """
    return _model_of(read_nodes(text), model, context)


def read_versioned(text: str, first: type[Model], second: type[Other], **context: Any) -> Model | Other:
    """The model of a YAML text that says by its key ``version`` (1 or 2) which of two models it follows.

    Raises as ``read_document`` does.
    """
    nodes = read_nodes(text, MANY_NODES_MAX if _SECOND.search(text) else NODES_MAX)
    stated = nodes.value.get("version") if isinstance(nodes.value, dict) else None
    if isinstance(stated, str) and stated not in ("1", "2"):
        raise InvalidDocument([LineError(nodes.lines["version",], "version: must be 1 or 2")])
    return _model_of(nodes, second, context) if stated == "2" else _model_of(nodes, first, context)


def _model_of(nodes: Nodes, model: type[Model], context: dict[str, Any]) -> Model:
    try:
        return model.model_validate(nodes.value, context=context)
    except ValidationError as error:
        errors = [_line_error(nodes, details["loc"], message_of(details)) for details in error.errors()]
        raise InvalidDocument(sorted(errors)[:ERRORS_MAX]) from error


def _line_error(nodes: Nodes, location: Path, message: str) -> LineError:
    path = _path_in(nodes, location)
    return LineError(nodes.lines[path], f"{name_of(path)}: {message}" if path else message)


def _path_in(nodes: Nodes, location: Path) -> Path:
    """The path in the text of a pydantic location, without the parts that name members of unions."""
    path: Path = ()
    for part in location:
        if (*path, part) in nodes.lines:
            path = (*path, part)
    return path
