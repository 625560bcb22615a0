"""The door answers a plain request in front of the framework, and does not show which of the two answered."""

import asyncio
import gzip
import json
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from starlette.exceptions import HTTPException

from builders.bodies import order_body, refund_body
from harness.databases import service_database
from harness.ingest_service import SETTINGS, Ingest, ingest_service
from harness.machines import Loop
from ingest.hallway.group_commit import Busy, Unavailable
from mandegar.database import transaction
from mandegar.events import decode
from mandegar.telemetry import metrics
from mandegar.web import Problem

BARE, FRAMEWORK = "/v1/events", "/v1/%65vents"  # the framework decodes the path, the bare door wants it plain
SHOPS, PAGE = ("left", "right"), "https://shop.example"
JSON = "application/json"

VIEW = {"id": "v", "type": "product.viewed", "customer": {"anonymous_id": "b"}, "data": {"product_id": "p"}}
CONTACT = {"id": "u", "type": "customer.updated", "customer": {"id": "c", "email": "sara@example.com", "phone": "1"}}
EVENT = st.one_of(
    st.builds(
        lambda id_, customer, total: order_body({"total": total}, id=id_, customer=customer),
        st.sampled_from(["a", "b", 7, "", None, "x" * 300]),
        st.sampled_from([{"id": "c-1"}, {"id": "guest"}, {"email": "a@example.com"}, {}, None, 5]),
        st.sampled_from(["12.5", 3, -1, "nonsense", 1e300, None]),
    ),
    st.sampled_from([VIEW, CONTACT, refund_body(), {"type": "nonsense"}, [], 1, None, {}]),
)
CLOUD_EVENT = {"specversion": "1.0", "source": "/till", "type": "product.viewed", "id": "ce", "data": VIEW["data"]}
BODY = st.one_of(
    st.one_of(EVENT, st.lists(EVENT, max_size=4), st.just({"events": [VIEW, CONTACT]})).map(
        lambda value: json.dumps(value).encode()
    ),
    st.sampled_from(
        [
            b"",
            b"\xef\xbb\xbf" + json.dumps(VIEW).encode(),
            b"\xff\xfe",
            b'[{"id": NaN}, {"id": 1e999}, {"id": ' + b"[" * 40 + b"]" * 40 + b"}]",
            b"[" + b",".join([b"{}"] * 1_001) + b"]",
            b" " * (1024 * 1024 + 1),
            b'{"id": "' + b"x" * 70_000 + b'"}',
            json.dumps([{**CLOUD_EVENT, "customerid": "c"}]).encode(),
        ]
    ),
    st.binary(max_size=40),
)
ENCODINGS = {
    None: lambda body: body,
    "identity": lambda body: body,
    "gzip": gzip.compress,
    "X-GZIP": lambda body: gzip.compress(body) * 2,
    "deflate": zlib.compress,
    "gzip ": lambda body: b"not gzip" + body,
    "br": lambda body: body,
}
TYPES = (
    JSON, None, "", "text/plain", f"{JSON}; charset=utf-8", f"{JSON}; charset=latin-1", "application/problem+json",
    "application/cloudevents+json", "application/cloudevents-batch+json", "application/cloudevents+avro",
)  # fmt: skip
CREDENTIALS = ("server", "browser", "another source", "closed", "revoked", "unknown", "odd", None)
HEADERS = (
    {}, {"origin": PAGE}, {"origin": "https://evil.example"}, {"origin": "null"}, {"x-request-id": "odd id"},
    {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, {"traceparent": "nonsense"},
    {"ce-specversion": "1.0", "ce-type": "product.viewed", "ce-id": "1", "ce-source": "/a", "ce-customerid": "c"},
    {"content-length": "99999999"}, {"content-length": "many"}, {"accept": "text/html"}, {"expect": "100-continue"},
)  # fmt: skip
METHODS = ("POST",) * 8 + ("GET", "HEAD", "PUT", "OPTIONS")


@dataclass(frozen=True)
class Request:
    """What a sender may send to the door, whoever it is."""

    method: str
    credential: str | None
    scheme: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    query: str

    def sent_by(self, keys: dict[str, str]) -> dict[str, Any]:
        headers = {"x-request-id": "1", **dict(self.headers)}
        if self.credential is not None:
            key = keys[self.credential]
            headers |= {"x-mandegar-key": key} if self.scheme == "header" else {"authorization": f"{self.scheme} {key}"}
        return {"headers": headers, "content": self.body}


def _request(method, credential, scheme, more, type_, encoding, body, query) -> Request:
    headers = {**({} if type_ is None else {"content-type": type_}), **more}
    if encoding is not None:
        headers["content-encoding"] = encoding
    return Request(method, credential, scheme, tuple(headers.items()), ENCODINGS[encoding](body), query)


REQUESTS = st.builds(
    _request,
    st.sampled_from(METHODS),
    st.sampled_from(CREDENTIALS),
    st.sampled_from(["Bearer", "Bearer", "bearer", "Basic", "header"]),
    st.sampled_from(HEADERS),
    st.sampled_from(TYPES),
    st.sampled_from(list(ENCODINGS)),
    BODY,
    st.sampled_from(["", "", "?x=1", "?key=a%20b"]),
)


async def keys_of(ingest: Ingest, shop: str) -> dict[str, str]:
    """A key for each credential, of sources that both shops have alike."""
    made = await ingest.ask("PUT", f"/v1/shops/{shop}", shop=shop, json=SETTINGS)
    assert made.status_code == 200, made.text
    sources = {}
    for name, fields in {
        "server": {"record_of_orders": True},
        "another source": {"success_status": 200},
        "browser": {"trust": "browser", "origins": [PAGE]},
        "closed": {"historical": True},
        "revoked": {},
    }.items():
        answer = await ingest.ask(
            "POST", "/v1/sources", shop=shop, json={"name": name, "record_of_orders": False, **fields}
        )
        assert answer.status_code == 201, answer.text
        sources[name] = answer.json()
    closed, revoked = sources["closed"], sources["revoked"]
    await ingest.ask("POST", f"/v1/sources/{closed['source_id']}/close", shop=shop)
    prefix = revoked["key"].split("_")[1]
    await ingest.ask("POST", f"/v1/sources/{revoked['source_id']}/keys", shop=shop)
    revoking = await ingest.ask("DELETE", f"/v1/sources/{revoked['source_id']}/keys/{prefix}", shop=shop)
    assert revoking.status_code < 300, revoking.text
    keys = {name: source["key"] for name, source in sources.items()}
    return {**keys, "unknown": keys["server"][:-3] + "abc", "odd": "mdg_\x7f~"}


def seen(answer: Any) -> tuple[Any, ...]:
    """An answer without what differs between two requests of the same content: instants, ids of events."""
    headers = {name: re.sub(r"\b([rt])=\d+", r"\1=", value) for name, value in answer.headers.items()}
    body = re.sub(rb'"event_id":"[0-9a-f-]{36}"', b'"event_id":"some"', answer.content)
    headers.pop("content-length", None)
    if re.fullmatch("[0-9a-f]{16}", headers["x-request-id"]):
        headers["x-request-id"] = "new"
    return answer.status_code, headers, body


def counted() -> Counter[tuple[str, ...]]:
    """Requests by the labels of their metric."""
    [family] = metrics.HTTP_SECONDS.collect()
    return Counter({tuple(s.labels.values()): int(s.value) for s in family.samples if s.name.endswith("_count")})


async def both(ingest: Ingest, request: Request, keys: list[dict[str, str]]) -> list[tuple[Any, ...]]:
    answers = []
    for path, of_shop in zip((BARE, FRAMEWORK), keys, strict=True):
        before = counted()
        try:
            answer = seen(await ingest.client.request(request.method, path + request.query, **request.sent_by(of_shop)))
        except Exception as error:  # noqa: BLE001  of which the server would be told, behind the answer
            answer = (repr(error),)
        answers.append((answer, counted() - before))
    return answers


async def stored(ingest: Ingest, shop: str) -> list[Any]:
    """What the requests to one shop have left behind."""
    fetch = ingest.database.worker.fetch
    what = "native_id, type, customer_id, order_id, published, code, body"
    events = await fetch(f"SELECT {what} FROM events WHERE shop = $1", shop)
    refused = await fetch("SELECT native_id, code, detail, body FROM quarantine WHERE shop = $1", shop)
    outgoing = [decode(row["value"]) for row in await fetch("SELECT value FROM outbox WHERE shop = $1", shop)]
    acts = [(event.type, event.traceparent) for event in outgoing]
    return [sorted(map(repr, map(tuple, rows))) for rows in (events, refused, acts)]


def test_generated_requests_are_answered_counted_and_stored_as_by_the_framework(postgres):
    with Loop() as loop:
        database = loop.enter(service_database(postgres, "ingest"))
        ingest = loop.enter(ingest_service(database, refused_credentials_per_minute=10**6))
        keys = [loop.run(keys_of(ingest, shop)) for shop in SHOPS]
        statuses: Counter[int] = Counter()

        @settings(max_examples=250, deadline=None, derandomize=True, database=None, print_blob=False)
        @given(REQUESTS)
        def compare(request):
            bare, framework = loop.run(both(ingest, request, keys))
            assert bare == framework
            statuses[bare[0][0]] += 1

        compare()
        assert {202, 200, 401, 403, 413, 415, 422, 400} <= statuses.keys(), statuses
        left, right = (loop.run(stored(ingest, shop)) for shop in SHOPS)
        assert left == right
        assert all(left)


ERRORS = (
    Busy(), Unavailable(), Problem(409, "odd", "Odd", results=[1]), RuntimeError("unexpected"), TimeoutError(),
    asyncpg.TooManyConnectionsError("full"), HTTPException(418, "teapot", {"x-tea": "green"}), KeyError("x"),
)  # fmt: skip


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_every_error_is_answered_as_by_the_framework(ingest, monkeypatch, error):
    async def fail(_):
        raise error

    monkeypatch.setattr(ingest.context.commits, "submit", fail)
    request = Request("POST", "server", "Bearer", (("content-type", JSON),), json.dumps(VIEW).encode(), "")
    keys = {"server": ingest.key}
    bare, framework = await both(ingest, request, [keys, keys])
    assert bare == framework


async def test_a_silent_database_is_answered_in_time_by_both(make_database):
    async with ingest_service(await make_database("ingest"), answer_seconds=0.3) as ingest:
        request = Request("POST", "server", "Bearer", (("content-type", JSON),), json.dumps(VIEW).encode(), "")
        keys = {"server": ingest.key}
        async with (
            transaction(ingest.database.worker) as blocking,
            asyncio.timeout(2.5),
        ):  # a lock is given up after 3 s
            await blocking.execute("LOCK TABLE source_keys IN ACCESS EXCLUSIVE MODE")
            bare, framework = await both(ingest, request, [keys, keys])
        assert bare == framework
        assert bare[0][0] == 503


async def test_a_plain_request_does_not_reach_the_framework(ingest, monkeypatch):
    app = ingest.client._transport.app
    assert (await ingest.send(VIEW)).status_code == 202

    async def refuse(scope, receive, send):
        raise AssertionError("the framework was asked")

    monkeypatch.setattr(app.router, "middleware_stack", refuse)
    assert (await ingest.send(VIEW)).status_code == 202
    headers = {"authorization": f"Bearer {ingest.key}"}
    with pytest.raises(AssertionError, match="the framework was asked"):
        await ingest.client.post(FRAMEWORK, json=VIEW, headers=headers)


async def test_bodies_at_both_doors_share_the_memory_of_the_process(ingest, monkeypatch):
    monkeypatch.setattr("mandegar.web.edge.body.BODIES_BYTES_MAX", 1_000)
    arriving = asyncio.Event()

    async def slow():
        yield b" " * 600
        await arriving.wait()
        yield json.dumps(VIEW).encode()

    headers = {"authorization": f"Bearer {ingest.key}", "content-type": JSON}
    for first, second in ((BARE, FRAMEWORK), (FRAMEWORK, BARE)):
        arriving.clear()
        waiting = asyncio.create_task(ingest.client.post(first, content=slow(), headers=headers))
        await asyncio.sleep(0.05)  # its first part has arrived; nothing tells when
        answer = await ingest.client.post(second, content=b" " * 500, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        arriving.set()
        assert (await waiting).status_code == 202


async def test_the_framework_makes_no_spans_of_paths_which_contain_ids_of_customers(ingest, monkeypatch):
    class Exporting(trace.TracerProvider):
        def get_tracer(self, *_, **__):
            raise AssertionError("the framework asked for a tracer")

    monkeypatch.setattr(trace, "get_tracer_provider", Exporting)
    assert (await ingest.ask("GET", "/v1/customers/c-42/events")).status_code == 404
    assert (await ingest.send(VIEW)).status_code == 202
