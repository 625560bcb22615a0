"""Runs uvicorn as a task: signals are left to the runner, and a cancellation lets running requests finish."""

import asyncio
import resource
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import uvicorn
from starlette.types import ASGIApp

from mandegar.web.edge.connection import Connection
from mandegar.web.edge.connections import Connections
from mandegar.web.edge.limits import Limits

FINISH_SECONDS = 4
BACKLOG = 2_048
SWEEP_TICKS = 5  # of 0.1 s
# Files of a process that are not connections of callers: the database, Kafka, providers, logs.
OTHER_FILES = 200


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, limits: Limits) -> None:
        super().__init__(config)
        self._connections = Connections(limits)
        self.server_state = self._connections

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def on_tick(self, counter: int) -> bool:
        if counter % SWEEP_TICKS == 0:
            self._connections.sweep()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        self._connections.abort()


async def serve_http(app: ASGIApp, host: str, ports: Sequence[int], limits: Limits | None = None) -> None:
    """Serve until cancelled, then stop accepting connections and let running requests finish."""
    limits = _within_files(limits or Limits())
    config = uvicorn.Config(
        app,
        loop="none",
        http=Connection,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=bool(limits.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in limits.trusted_proxies],
        timeout_keep_alive=limits.keep_alive_seconds,
        timeout_graceful_shutdown=FINISH_SECONDS,
        server_header=False,
        backlog=BACKLOG,
    )
    server = _Server(config, limits)
    serving = asyncio.create_task(server.serve([_listener(host, port) for port in ports]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    raise RuntimeError(f"the HTTP server on {host}:{ports} ended by itself")


def _within_files(limits: Limits) -> Limits:
    """The limits with no more connections than the process may open files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return limits
    return replace(limits, connections=min(limits.connections, max(files - OTHER_FILES, 10)))


def _listener(host: str, port: int) -> socket.socket:
    """The listening socket. Opened here, because uvicorn calls ``sys.exit`` if it cannot open one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise RuntimeError(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another MANDEGAR_HTTP_PORT"
        ) from error
