"""The stored way of reading a file, and what follows from it for its rows."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.domain.file_rows.columns import has_lines, match_columns
from ingest.domain.file_rows.read import RowOptions
from ingest.domain.file_rows.row_error import WrongColumns
from ingest.domain.file_rows.targets import Kind
from ingest.domain.pseudonyms import Pseudonyms
from ingest.domain.sources import Source
from ingest.imports.rules import Way
from ingest.imports.schemas import Reading
from mandegar.web import Problem


def columns_of(kind: Kind, reading: Reading) -> dict[str, str]:
    """The columns of a CSV file, or of the first rows of JSON lines; raises ``Problem`` 422."""
    if reading.form == "json_lines" and not reading.header:
        return {}
    absent = () if reading.form == "csv" else set(reading.columns.values()) - {*reading.header, ""}
    try:
        return match_columns(kind, [*reading.header, *sorted(absent)], reading.columns)
    except WrongColumns as wrong:
        raise Problem(
            422, wrong.code, "The columns of the file cannot be used", f"{wrong.detail[:1].upper()}{wrong.detail[1:]}"
        ) from None


def together(kind: Kind, columns: dict[str, str]) -> list[str]:
    """The columns in which rows of one order are equal, if rows are lines of orders."""
    if kind != "orders" or not has_lines(columns):
        return []
    return [columns[target] for target in ("order_id", "version") if target in columns]


def read_under(reading: Reading, source: Source) -> Source:
    """The source with the zone and unit that the import says."""
    zone = source.shop.zone if reading.zone is None else ZoneInfo(reading.zone)
    return replace(source, shop=replace(source.shop, zone=zone), unit=reading.unit)


def way_of(
    kind: Kind, reading: Reading, source: Source, names: Pseudonyms, as_of: datetime | None, now: datetime
) -> Way:
    """How rows become events."""
    columns = columns_of(kind, reading) if reading.form == "csv" else {}
    options = RowOptions(
        source=read_under(reading, source),
        now=now,
        calendar=reading.calendar,
        mark=reading.decimal_mark,
        statuses=reading.statuses,
    )
    return Way(kind, columns, options, names, as_of)


def first_line_of(reading: Reading) -> int:
    """The line of the first row."""
    return 2 if reading.form == "csv" else 1
