import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import httpx2
import pytest
import uvloop

from mandegar.http_client import HttpClient

REQUESTS = 300
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@pytest.fixture
def resets_every_connection() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:

        def accept() -> None:
            with suppress(OSError):  # the server is closed
                while True:
                    with server.accept()[0] as connection:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)

        Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


def test_a_connection_that_is_reset_at_any_moment_is_an_http_error(resets_every_connection: str) -> None:
    async def ask_often() -> set[type[BaseException]]:
        async with HttpClient(timeout=5) as client:
            asked = [client.get(resets_every_connection) for _ in range(REQUESTS)]
            found = await asyncio.gather(*asked, return_exceptions=True)
        return {type(each) for each in found if isinstance(each, BaseException)}

    assert all(issubclass(kind, httpx2.HTTPError) for kind in uvloop.run(ask_often()))


async def test_another_error_of_an_attribute_is_no_lost_connection() -> None:
    def wrong(_request: httpx2.Request) -> httpx2.Response:
        raise AttributeError(name="other")

    async with HttpClient(transport=httpx2.MockTransport(wrong)) as client:
        with pytest.raises(AttributeError):
            await client.get("http://127.0.0.1/")
