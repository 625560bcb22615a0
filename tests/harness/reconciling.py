"""A shop's file of orders, reconciled as an operator asks for it."""

import json
from hashlib import sha256
from typing import Any

from harness.ingest_service import Ingest
from ingest.reconciling.carry_on import carry_on

HEADER = "order_id,total,paid_at,customer_id"


def csv_of(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join((header, *lines, "")).encode()


def line_of(number: int, *, total: str | None = None, customer: str | None = None, time: str | None = None) -> str:
    """The line of a file for the order ``without`` one: o-1 of c-1 and so on."""
    fields = (f"o-{number}", total or f"{number}000", time or "2026-11-20T10:00:00Z", customer or f"c-{number}")
    return ",".join(fields)


async def begin(ingest: Ingest, body: bytes, **options: Any) -> str:
    wanted = {"name": "orders.csv", "fingerprint": sha256(body).hexdigest(), **options}
    answer = await ingest.ask("POST", "/v1/reconciliations", json=wanted)
    assert answer.status_code == 200, answer.text
    return f"/v1/reconciliations/{answer.json()['reconciliation_id']}"


async def send(ingest: Ingest, path: str, body: bytes, *, first_line: int = 2, media: str = "text/csv") -> Any:
    headers = {"Content-Type": media}
    params = {"first_line": first_line}
    return await ingest.ask("POST", f"{path}/rows", content=body, headers=headers, params=params)


async def compared(ingest: Ingest, path: str) -> dict[str, Any]:
    """The reconciliation once it is compared."""
    answer = await ingest.ask("POST", f"{path}/compare")
    assert answer.status_code == 202, answer.text
    return await carried_on(ingest, path)


async def carried_on(ingest: Ingest, path: str) -> dict[str, Any]:
    while await carry_on(ingest.context):
        pass
    found: dict[str, Any] = (await ingest.ask("GET", path)).json()
    assert found["state"] == "compared"
    return found


async def reconcile(ingest: Ingest, *lines: str, header: str = HEADER, **options: Any) -> tuple[str, dict[str, Any]]:
    """The path of the reconciliation of a file, and what it comes to."""
    body = csv_of(*lines, header=header)
    path = await begin(ingest, body, **options)
    answer = await send(ingest, path, body)
    assert answer.status_code == 200, answer.text
    return path, await compared(ingest, path)


async def findings(ingest: Ingest, path: str, kind: str, **query: Any) -> list[dict[str, Any]]:
    answer = await ingest.ask("GET", f"{path}/findings", params={"kind": kind, **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["findings"]
    return found


async def accept(ingest: Ingest, path: str, **wanted: Any) -> dict[str, Any]:
    """The reconciliation once what is missing has been accepted."""
    answer = await ingest.ask("POST", f"{path}/accept", json={"confirm": True, **wanted})
    assert answer.status_code == 202, answer.text
    return await carried_on(ingest, path)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, json.loads(answer.content)["code"]
