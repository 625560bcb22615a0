"""Connections within bytes and time: whoever is slow, large, or does not read is let go, and others are served."""

import asyncio
import json
import logging
import os
import socket
import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.served import served, status
from harness.waiting import eventually
from mandegar.web.edge.limits import Limits

LIVEZ = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"
CHUNKED = (
    b"POST /v1/wishes/1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
)
SLOW = Limits(head_seconds=0.4, body_seconds=1.0, part_seconds=0.4, write_seconds=0.4, linger_seconds=0.2)


def problem(answer: bytes, expected: int, code: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status(answer) == expected, answer[:300]
    assert b"application/problem+json" in head
    assert b"connection: close" in head.lower()
    assert b"x-request-id: " in head
    assert json.loads(body)["code"] == code


async def test_a_head_within_the_limits_is_served(app):
    async with served(app) as server:
        client = await server.connect()
        many = b"".join(b"x-%d: %s\r\n" % (number, b"y" * 250) for number in range(90))
        assert status(await client.ask(LIVEZ[:-2] + many + b"\r\n")) == 200
        assert status(await client.ask(LIVEZ)) == 200


@pytest.mark.parametrize("piece", [1_000, 1 << 20])
@pytest.mark.parametrize(
    "head",
    [
        LIVEZ[:-2] + b"x: " + b"y" * 4_000_000,
        LIVEZ[:-2] + b"y" * 4_000_000,
        b"GET /" + b"y" * 4_000_000,
        LIVEZ[:-2] + b"a:b\r\n" * 900_000,
    ],
)
async def test_a_head_that_grows_is_refused_after_32_kib(app, head, piece):
    async with served(app) as server:
        client = await server.connect()
        answer, sent = await client.push(head, piece)
        problem(answer, 431, "headers_too_large")
        assert sent < 1 << 20
        assert await client.closed()


async def test_more_than_a_hundred_headers_are_refused(app):
    async with served(app) as server:
        client = await server.connect()
        problem(await client.ask(LIVEZ[:-2] + b"a: b\r\n" * 101 + b"\r\n"), 431, "too_many_headers")


async def test_a_large_head_behind_another_request_is_refused_too(app):
    async with served(app) as server:
        client = await server.connect()
        await client.send(LIVEZ + LIVEZ[:-2] + b"x: " + b"y" * 200_000 + b"\r\n\r\n")
        assert status(await client.answer()) == 200
        assert await client.closed()


async def test_a_connection_on_which_no_head_arrives_is_closed(app):
    async with served(app, SLOW) as server:
        silent, dripping, idle = [await server.connect() for _ in range(3)]
        assert status(await idle.ask(LIVEZ)) == 200
        await dripping.send(LIVEZ[:10])
        problem(await dripping.answer(), 408, "request_timeout")
        assert await silent.closed()
        assert status(await idle.ask(LIVEZ)) == 200, "a connection that is kept alive may be idle for longer"
        await idle.send(LIVEZ[:10])
        problem(await idle.answer(), 408, "request_timeout")


@pytest.mark.parametrize("pause", [0.0, 0.1])
async def test_a_body_that_stalls_or_drips_is_408(app, pause):
    async with served(app, SLOW) as server:
        client = await server.connect()
        await client.send(CHUNKED)

        async def drip() -> None:
            while pause:
                await asyncio.sleep(pause)  # soon enough for a part, too slow for the whole
                await client.send(b"1\r\n \r\n")

        dripping = asyncio.create_task(drip())
        problem(await client.answer(), 408, "request_timeout")
        dripping.cancel()
        assert await client.closed()


@pytest.mark.parametrize(
    "endless", [b"1;" + b"x" * 4_000_000, b"0\r\nx: " + b"y" * 4_000_000, b"0\r\n" + b"a:b\r\n" * 900_000]
)
async def test_chunk_extensions_and_trailers_without_end_are_refused(app, endless):
    async with served(app) as server:
        client = await server.connect()
        answer, _ = await client.push(CHUNKED + endless)
        problem(answer, 400, "malformed_request")


async def test_trailers_do_not_become_headers(app, shop):
    async with served(app) as server:
        client = await server.connect()
        token = shop.token("acme", "ops").encode()
        head = b"POST /v1/deadletters/1/release HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        answer = await client.ask(head + b"0\r\nauthorization: Bearer " + token + b"\r\n\r\n")
        assert status(answer) == 401


async def test_a_client_that_does_not_read_is_let_go(app):
    async def endless(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})

    async with served(endless, SLOW) as server:
        deaf = await server.connect()
        deaf.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.reader._transport.pause_reading()
        await deaf.send(LIVEZ)
        before = await eventually(lambda: _established(server.port), lambda count: count == 1)
        assert before == 1
        assert await eventually(lambda: _established(server.port), lambda count: count == 0) == 0


