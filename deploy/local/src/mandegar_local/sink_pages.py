"""The routes and the server that mailbox and SMS outbox have in common."""

import asyncio
import signal
from collections.abc import Sequence
from html import escape
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mandegar_local.message_store import MessageStore

PAGE_DEFAULT = 100
PAGE_MAX = 1000


def message_routes(store: MessageStore) -> list[BaseRoute]:
    """`GET /messages?to=&limit=&before=` newest first, `GET /messages/{id}`, `GET /readyz`."""

    async def messages(request: Request) -> Response:
        query = request.query_params
        try:
            limit = int(query.get("limit", PAGE_DEFAULT))
            before = int(query["before"]) if "before" in query else None
        except ValueError:
            return JSONResponse({"detail": "limit and before are numbers"}, 422)
        to = query.get("to")
        page = store.newest(max(1, min(limit, PAGE_MAX)), before=before, to=to)
        return JSONResponse(page, headers={"X-Total-Count": str(store.count(to))})

    async def message(request: Request) -> Response:
        record = store.get(request.path_params["number"])
        return JSONResponse(record) if record else JSONResponse({"detail": "no such message"}, 404)

    async def ready(_: Request) -> Response:
        return JSONResponse({"status": "ok", "messages": len(store)})

    return [
        Route("/messages", messages),
        Route("/messages/{number:int}", message),
        Route("/readyz", ready),
    ]


def index_page(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> HTMLResponse:
    """A page with a table. The first column of a row is HTML (a link), the others are escaped."""
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join(
        f"<tr><td>{row[0]}</td>" + "".join(f'<td dir="auto">{escape(cell)}</td>' for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return HTMLResponse(
        f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title>"
        "<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}"
        "td,th{padding:.3rem .8rem;border-bottom:1px solid #ddd;text-align:start;vertical-align:top}</style>"
        f"<h1>{escape(title)}</h1><p>{len(rows)} newest · <a href=/messages>JSON</a></p>"
        f"<table><tr>{head}</tr>{body}</table>"
    )


async def serve_until_stopped(routes: list[BaseRoute], port: int) -> None:
    """Serve on a loopback port until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        Starlette(routes=routes), host="127.0.0.1", port=port, access_log=False, log_level="warning", lifespan="off"
    )
    server = uvicorn.Server(config)
    loop = asyncio.get_running_loop()

    def stop(*_: Any) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.serve()
