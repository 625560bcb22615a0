"""Routes of doors: documented by FastAPI, and called without its reading of bodies and parameters."""

from collections.abc import Callable
from typing import Any

from fastapi import Security
from fastapi.security import APIKeyHeader, HTTPBearer

from ingest.doors.request.limits import REQUEST_BYTES_MAX
from mandegar.web import public
from mandegar.web.bare import BareRoute
from mandegar.web.edge.limits import BODY_BYTES

# These appear in the OpenAPI document; the door's `verify` reads the headers.
SOURCE_KEY = [
    public("source_key"),
    Security(APIKeyHeader(name="X-Mandegar-Key", scheme_name="SourceKey", auto_error=False)),
    Security(HTTPBearer(scheme_name="SourceKeyAsBearer", auto_error=False)),
]


class DoorRoute(BareRoute):
    """A door with the bytes that its request may have."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        options["openapi_extra"] = {BODY_BYTES: REQUEST_BYTES_MAX, **(options.get("openapi_extra") or {})}
        super().__init__(path, endpoint, **options)
