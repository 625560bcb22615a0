"""Runs uvicorn as a task: signals are left to the runner, and a cancellation lets running requests finish."""

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
    """Serve until cancelled, then stop accepting connections and let running requests finish."""
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
    """The listening socket. Opened here, because uvicorn calls ``sys.exit`` if it cannot open one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise RuntimeError(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another MANDEGAR_HTTP_PORT"
        ) from error
