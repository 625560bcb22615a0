"""An answer with a tag, and the 304 in its place, as bytes on a connection that goes on."""

import pytest
from starlette.types import Receive, Scope, Send

from harness.served import served, status
from mandegar.web.edge.limits import Limits
from mandegar.web.edge.requests import Requests
from mandegar.web.versioned import VersionedBytes, unless_known

BODY = b'{"points":5,"as_of":"2026-11-22T08:30:00Z"}'


async def versioned(scope: Scope, receive: Receive, send: Send) -> None:
    answer = VersionedBytes(BODY, b'{"points":5}', 3, shop="s")
    await unless_known(answer, scope)(scope, receive, send)


def request(method: str = "GET", tag: str | None = None) -> bytes:
    header = "" if tag is None else f"If-None-Match: {tag}\r\n"
    return f"{method} /v1/customers/c/balance HTTP/1.1\r\nHost: a\r\n{header}\r\n".encode()


async def test_a_connection_goes_on_behind_an_answer_that_has_no_body():
    async with served(Requests(versioned, Limits(), https=False, operations_port=None)) as server:
        client = await server.connect()
        whole = await client.ask(request())
        head, _, body = whole.partition(b"\r\n\r\n")
        tag = head.partition(b"etag: ")[2].partition(b"\r\n")[0].decode()

        assert (status(whole), body) == (200, BODY)
        for method in ("GET", "HEAD", "GET"):
            unchanged = await client.ask(request(method, tag))
            assert (status(unchanged), unchanged[-4:]) == (304, b"\r\n\r\n")
            assert b"content-length" not in unchanged
            assert b"transfer-encoding" not in unchanged
            assert unchanged.count(b"cache-control:") == 1
            assert f"etag: {tag}".encode() in unchanged
        assert await client.ask(request()) != b""


@pytest.mark.parametrize(("version", "shop", "steady"), [(4, "s", b"1"), (3, "t", b"1"), (3, "s", b"2"), (3, "", b"1")])
def test_the_tag_follows_from_version_shop_and_what_is_steady(version, shop, steady):
    same, other = (VersionedBytes(BODY, b"1", 3, shop="s") for _ in range(2))

    assert same.tag == other.tag
    assert VersionedBytes(BODY, steady, version, shop=shop).tag != same.tag
