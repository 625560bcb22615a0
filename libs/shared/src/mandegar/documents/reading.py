"""From the text of a document to its checked model, or to every error with its line."""

from typing import Any, TypeVar

from pydantic import ValidationError

from mandegar.documents.model import DocumentModel, message_of
from mandegar.documents.nodes import InvalidDocument, LineError, Nodes, Path, name_of, read_nodes

Model = TypeVar("Model", bound=DocumentModel)

ERRORS_MAX = 100


def read_document(text: str, model: type[Model], **context: Any) -> Model:
    """The document in a YAML text. Raises ``InvalidDocument`` with its first ``ERRORS_MAX`` errors, in order of lines.

    Validators of the model find ``context`` in their ``ValidationInfo``.
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
    """The path of the text that pydantic means; what it adds for the member of a union stands in no text."""
    path: Path = ()
    for part in location:
        if (*path, part) in nodes.lines:
            path = (*path, part)
    return path
