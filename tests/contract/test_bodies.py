"""Every operation of every service: nothing is read of a stranger, and of nobody more than the route takes."""

import re
from collections.abc import AsyncIterator
from typing import Any

import psutil
import pytest

from harness.apps import SERVICES, app_without_database
from harness.operations import Operation, operations
from harness.served import Served, served, status
from harness.tokens import token
from mandegar.web.edge.limits import BODY_BYTES, BODY_BYTES_MAX

SIZE = 2 * 1024 * 1024
# Of 2 MiB: what the server reads before it answers, and what waits in the socket buffers of both sides.
TAKEN_MAX = 768 * 1024
GROWTH_MAX = 20 * 1024 * 1024
DOCUMENTS = {name: app_without_database(service).openapi() for name, service in SERVICES.items()}
WRITING = [one for name in SERVICES for one in operations(name, DOCUMENTS[name]) if one.method != "GET"]
READING = [one for one in WRITING if "requestBody" in one.document]


def test_there_are_operations_to_try():
    assert {one.service for one in READING} == {"churn", "ingest", "loyalty", "notify"}
    assert len(READING) > 5


@pytest.fixture(scope="module")
async def servers() -> AsyncIterator[dict[str, Served]]:
    async with (
        served(app_without_database(SERVICES["churn"])) as churn,
        served(app_without_database(SERVICES["ingest"])) as ingest,
        served(app_without_database(SERVICES["loyalty"])) as loyalty,
        served(app_without_database(SERVICES["notify"])) as notify,
    ):
        yield {"churn": churn, "ingest": ingest, "loyalty": loyalty, "notify": notify}


def request(operation: Operation, *, declared: bool, bearer: str | None = None, size: int = SIZE) -> bytes:
    """The bytes of a request with a body of ``size`` spaces, which no JSON decoder refuses before its end."""
    media = next(iter(operation.document.get("requestBody", {}).get("content", {})), "application/json")
    head = f"{operation.method} {path(operation)} HTTP/1.1\r\nhost: x\r\ncontent-type: {media}\r\n"
    if bearer is not None:
        head += f"authorization: Bearer {bearer}\r\n"
    if declared:
        return f"{head}content-length: {size}\r\n\r\n".encode() + b" " * size
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    return f"{head}transfer-encoding: chunked\r\n\r\n".encode() + chunk * (size // 0x4000) + b"0\r\n\r\n"


def path(operation: Operation) -> str:
    """The path with a value of the right form for each parameter."""
    schemas = {one["name"]: one["schema"] for one in operation.document.get("parameters", ()) if one["in"] == "path"}

    def value(name: re.Match[str]) -> str:
        schema = schemas[name[1]]
        if schema.get("format") == "uuid":
            return "0190163d-8694-739b-aea5-966c26f8ad91"
        return next(text for text in ("1", "a") if re.search(schema.get("pattern", ""), text))

    return re.sub(r"\{([^}]+)\}", value, operation.template)


# What somebody is answered whose token, key or link is made up.
UNKNOWN = {"token": 401, "source_key": 401, "link": 404}


async def push(server: Served, data: bytes) -> tuple[bytes, int]:
    client = await server.connect()
    answer, sent = await client.push(data, 1 << 14)
    assert await client.closed()
    client.close()
    return answer, sent


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
@pytest.mark.parametrize("operation", WRITING, ids=str)
async def test_a_strangers_body_is_not_read(servers, operation, declared):
    answer, sent = await push(servers[operation.service], request(operation, declared=declared))

    assert status(answer) in {UNKNOWN.get(operation.access["by"], 200), 413}
    assert b"connection: close" in answer.lower()
    assert sent < TAKEN_MAX


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
@pytest.mark.parametrize("operation", [one for one in READING if one.access["by"] == "token"], ids=str)
async def test_of_a_valid_token_no_more_is_read_than_the_route_takes(servers, operation, declared):
    limit = operation.document.get(BODY_BYTES, BODY_BYTES_MAX)
    bearer = token("*" if operation.access["shops"] == "every" else "1", " ".join(operation.access["scopes"]))
    server = servers[operation.service]

    answer, sent = await push(server, request(operation, declared=declared, bearer=bearer, size=limit + SIZE))
    assert (status(answer), b"too_large" in answer) == (413, True), answer
    assert sent < TAKEN_MAX + limit

    client = await server.connect()
    answer, _ = await client.push(request(operation, declared=declared, bearer=bearer, size=limit))
    assert status(answer) not in {0, 401, 403, 413}, answer


@pytest.mark.parametrize("bearer", [None, token("1", "sources:write ops programme:write journeys:write")])
async def test_memory_does_not_grow_with_what_is_refused(servers, bearer):
    process = psutil.Process()
    requests: list[Any] = [
        (servers[operation.service], request(operation, declared=declared, bearer=bearer))
        for operation in READING[:5]
        for declared in (True, False)
    ]
    before = process.memory_info().rss
    for server, data in requests * 2:
        await push(server, data)

    assert process.memory_info().rss - before < GROWTH_MAX
