"""Every operation of every service declares who may use it, and reads nothing from anybody else."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from harness.apps import SERVICES, app_without_database
from harness.operations import Operation, operations
from harness.signing import Signer
from harness.tokens import token

APPS = {name: app_without_database(service) for name, service in SERVICES.items()}
OPERATIONS = [operation for name, app in APPS.items() for operation in operations(name, app.openapi())]
BY_TOKEN = [operation for operation in OPERATIONS if operation.access["by"] == "token"]
OPEN = {"GET /livez", "GET /readyz", "GET /startupz"}


class Body:
    """A body of 2 MiB that counts the bytes which were read of it."""

    def __init__(self) -> None:
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(32):
            self.read += 65_536
            yield b" " * 65_536


def each(found: list[Operation]) -> Any:
    return pytest.mark.parametrize("operation", found, ids=lambda each: str(each).replace(" ", "-"))


@each(OPERATIONS)
def test_an_operation_declares_who_may_use_it(operation: Operation):
    access = operation.access

    if access["by"] == "token":
        schemes = {scope for entry in operation.document["security"] for scope in entry["Token"]}
        assert schemes == {*access["scopes"], *access["customer_scopes"]}
    else:
        assert access["by"] in {"source_key", "link"} or str(operation).split(" ", 1)[1] in OPEN


@each(BY_TOKEN)
@pytest.mark.parametrize("caller", ["nobody", "a_stranger", "a_token_without_a_scope", "a_customer_without_a_scope"])
async def test_nothing_of_a_body_is_read_before_the_caller_is_known_and_may_use_the_route(operation, caller):
    headers = {"Content-Type": "application/json"} | {
        "nobody": {},
        "a_stranger": bearer(Signer("tests", "*").token("atlas", "ops")),
        "a_token_without_a_scope": bearer(token("atlas", "")),
        "a_customer_without_a_scope": bearer(token("atlas", "", subject="c-1")),
    }[caller]
    body = Body()
    transport = httpx2.ASGITransport(app=APPS[operation.service])
    async with httpx2.AsyncClient(transport=transport, base_url="http://service.test") as http:
        answer = await http.request(operation.method, operation.path("1"), content=body, headers=headers)

    assert answer.status_code == (401 if caller in {"nobody", "a_stranger"} else 403)
    assert body.read == 0


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}
