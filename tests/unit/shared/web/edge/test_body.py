"""Bodies within bytes: counted as they arrive, whatever length was declared, and all requests together."""

import asyncio

import httpx2
import pytest

from mandegar.web.edge import body as body_module
from mandegar.web.edge.body import BodiesInHand, BoundedBodies
from mandegar.web.edge.limits import BODY_BYTES, BODY_BYTES_MAX
from mandegar.web.problems import Problem


class Route:
    openapi_extra = {BODY_BYTES: 1_000}  # noqa: RUF012


class Sent:
    """A body in ``chunks``, read by an application through the limits; without a last chunk it never ends."""

    def __init__(self, *chunks: bytes, last: bool = True, headers=(), route=None) -> None:
        self.messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        if last:
            self.messages.append({"type": "http.request", "body": b"", "more_body": False})
        self.scope = {"type": "http", "headers": list(headers), "route": route}
        self.read = b""

    async def receive(self):
        return self.messages.pop(0) if self.messages else await asyncio.Event().wait()

    async def __call__(self, scope, receive, send):  # noqa: ARG002
        while True:
            message = await receive()
            self.read += message.get("body", b"")
            if not message.get("more_body"):
                return

    async def status(self, limit: BoundedBodies | None = None) -> int:
        try:
            await (limit or BoundedBodies(self))(self.scope, self.receive, None)
        except Problem as problem:
            return problem.status
        return 200


async def test_a_body_of_the_limit_is_read():
    sent = Sent(b"x" * (BODY_BYTES_MAX - 1), b"y")

    assert await sent.status() == 200
    assert len(sent.read) == BODY_BYTES_MAX


async def test_a_chunked_body_is_stopped_at_the_limit_without_waiting_for_its_end():
    assert await Sent(b"x" * BODY_BYTES_MAX, b"y", last=False).status() == 413


async def test_a_length_over_the_limit_is_refused_unread():
    declared = [(b"content-length", str(BODY_BYTES_MAX + 1).encode())]
    sent = Sent(last=False, headers=declared)

    assert (await sent.status(), sent.read) == (413, b"")


@pytest.mark.parametrize("length", [b"-1", b"x", b"", b"\xb2", b"1", b"9" * 400])
async def test_a_declared_length_is_not_believed(length):
    sent = Sent(b"x" * BODY_BYTES_MAX, b"y", last=False, headers=[(b"content-length", length)])

    assert await sent.status() == 413


async def test_a_route_sets_a_limit_of_its_own():
    assert await Sent(b"x" * 1_001, route=Route()).status() == 413
    assert await Sent(b"x" * 1_000, route=Route()).status() == 200


async def test_a_connection_that_is_lost_midway_is_408():
    sent = Sent(b"x", last=False)
    sent.messages.append({"type": "http.disconnect"})

    assert await sent.status() == 408


async def test_bodies_of_all_requests_together_have_a_limit(monkeypatch):
    monkeypatch.setattr(body_module, "BODIES_BYTES_MAX", 100)
    first, second = Sent(b"x" * 60, last=False), Sent(b"x" * 60)

    async def either(scope, receive, send):
        await (first if scope is first.scope else second)(scope, receive, send)

    held = BodiesInHand()
    together = BoundedBodies(either, held)
    reading = asyncio.create_task(first.status(together))
    while first.messages:
        await asyncio.sleep(0)
    assert await second.status(together) == 503
    first.messages.append({"type": "http.disconnect"})
    reading.cancel()
    await asyncio.wait({reading})
    assert held.bytes == 0


async def test_a_body_that_fastapi_reads_is_refused_as_a_problem(http: httpx2.AsyncClient):
    async def chunks():
        for _ in range(40):
            yield b" " * 65_536

    answer = await http.post("/v1/wishes/1", content=chunks(), headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["content-type"] == "application/problem+json"
