"""Keeps an encoded slash within a path segment: ``/v1/customers/a%2Fb`` is the customer ``a/b``.

ASGI servers decode paths before routing, which would split the segment.
"""

import re
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

# A private-use character: stored ids are printable, so none contains it.
_PLACEHOLDER = "\ue000"
_ENCODED_SLASH = re.compile(rb"%2f", re.IGNORECASE)


class EncodedSlashes:
    """ASGI middleware that replaces encoded slashes with a placeholder before routing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw_path = scope.get("raw_path")
        if raw_path and _ENCODED_SLASH.search(raw_path):
            replaced = _ENCODED_SLASH.sub(_PLACEHOLDER.encode(), raw_path)
            scope = {**scope, "path": unquote(replaced)}
        await self._app(scope, receive, send)


def with_slashes(part: str) -> str:
    """A path segment with its slashes in place of the placeholders."""
    return part.replace(_PLACEHOLDER, "/")
