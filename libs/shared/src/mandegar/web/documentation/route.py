"""Serves ``/docs``."""

import re
from base64 import b64encode
from hashlib import sha256

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse

from mandegar.web.documentation.page import ADDRESS, STYLE, page

_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")


def page_headers(style: str) -> dict[str, str]:
    """Headers by which a page may load nothing, and use no style but its own."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return {"Content-Security-Policy": policy}


def add_documentation(app: FastAPI, about: str) -> None:
    """Serve the page. It is built when it is first asked for."""
    pages: list[str] = []

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        if not pages:
            pages.append(page(app.openapi(), about))
        return HTMLResponse(pages[0].replace(ADDRESS, _address(request)), headers=page_headers(STYLE))


def _address(request: Request) -> str:
    """The address of the service's routes, as the caller reached it; from a port of operations, that of the others."""
    settings = request.app.state.context.settings
    named = _HOST.fullmatch(request.headers.get("host", ""))
    host, port = named.groups() if named else ("localhost", None)
    if settings.operations_port is not None or not named:
        port = settings.http_port
    return f"{request.url.scheme}://{host}{f':{port}' if port else ''}"
