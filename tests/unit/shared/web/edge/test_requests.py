"""What all answers have in common: an id, headers of security, room for others; and which port serves what."""

import asyncio
import re
from ipaddress import ip_network

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from harness.served import served, status
from harness.servers import free_port
from harness.waiting import eventually
from mandegar.web.edge.limits import Limits
from mandegar.web.edge.requests import Requests, _request_id

GENERATED = re.compile(r"[0-9a-f]{16}")


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/livez", 200), ("/v1/nothing", 404), ("/v1/operations", 401), ("/v1/broken/busy", 429), ("/v1/broken/bug", 500)],
)
async def test_every_answer_has_an_id_and_is_not_sniffed(http, path, expected):
    for sent, returned in (("order-7.A_b", "order-7.A_b"), ("x" * 64, "x" * 64), ("a b", None), ("x" * 65, None)):
        answer = await http.get(path, headers={"X-Request-Id": sent})

        assert answer.status_code == expected
        got = answer.headers["x-request-id"]
        assert got == returned if returned else GENERATED.fullmatch(got)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert ("no-store" in answer.headers.get("cache-control", "")) == path.startswith("/v1/")
        assert "strict-transport-security" not in answer.headers


@given(st.binary(max_size=80))
def test_an_id_is_fit_for_a_header_and_a_log_whatever_was_sent(value):
    request_id = _request_id({"headers": [(b"x-request-id", value)]})

    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", request_id)


async def test_the_id_is_in_the_log_lines_of_the_request(app: FastAPI):
    seen = []

    async def log(scope, receive, send):
        seen.append(structlog.contextvars.get_contextvars()["request_id"])

    outer = Requests(log, Limits(), https=True, operations_port=None)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"x-request-id", b"r-1")], "client": None}
    await asyncio.create_task(outer(scope, None, None))

    assert seen == ["r-1"]


async def test_strict_transport_security_is_told_where_the_public_address_is_https(app: FastAPI):
    sent = []

    async def send(message):
        sent.append(message)

    outer = Requests(app, Limits(), https=True, operations_port=None)
    scope = {
        "type": "http", "method": "GET", "path": "/livez", "raw_path": b"/livez", "query_string": b"", "headers": [],
        "client": None,
    }  # fmt: skip
    await outer(scope, None, send)

    assert (b"strict-transport-security", b"max-age=31536000") in sent[0]["headers"]


async def test_head_answers_as_get_without_the_body(http):
    for path in ("/livez", "/v1/operations", "/v1/nothing"):
        head, get = await http.head(path), await http.get(path)

        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("path", ["/livez/", "/v1/operations/", "/docs/"])
async def test_no_answer_leads_to_the_host_that_a_request_names(http, path):
    answer = await http.get(path, headers={"Host": "evil.test", "X-Forwarded-Host": "evil.test"})

    assert answer.status_code == 404
    assert "evil" not in str(answer.headers) + answer.text


async def test_requests_above_the_limit_are_503_and_probes_are_answered(app: FastAPI):
    release = asyncio.Event()

    async def slow(scope, receive, send):
        if scope["path"] != "/livez":
            await release.wait()
        await app(scope, receive, send)

    outer = Requests(slow, Limits(requests=4), https=False, operations_port=None)

    async def get(path: str, host: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=outer, client=(host, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://toy") as client:
            return await client.get(path)

    first = [asyncio.create_task(get("/v1/nothing", "10.0.0.1")) for _ in range(2)]
    await eventually(lambda: outer._in_hand, lambda count: count == 2)
    refused = await get("/v1/nothing", "10.0.0.1")
    assert (refused.status_code, refused.json()["code"]) == (503, "busy"), "half of the room is for other addresses"
    assert int(refused.headers["retry-after"]) > 0
    others = [asyncio.create_task(get("/v1/nothing", "10.0.0.2")) for _ in range(2)]
    await eventually(lambda: outer._in_hand, lambda count: count == 4)
    assert (await get("/v1/nothing", "10.0.0.3")).status_code == 503
    assert (await get("/livez", "10.0.0.3")).status_code == 200
    release.set()
    assert [(await task).status_code for task in (*first, *others)] == [404] * 4
    assert (await get("/v1/nothing", "10.0.0.3")).status_code == 404
    assert not outer._per_address


async def test_with_a_port_of_operations_the_other_serves_none_of_them(app: FastAPI):
    operations = free_port()
    outer = Requests(app, Limits(), https=False, operations_port=operations)
    async with served(outer, None, operations) as server:

        async def get(port: int, path: str) -> int:
            async with httpx2.AsyncClient() as client:
                return (await client.get(f"http://127.0.0.1:{port}{path}")).status_code

        for path in ("/livez", "/readyz", "/startupz", "/metrics", "/docs", "/openapi.json"):
            assert (await get(server.port, path), await get(operations, path)) == (404, 200), path
        assert (await get(server.port, "/v1/operations"), await get(operations, "/v1/operations")) == (401, 404)


async def test_the_address_of_a_caller_is_believed_of_trusted_proxies_alone():
    async def tell(scope, receive, send):
        body = scope["client"][0].encode()
        length = str(len(body)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": body})

    ask = b"GET / HTTP/1.1\r\nx-forwarded-for: 198.51.100.1, 203.0.113.7\r\n\r\n"
    for networks, client in (((), b"127.0.0.1"), ((ip_network("127.0.0.0/8"),), b"203.0.113.7")):
        async with served(tell, Limits(trusted_proxies=networks)) as server:
            answer = await (await server.connect()).ask(ask)
            assert (status(answer), answer.rpartition(b"\r\n")[2]) == (200, client)
