"""A TCP proxy that makes bad networks: a process of its own, told on its standard input what each link suffers.

``python proxy.py kafka=21192:21193 …`` listens on the first port of each link and passes everything to the second. A
line such as ``{"link": "kafka", "latency": 0.2, "jitter": 0.1}`` says what the link suffers from now on; a line without
toxics heals it. A hole holds bytes back instead of dropping them, as TCP would deliver them once a partition ends.
"""

import asyncio
import json
import random
import socket
import struct
import sys
from dataclasses import dataclass, field
from typing import Literal

CHUNK = 64 * 1024
IN_FLIGHT = 64
LOOK_SECONDS = 0.02
Direction = Literal["requests", "answers"]


@dataclass(frozen=True, slots=True)
class Toxics:
    """What a link suffers: seconds of delay, bytes a second, bytes a piece, or nothing coming through at all."""

    latency: float = 0.0
    jitter: float = 0.0
    bandwidth: int = 0
    piece: int = 0
    hole: Literal["", "requests", "answers", "both"] = ""
    reset: bool = False
    down: bool = False

    def holds(self, direction: Direction) -> bool:
        return self.hole in {direction, "both"}


@dataclass(eq=False)
class Link:
    """One port, what it leads to, and everybody connected through it."""

    name: str
    port: int
    target: int
    toxics: Toxics = field(default_factory=Toxics)
    clients: set[asyncio.StreamWriter] = field(default_factory=set)

    def suffer(self, toxics: Toxics) -> None:
        """From now on; ``reset`` and ``down`` end every connection there is with RST."""
        self.toxics = toxics
        if toxics.reset or toxics.down:
            for writer in list(self.clients):
                abort(writer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, until either side ends."""
        if self.toxics.down or self.toxics.reset:
            abort(writer)
            return
        try:
            server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            abort(writer)
            return
        self.clients |= {writer, server[1]}
        try:
            done, rest = await asyncio.wait(
                {
                    asyncio.create_task(self.carry(reader, server[1], "requests")),
                    asyncio.create_task(self.carry(server[0], writer, "answers")),
                },
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in rest:
                task.cancel()
            await asyncio.gather(*done, *rest, return_exceptions=True)
        finally:
            for end in (writer, server[1]):
                self.clients.discard(end)
                end.close()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction) -> None:
        """One direction: what is read gets the instant at which it may arrive, so that delays do not add up."""
        flying: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(IN_FLIGHT)
        landing = asyncio.create_task(self.land(flying, writer, direction))
        try:
            while data := await reader.read(CHUNK):
                delay = self.toxics.latency + random.uniform(-1, 1) * self.toxics.jitter
                await flying.put((asyncio.get_running_loop().time() + delay, data))
            await flying.put((0.0, b""))
            await landing
        finally:
            landing.cancel()

    async def land(
        self, flying: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter, direction: Direction
    ) -> None:
        """Write what has been under way long enough, in pieces and no faster than the link allows."""
        clock = asyncio.get_running_loop().time
        while True:
            due, data = await flying.get()
            if not data:
                return
            await asyncio.sleep(max(due - clock(), 0))
            toxics = self.toxics
            size = toxics.piece or (min(toxics.bandwidth, 4096) if toxics.bandwidth else len(data))
            for start in range(0, len(data), size):
                while self.toxics.holds(direction):
                    await asyncio.sleep(LOOK_SECONDS)
                writer.write(data[start : start + size])
                await writer.drain()
                if self.toxics.bandwidth:
                    await asyncio.sleep(size / self.toxics.bandwidth)


def abort(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST, as a crashed router's successor does."""
    if (raw := writer.get_extra_info("socket")) is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def main(links: dict[str, Link]) -> None:
    """Serve every link until the standard input ends."""
    for link in links.values():
        await asyncio.start_server(link.serve, "127.0.0.1", link.port, limit=4 * CHUNK)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print("ready", flush=True)
    while line := await orders.readline():
        order = json.loads(line)
        links[order.pop("link")].suffer(Toxics(**order))
        print("done", flush=True)


def read_links(arguments: list[str]) -> dict[str, Link]:
    """``name=port:target`` of each link."""
    links = {}
    for argument in arguments:
        name, _, ports = argument.partition("=")
        port, _, target = ports.partition(":")
        links[name] = Link(name, int(port), int(target))
    return links


if __name__ == "__main__":
    try:
        asyncio.run(main(read_links(sys.argv[1:])))
    except KeyboardInterrupt:
        sys.exit(130)
