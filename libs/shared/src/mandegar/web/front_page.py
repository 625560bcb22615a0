"""``GET /``: what a service is and where to look, as a page for browsers and as JSON for programs. No shop's data."""

from html import escape

from fastapi import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from mandegar.service.parts import S, Service
from mandegar.web.access import Router, public
from mandegar.web.documentation.route import page_headers

# Relative, so that they hold behind a proxy that adds a prefix.
_LINKS = {
    "docs": "every route, with its schemas and an example request",
    "openapi.json": "the same for programs (OpenAPI 3.1)",
    "readyz": "whether this process is ready, and why not",
    "metrics": "measurements, for Prometheus",
}
_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;"
    "padding:0 1rem}dt{font:600 1rem ui-monospace,monospace}dd{margin:0 0 .8rem}"
)


def front_page(service: Service[S]) -> Router:
    """The route ``/`` of a service."""
    router = Router(dependencies=[public()])

    @router.get("/", include_in_schema=False)
    async def front(request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_page(service.name, service.about), headers={**page_headers(_STYLE), "Vary": "Accept"})
        links = {name.removesuffix(".json"): f"/{name}" for name in _LINKS}
        return JSONResponse(
            {"service": service.name, "about": service.about, "links": links}, headers={"Vary": "Accept"}
        )

    return router


def worker_page(service: Service[S]) -> Router:
    """The route ``/`` of a process that serves probes and metrics only."""
    router = Router(dependencies=[public()])

    @router.get("/")
    async def front() -> Response:
        links = {name: f"/{name}" for name in ("readyz", "metrics")}
        told = f"The worker of {service.name}: applies events, publishes, settles. Its API is in another process."
        return JSONResponse({"service": service.name, "about": told, "links": links})

    return router


def _page(name: str, about: str) -> str:
    entries = "".join(f"<dt><a href={link}>/{link}</a><dd>{escape(text)}" for link, text in _LINKS.items())
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width"><link rel=icon href="data:,">'
        f"<title>Mandegar {escape(name)}</title><style>{_STYLE}</style>"
        f"<h1>Mandegar {escape(name)}</h1><p>{escape(about)}</p><dl>{entries}</dl>"
        "<p>Other routes need a token in the header <code>Authorization</code>, which a browser does not send.</html>"
    )
