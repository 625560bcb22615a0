"""Files that are imported into ingest over its routes, part by part."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from harness.ingest_service import Ingest


def csv_of(header: str, *rows: str) -> str:
    return "".join(f"{line}\n" for line in (header, *rows))


ORDERS = "order_id,customer_id,paid_at,total,currency"


def order_rows(numbers: Sequence[int], total: int = 1_000_000) -> list[str]:
    return [f"o-{number},c-{number % 7},2026-01-{1 + number % 28:02}T10:00:00Z,{total},IRR" for number in numbers]


async def begin(ingest: Ingest, kind: str, text: str, **fields: Any) -> Any:
    """The answer to the beginning of an import of a CSV file."""
    header = text.split("\n", 1)[0].split(fields.get("delimiter", ","))
    wanted = {
        "kind": kind, "name": "a file.csv", "fingerprint": "sha256:" + sha256(text.encode()).hexdigest(),
        "header": header, **fields,
    }  # fmt: skip
    return await ingest.ask("POST", "/v1/imports", json=wanted)


async def send_part(ingest: Ingest, import_id: str, text: str, first_line: int, **more: Any) -> Any:
    """The answer to a part: the header, and rows from a line on."""
    path = f"/v1/imports/{import_id}/rows"
    return await ingest.ask(
        "POST", path, content=text.encode(), params={"first_line": first_line},
        headers={"Content-Type": "text/csv"}, **more,
    )  # fmt: skip


def parts_of(text: str, rows: int) -> list[tuple[int, str]]:
    """The parts of a CSV file, each with the line of its first row."""
    header, *lines = text.splitlines(keepends=True)
    return [(2 + start, header + "".join(lines[start : start + rows])) for start in range(0, len(lines), rows)]


async def imported(ingest: Ingest, kind: str, text: str, *, rows: int = 100, **fields: Any) -> dict[str, Any]:
    """The finished import of a CSV file."""
    begun = await begin(ingest, kind, text, **fields)
    assert begun.status_code == 200, begun.text
    import_id = begun.json()["import_id"]
    for first_line, part in parts_of(text, rows):
        answer = await send_part(ingest, import_id, part, first_line)
        assert answer.status_code == 200, answer.text
    ended = await ingest.ask("POST", f"/v1/imports/{import_id}/finish")
    assert ended.status_code == 200, ended.text
    result: dict[str, Any] = ended.json()
    return result


async def errors_of(ingest: Ingest, import_id: str) -> list[dict[str, Any]]:
    """All errors of an import, over small pages."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        query = {"limit": 2} | ({} if after is None else {"after": after})
        page = (await ingest.ask("GET", f"/v1/imports/{import_id}/errors", params=query)).json()
        found += page["errors"]
        after = page["next_after"]
        if after is None:
            return found


async def state_of(ingest: Ingest, import_id: str) -> Any:
    """The import, as it shows itself."""
    return (await ingest.ask("GET", f"/v1/imports/{import_id}")).json()
