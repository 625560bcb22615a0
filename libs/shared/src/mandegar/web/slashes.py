"""An encoded slash in a path belongs to the name it stands in: the customer ``a/b`` is asked for as ``a%2Fb``."""

import re
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

# A character of private use: no id that we keep holds one, for they are not printable.
_STANDS_FOR_SLASH = "\ue000"
_ENCODED_SLASH = re.compile(rb"%2f", re.IGNORECASE)


class EncodedSlashes:
    """ASGI middleware that keeps encoded slashes from separating the parts of a path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw_path = scope.get("raw_path")
        if raw_path and _ENCODED_SLASH.search(raw_path):
            kept = _ENCODED_SLASH.sub(_STANDS_FOR_SLASH.encode(), raw_path)
            scope = {**scope, "path": unquote(kept)}
        await self._app(scope, receive, send)


def with_slashes(part: str) -> str:
    """What a part of a path says, its encoded slashes included."""
    return part.replace(_STANDS_FOR_SLASH, "/")
