"""An import as its routes show it."""

from collections.abc import Sequence
from typing import Any

from ingest.imports.part_rows import received_lines, sum_of_parts
from ingest.imports.reading import columns_of, first_line_of, together
from ingest.imports.schemas import Reading
from ingest.sources.imports_source import imports_source_id
from mandegar.database import Connection, Row

RANGES_MAX = 1_000


async def shown(connection: Connection, found: Row) -> dict[str, Any]:
    """The import with its progress and totals."""
    received = await received_lines(connection, found["id"], RANGES_MAX)
    reading = Reading.model_validate_json(found["options"])
    columns = columns_of(found["kind"], reading) if reading.form == "csv" else {}
    return {
        **found,
        "import_id": found["id"],
        "source_id": imports_source_id(found["shop"]),
        "columns": columns,
        "together": together(found["kind"], columns),
        "next_line": _next_line(received, first_line_of(reading)),
        "received": [dict(each) for each in received],
        "totals": await sum_of_parts(connection, found["id"]),
    }


def _next_line(received: Sequence[Row], first: int) -> int:
    next_line: int = received[0]["next_line"] if received and received[0]["first_line"] <= first else first
    return next_line
