"""The proxy that makes bad networks, in front of a server that echoes lines."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from faults.proxy import Link, Toxics


class Echo:
    def __init__(self):
        self.heard = []

    async def serve(self, reader, writer):
        while line := await reader.readline():
            self.heard.append(line)
            writer.write(line)
        writer.close()


@asynccontextmanager
async def through_a_link():
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0, limit=1_000_000)
    link = Link("echo", 0, server.sockets[0].getsockname()[1])
    proxy = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.sockets[0].getsockname()[1])
    try:
        yield link, echo, reader, writer
    finally:
        writer.close()
        proxy.close()
        server.close()


async def test_a_healthy_link_passes_everything_on():
    async with through_a_link() as (_, _, reader, writer):
        writer.write(b"x" * 300_000 + b"\n")
        assert len(await asyncio.wait_for(reader.readexactly(300_001), 5)) == 300_001


async def test_latency_is_paid_once_each_way_and_does_not_add_up():
    async with through_a_link() as (link, _, reader, writer):
        link.suffer(Toxics(latency=0.1))
        began = time.monotonic()
        for number in range(20):
            writer.write(b"%d\n" % number)
            await asyncio.sleep(0.005)  # each in a packet of its own
        assert [await asyncio.wait_for(reader.readline(), 5) for _ in range(20)] == [b"%d\n" % n for n in range(20)]
        assert 0.2 <= time.monotonic() - began < 1.5


async def test_single_bytes_arrive_in_order():
    async with through_a_link() as (link, _, reader, writer):
        link.suffer(Toxics(piece=1))
        writer.write(b"one after the other\n")
        assert await asyncio.wait_for(reader.readline(), 5) == b"one after the other\n"


async def test_a_hole_holds_back_what_arrives_once_it_is_healed():
    async with through_a_link() as (link, echo, reader, writer):
        link.suffer(Toxics(hole="both"))
        writer.write(b"held\n")
        await asyncio.sleep(0.2)  # much longer than a healthy link would take
        assert echo.heard == []
        link.suffer(Toxics())
        assert await asyncio.wait_for(reader.readline(), 5) == b"held\n"


async def test_where_answers_are_held_requests_still_arrive():
    async with through_a_link() as (link, echo, reader, writer):
        link.suffer(Toxics(hole="answers"))
        writer.write(b"done, and nobody knows\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.3)
        assert echo.heard == [b"done, and nobody knows\n"]


async def test_a_reset_ends_the_connection_for_the_client():
    async with through_a_link() as (link, _, reader, writer):
        writer.write(b"hello\n")
        await asyncio.wait_for(reader.readline(), 5)
        link.suffer(Toxics(reset=True))
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.readline(), 5)
