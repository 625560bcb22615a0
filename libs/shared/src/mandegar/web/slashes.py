"""Keeps an encoded slash within a path segment: ``/v1/customers/a%2Fb`` is the customer ``a/b``.

ASGI servers decode paths before routing, which would split the segment.
"""

import re
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from mandegar.events.written import UNREADABLE

# A noncharacter: no id contains one. A private-use character would do for somebody who is called so.
_PLACEHOLDER = "\ufdd0"
_ENCODED_SLASH = re.compile(rb"%2f", re.IGNORECASE)


class EncodedSlashes:
    """ASGI middleware that replaces encoded slashes with a placeholder before routing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw_path = scope.get("raw_path") or b""
        if _ENCODED_SLASH.search(raw_path) or _PLACEHOLDER in scope.get("path", ""):
            # A placeholder that was sent is no slash: whoever has an id with one must not be somebody else.
            parts = (unquote(part).replace(_PLACEHOLDER, UNREADABLE) for part in _ENCODED_SLASH.split(raw_path))
            scope = {**scope, "path": _PLACEHOLDER.join(parts)}
        await self._app(scope, receive, send)


def with_slashes(part: str) -> str:
    """A path segment with its slashes in place of the placeholders."""
    return part.replace(_PLACEHOLDER, "/")
