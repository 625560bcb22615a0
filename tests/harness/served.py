"""An application behind the HTTP server of a service, and clients that speak bytes to it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import uvloop
from starlette.types import ASGIApp

from harness.servers import free_port
from harness.waiting import eventually
from mandegar.web.edge.limits import Limits
from mandegar.web.server import serve_http

# Of clients, so that what they could send is what the server took.
SEND_BUFFER_BYTES = 32 * 1024
# More than any client needs here; a test that waits longer fails.
PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, data: bytes) -> bytes:
        """Send ``data``; the answer with its body."""
        await self.send(data)
        return await self.answer()

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.writer.drain()

    async def push(self, data: bytes, piece: int = 1 << 16) -> tuple[bytes, int]:
        """Send ``data`` in pieces until an answer comes; the answer, and how many bytes the server's side took."""
        answering = asyncio.create_task(self.answer())
        sent = 0
        with suppress(ConnectionError, TimeoutError):
            for start in range(0, len(data), piece):
                if answering.done():
                    break
                self.writer.write(data[start : start + piece])
                drained = asyncio.create_task(self.writer.drain())
                await asyncio.wait({answering, drained}, return_when=asyncio.FIRST_COMPLETED)
                if not drained.done():
                    drained.cancel()
                    break
                sent += len(data[start : start + piece])
        return await answering, sent

    async def answer(self) -> bytes:
        """The next answer, of which the length of the body is declared; b"" if the connection was closed instead."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return b""
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            return head + await self.reader.readexactly(int(length or 0))

    async def closed(self) -> bool:
        """Whether the server closes the connection; what it sends before is thrown away."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with suppress(ConnectionError):
                while await self.reader.read(1 << 16):
                    pass
        return True

    def close(self) -> None:
        self.writer.transport.abort()


@dataclass(frozen=True)
class Served:
    """A server, and the connections to it."""

    port: int
    clients: list[Client] = field(default_factory=list)

    async def connect(self) -> Client:
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        one.setblocking(False)
        await asyncio.get_running_loop().sock_connect(one, ("127.0.0.1", self.port))
        client = Client(*await asyncio.open_connection(sock=one))
        self.clients.append(client)
        return client


@asynccontextmanager
async def served(app: ASGIApp, limits: Limits | None = None, *more_ports: int) -> AsyncIterator[Served]:
    """Serve ``app`` within ``limits``, in a thread with the event loop of a service."""
    server = Served(free_port())
    stop, loops = asyncio.Event(), list[asyncio.AbstractEventLoop]()

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        serving = asyncio.create_task(serve_http(app, "127.0.0.1", [server.port, *more_ports], limits))
        await asyncio.wait({serving, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
        assert serving.cancel(), "the server ended by itself"
        with suppress(asyncio.CancelledError):
            await serving

    thread = asyncio.create_task(asyncio.to_thread(uvloop.run, serve()))
    try:
        await eventually(lambda: _answers(server.port), bool)
        yield server
    finally:
        for client in server.clients:
            client.close()
        loops[0].call_soon_threadsafe(stop.set)
        await thread


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    return True


def status(answer: bytes) -> int:
    """The status of an answer; 0 for none."""
    return int(answer[9:12]) if answer else 0
