"""Answers as CSV (RFC 4180), written while they are read: for spreadsheets, which compute what looks like a formula."""

import csv
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Annotated, Any, TypeAlias

from fastapi import Query, Request
from starlette.responses import StreamingResponse

CSV = "text/csv"
# Excel takes a file for UTF-8 only if it begins with this.
BOM = "\ufeff"
# What a spreadsheet takes for the beginning of a formula, its wide forms included, or skips before one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Cell: TypeAlias = str | int | Decimal | date | datetime | None

WithBom = Annotated[
    bool,
    Query(description="Begin a CSV answer with a byte order mark, without which Excel reads it in another encoding"),
]
ALSO_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {CSV: {"schema": {"type": "string"}}}, "description": "JSON, or CSV with `Accept: text/csv`"}
}


def wants_csv(request: Request) -> bool:
    """Whether the caller names CSV and no JSON among the types that it accepts."""
    accepted = request.headers.get("accept", "")
    return CSV in accepted and "application/json" not in accepted


def csv_answer(
    columns: Sequence[str],
    pages: AsyncIterable[Iterable[Sequence[Cell]]],
    *,
    file_name: str,
    bom: bool,
    headers: Mapping[str, str] | None = None,
) -> StreamingResponse:
    """The answer with a line of ``columns`` and one for each row; one page at a time is in memory."""

    async def body() -> AsyncIterator[bytes]:
        yield ((BOM if bom else "") + _lines([columns])).encode()
        async for page in pages:
            if text := _lines(page):
                yield text.encode()

    disposition = f'attachment; filename="{file_name}"'
    return StreamingResponse(
        body(),
        media_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": disposition, **(headers or {})},
    )


async def one_page(rows: Iterable[Sequence[Cell]]) -> AsyncIterator[Iterable[Sequence[Cell]]]:
    """``pages`` of an answer that fits into one."""
    yield rows


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[_cell(cell) for cell in row] for row in rows])
    return text.getvalue()


def _cell(value: Cell) -> str | int:
    """A cell: a text that a spreadsheet would take for a formula begins with an apostrophe, which it does not show."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
