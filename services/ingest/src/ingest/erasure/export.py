"""What an export of a person has from ingest: their profile in words, and their events as they were received."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Raw

from ingest.domain.consents import ADDRESSES, STATEMENTS
from ingest.erasure.export_rows import next_events, next_quarantined
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey
from mandegar.quantities import from_us
from mandegar.service.parts import ExportMore, ExportRow

# Bodies have at most 64 KiB.
PAGE = 50


def customer_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A customer, with each value of the profile and since when it is known."""
    fields = {
        name: {"value": stored[0], "since": from_us(stored[1])}
        for name, stored in row["profile"].items()
        if not name.startswith((ADDRESSES, STATEMENTS))
    }
    histories = {
        name: [{"value": value, "since": from_us(at)} for value, at, _ in facts]
        for name, facts in row["profile"].items()
        if name.startswith((ADDRESSES, STATEMENTS))
    }
    return {**row, "profile": fields | histories}


async def events(
    customer: CustomerKey, connection: WorkerConnection, after: tuple[datetime, UUID] | None
) -> tuple[Sequence[Mapping[str, Any]], Any | None]:
    """Events in the history, with their bodies."""
    rows = await next_events(connection, customer, after, PAGE)
    last = (rows[-1]["time"], rows[-1]["event_id"]) if len(rows) == PAGE else None
    return [{**row, "body": None if row["body"] is None else Raw(row["body"])} for row in rows], last


async def quarantine(
    customer: CustomerKey,
    connection: WorkerConnection,
    after: UUID | None,
) -> tuple[Sequence[Mapping[str, Any]], Any | None]:
    """Events in quarantine, with their bodies as text: they may be no JSON."""
    rows = await next_quarantined(connection, customer, after, PAGE)
    last = rows[-1]["id"] if len(rows) == PAGE else None
    return [{**row, "body": row["body"].decode(errors="replace")} for row in rows], last


EXPORT: Mapping[str, ExportRow] = {"customers": customer_row}
EXPORT_MORE: Mapping[str, ExportMore] = {"events": events, "quarantine": quarantine}
