"""Reads the text of a document into its model, or raises its errors with their lines."""

from typing import Any, TypeVar

from pydantic import ValidationError

from mandegar.documents.model import DocumentModel, message_of
from mandegar.documents.nodes import InvalidDocument, LineError, Nodes, Path, name_of, read_nodes

Model = TypeVar("Model", bound=DocumentModel)

ERRORS_MAX = 100


def read_document(text: str, model: type[Model], **context: Any) -> Model:
    """The model of a YAML text; raises ``InvalidDocument`` with the first ``ERRORS_MAX`` errors by line.

    ``context`` is available to the model's validators as ``ValidationInfo.context``.
    """
    nodes = read_nodes(text)
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
