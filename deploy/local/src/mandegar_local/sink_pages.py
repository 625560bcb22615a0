"""The routes and the server that mailbox and SMS outbox have in common."""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:80rem}
table{border-collapse:collapse;width:100%}
td,th{padding:.4rem .8rem;border-bottom:1px solid #ddd;vertical-align:top;white-space:nowrap}
th{text-align:left}
td{text-align:start;unicode-bidi:plaintext}
td.long{white-space:pre-wrap;overflow-wrap:anywhere;width:100%}
"""


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


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: a text, the page that it opens, and whether it may be broken into lines."""

    text: str
    href: str = ""
    long: bool = False

    def html(self) -> str:
        """The cell; each of its lines in the direction of its own first letter."""
        text = escape(self.text) or "&nbsp;"
        content = f'<a href="{escape(self.href)}">{text}</a>' if self.href else text
        return f'<td dir="auto"{" class=long" if self.long else ""}>{content}</td>'


def index_page(title: str, heads: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> HTMLResponse:
    """A page with a table."""
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join(f"<tr>{''.join(cell.html() for cell in row)}</tr>" for row in rows)
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>"
        f"<p>{_how_many(len(rows))} · times are of the stack's clock · <a href=/messages>JSON</a></p>"
        f"<table><tr>{head}</tr>{body}</table>"
    )


def time_cell(received_at: str) -> Cell:
    """A time as people read it, in the zone of this machine."""
    at = datetime.fromisoformat(received_at).astimezone()
    return Cell(f"{at:%a} {at.day} {at:%b %Y, %H:%M} {at:%Z}")


def _how_many(rows: int) -> str:
    return f"the {rows} newest" if rows > 1 else ("one message" if rows else "no message yet")


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
