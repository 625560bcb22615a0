"""The HTTP server as one task among others: it leaves signals to the runner and finishes requests when cancelled."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

KEEP_ALIVE_SECONDS = 65
FINISH_SECONDS = 4
BACKLOG = 2_048


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_http(app: FastAPI, host: str, port: int) -> None:
    """Serve until cancelled; then stop accepting and let requests in hand finish."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="none",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_SECONDS,
        server_header=False,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([_listener(host, port)]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    raise RuntimeError(f"the HTTP server on {host}:{port} ended by itself")


def _listener(host: str, port: int) -> socket.socket:
    """Ours to open: the server would end the process without a word to the runner."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise RuntimeError(f"cannot listen on {host}:{port} ({error.strerror}): choose MANDEGAR_HTTP_PORT") from error
