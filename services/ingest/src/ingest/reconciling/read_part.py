"""From a part of a file to rows in the shop's currency, with ids as they are published."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, NamedTuple

from ingest.domain.customer_ids import customer_id
from ingest.domain.documents import Number
from ingest.domain.file_rows.columns import match_columns
from ingest.domain.file_rows.read import Fields, RowOptions, read_row
from ingest.domain.file_rows.row_error import RowError
from ingest.domain.forms import CustomerForm
from ingest.domain.order_acts import VERSION_MAX
from ingest.domain.outcomes import Refused
from ingest.domain.pseudonyms import Pseudonyms
from ingest.reconciling.file_rows import FileRow
from ingest.reconciling.options import FileOptions
from mandegar.row_files.csv_rows import csv_rows
from mandegar.row_files.header import delimiter_of, read_header
from mandegar.row_files.json_rows import json_rows
from mandegar.row_files.row import BrokenRow
from mandegar.row_files.text import encoding_of, text_lines

CSV = "text/csv"
JSON_LINES = frozenset({"application/x-ndjson", "application/jsonl", "application/jsonlines"})
ROWS_MAX = 10_000
SLICE = 50
# What is read of a row of orders; the lines of an order do not matter here.
_TARGETS = frozenset(
    {"order_id", "customer_id", "email", "phone", "paid_at", "placed_at", "total", "currency", "status"}
    | {"cancelled_at", "version", "refunded", "refund_id"}
)
_REQUIRED = (("order_id",),)
_OTHER_CURRENCY = "wrong_currency"
_MISSING = RowError(None, "missing_value", "order_id is missing")
Raw = dict[str, Any]


class Part(NamedTuple):
    """A part of a file: its bytes, their media type, and the line of its first row."""

    body: bytes
    media: str
    first_line: int


class TooManyRows(ValueError):
    """A part has more rows than are taken at once."""


class Reader(NamedTuple):
    """How rows are read, and the pseudonyms of the shop."""

    options: RowOptions
    names: Pseudonyms


class ReadRows(NamedTuple):
    """The rows of a part, and the line of its last one."""

    rows: list[FileRow]
    last_line: int

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """The times of the first and the last order."""
        times = [row.at for row in self.rows if row.at is not None]
        return min(times, default=None), max(times, default=None)


async def read_part(part: Part, options: FileOptions, reader: Reader) -> ReadRows:
    """The rows of a part; raises ``WrongEncoding``, ``WrongHeader``, ``WrongColumns`` or ``TooManyRows``."""
    lines = text_lines(BytesIO(part.body), encoding_of(part.body, options.encoding))
    if part.media != CSV:
        found = [*_limited(json_rows(lines, number=Number, first_line=part.first_line))]
        header = [*dict.fromkeys(name for row in found if not isinstance(row, BrokenRow) for name in row[1])]
        raw: Iterator[tuple[int, Raw] | BrokenRow] = iter(found)
    else:
        first = next(lines, "")
        delimiter = delimiter_of(first, options.delimiter)
        header = read_header(first, delimiter)
        raw = _limited(_as_raw(header, csv_rows(lines, delimiter, first_line=part.first_line)))
    columns = match_columns("orders", header, options.columns, _REQUIRED) if header else {}
    columns = {target: column for target, column in columns.items() if target in _TARGETS}
    rows: list[FileRow] = []
    last = part.first_line
    for place, each in enumerate(raw):
        if place % SLICE == 0:
            await asyncio.sleep(0)  # requests of others go on
        if isinstance(each, BrokenRow):
            rows.append(FileRow(each.line, fault=_fault(RowError(None, each.code, each.detail))))
            last = each.line
            continue
        last, values = each
        rows.append(_read(last, values, columns, reader))
    return ReadRows(rows, last)


def _limited(rows: Iterator[Any]) -> Iterator[Any]:
    for place, row in enumerate(rows):
        if place == ROWS_MAX:
            raise TooManyRows(f"A part can have at most {ROWS_MAX:,} rows")
        yield row


def _as_raw(header: Sequence[str], rows: Iterator[Any]) -> Iterator[tuple[int, Raw] | BrokenRow]:
    for row in rows:
        if isinstance(row, BrokenRow):
            yield row
        elif len(row.fields) > len(header):
            detail = f"the line has {len(row.fields)} fields, the header {len(header)}: quote fields with the delimiter"
            yield BrokenRow(row.line, "too_many_fields", detail, "")
        else:
            yield row.line, dict(zip(header, row.fields, strict=False))


def _read(line: int, raw: Raw, columns: Mapping[str, str], reader: Reader) -> FileRow:
    fields, errors = read_row("orders", raw, columns, reader.options)
    order_id = fields.get("order_id")
    if order_id is None and not errors:
        errors = [_MISSING]
    named = None if order_id is None else reader.names.of_order(str(order_id))
    currency = fields.get("currency")
    version = fields.get("version")
    if isinstance(version, int) and not 0 <= version <= VERSION_MAX:
        errors = [RowError(columns["version"], "bad_number", f"version must be from 0 to {VERSION_MAX}")]
    if errors and any(error.code != _OTHER_CURRENCY for error in errors):
        return FileRow(line, named, fault=_fault(errors[0]))
    amounts = _amounts_as_written(raw, columns, reader.options) if errors else fields
    return FileRow(
        line,
        named,
        _customer(fields, reader),
        fields.get("paid_at") or fields.get("placed_at"),  # type: ignore[arg-type]
        _amount(amounts, "total"),
        _amount(amounts, "refunded"),
        str(currency)[:20] if errors else None,
        _status(fields),
        version,  # type: ignore[arg-type]
        None if fields.get("refund_id") is None else str(fields["refund_id"]),
    )


def _amounts_as_written(raw: Raw, columns: Mapping[str, str], options: RowOptions) -> Fields:
    """The amounts of a row in whatever currency, which are summed and compared with nothing."""
    named = {target: column for target, column in columns.items() if target in ("total", "refunded")}
    source = replace(options.source, unit=options.source.shop.currency)
    return read_row("orders", raw, named, replace(options, source=source))[0]


def _customer(fields: Fields, reader: Reader) -> str | None:
    id_, email, phone = (fields.get(name) for name in ("customer_id", "email", "phone"))
    if id_ is None and email is None and phone is None:
        return None
    form = CustomerForm(id=None if id_ is None else str(id_), email=str(email or ""), phone=str(phone or ""))
    try:
        return customer_id(form, shop=reader.options.source.shop, key=reader.names.key)
    except Refused:
        return None


def _amount(fields: Fields, name: str) -> Decimal | None:
    value = fields.get(name)
    return value if isinstance(value, Decimal) else None


def _status(fields: Fields) -> str | None:
    status = fields.get("status")
    if status is not None:
        return str(status)
    if fields.get("cancelled_at") is not None:
        return "cancelled"
    return "paid" if fields.get("paid_at") is not None else None


def _fault(error: RowError) -> str:
    return f"{error.code}: {error.detail}"