async def _established(port: int) -> int:
    """Connections that the server holds (of this process, so that both ends are its own)."""
    import psutil

    return sum(
        one.laddr.port == port and one.status == psutil.CONN_ESTABLISHED
        for one in psutil.Process(os.getpid()).net_connections("tcp")
    )


async def test_three_thousand_half_open_connections_leave_room_for_a_probe(app):
    async with served(app, replace(SLOW, connections=300, head_seconds=2.0)) as server:
        half_open = []
        for _ in range(3_000):
            half_open.append(await server.connect())
            half_open[-1].writer.write(b"GET /livez HT")
        client = await server.connect()
        assert status(await client.ask(LIVEZ)) == 200
        assert all(await asyncio.gather(*(one.closed() for one in half_open)))
        for one in half_open:
            one.close()


async def test_a_new_connection_takes_the_place_of_an_idle_one_and_never_of_a_busy_one(app):
    release = threading.Event()

    async def slow(scope, receive, send):
        if scope["path"] == "/slow":
            await asyncio.to_thread(release.wait)
        await app(scope, receive, send)

    async with served(slow, Limits(connections=2)) as server:
        await asyncio.sleep(0.1)  # the harness's own connection is gone
        busy = [await server.connect() for _ in range(2)]
        for one in busy:
            await one.send(b"GET /slow HTTP/1.1\r\n\r\n")
        refused = await server.connect()
        problem(await refused.answer(), 503, "busy")
        release.set()
        assert [status(await one.answer()) for one in busy] == [404, 404]
        third = await server.connect()
        assert status(await third.ask(LIVEZ)) == 200
        closing = [asyncio.create_task(one.closed()) for one in busy]
        _, (kept,) = await asyncio.wait(closing, return_when=asyncio.FIRST_COMPLETED)
        kept.cancel()


async def test_one_address_has_a_share_of_the_connections(app):
    async with served(app, Limits(connections_per_address=1)) as server:
        first = await server.connect()
        assert status(await first.ask(LIVEZ)) == 200
        second = await server.connect()
        assert status(await second.ask(LIVEZ)) == 200
        assert await first.closed()


async def test_pipelined_requests_are_answered_in_turn_and_not_queued_without_end(app):
    async with served(app) as server:
        client = await server.connect()
        await client.send(LIVEZ * 10)
        assert [status(await client.answer()) for _ in range(10)] == [200] * 10
        await client.send(LIVEZ * 5_000)
        answers = 0
        while status(await client.answer()) == 200:
            answers += 1
        assert answers <= Limits().pipelined + 1


GRAMMAR = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.sampled_from(
            [
                b"GET ", b"POST ", b"CONNECT ", b"OPTIONS * ", b"/livez ", b"/v1/wishes/1 ", b"http://h ", b"/%ff ",
                b"/\xff ",
                b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9.9", b"\r\n", b"\n", b"host: x\r\n", b"content-length: 5\r\n",
                b"content-length: 99999999999999999999\r\n", b"content-length: -1\r\n", b"content-length: 1\r\n",
                b"transfer-encoding: chunked\r\n", b"transfer-encoding: gzip\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n",
                b"ffffffffffffffffff\r\n", b"upgrade: websocket\r\nconnection: upgrade\r\n", b"upgrade: h2c\r\n",
                b"connection: close\r\n", b"expect: 100-continue\r\n", b": \r\n", b"x: \x00\r\n", b" folded\r\n",
                b"\x16\x03\x01",
            ]
        ),
        max_size=30,
    ).map(b"".join),
)  # fmt: skip


async def test_no_bytes_end_the_server_or_fill_its_log(app, caplog):
    caplog.set_level(logging.INFO)
    async with served(app, replace(SLOW, head_seconds=0.01, part_seconds=0.01, body_seconds=0.01)) as server:
        caplog.clear()

        @given(GRAMMAR)
        @settings(max_examples=150)
        def try_bytes(data: bytes) -> None:
            tried.append(data)

        tried: list[bytes] = []
        await asyncio.to_thread(try_bytes)

        async def one(data: bytes) -> int:
            client = await server.connect()
            client.writer.write(data)
            answer = await client.answer()
            client.close()
            return status(answer)

        statuses = set(await asyncio.gather(*map(one, tried)))
        assert statuses <= {0, 100, 200, 400, 404, 405, 408, 413, 422}, statuses
        assert status(await (await server.connect()).ask(LIVEZ)) == 200
        assert caplog.records == []
