"""From the text of a part to the rows in it, each with its line: without input or output."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ingest.domain.documents import Number, Value
from ingest.domain.file_rows.columns import has_lines, match_columns
from ingest.domain.file_rows.row_error import RowError, WrongColumns
from ingest.imports.row_keys import KnownAs
from ingest.imports.rules import Stated, Way, events_of
from mandegar.row_files.csv_rows import csv_rows
from mandegar.row_files.json_rows import json_rows
from mandegar.row_files.row import BrokenRow
from mandegar.row_files.text import lines_of

Raw = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Record:
    """What the file states at ``line`` and in ``rows`` rows of it."""

    line: int
    rows: int
    stated: Stated


def known_as_of(records: Iterable[Record]) -> dict[int, Mapping[str, KnownAs]]:
    """By index of a record and id of its event, under which others the same may have been stated before."""
    return {index: record.stated.known_as for index, record in enumerate(records)}


def noted(records: Sequence[Record], notes: Mapping[int, Sequence[RowError]]) -> list[Record]:
    """The records with notes by index."""
    return [
        replace(record, stated=record.stated._replace(notes=[*record.stated.notes, *notes[index]]))
        if index in notes
        else record
        for index, record in enumerate(records)
    ]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    raw: Raw
    error: RowError | None = None


def read_csv(text: str, header: Sequence[str], delimiter: str, way: Way, first_line: int) -> Iterator[Record]:
    """The records of rows without the header."""
    rows = (_csv_row(row.line, header, row) if isinstance(row, BrokenRow) else _csv_row(row.line, header, row.fields)
            for row in csv_rows(lines_of(text), delimiter, first_line=first_line))  # fmt: skip
    for same in _together(rows, way):
        first = same[0]
        if first.error is not None:
            yield Record(first.line, 1, Stated((), [first.error]))
        else:
            differs = _that_differ(same, way)
            stated = Stated((), [differs]) if differs else events_of([row.raw for row in same], way)
            yield Record(first.line, len(same), stated)


def read_json(text: str, mapping: Mapping[str, str], way: Way, first_line: int) -> Iterator[Record]:
    """The records of JSON lines; each row may have fields of its own."""
    ways: dict[tuple[str, ...], Way | RowError] = {}
    for row in json_rows(lines_of(text), number=Number, first_line=first_line):
        if isinstance(row, BrokenRow):
            yield Record(row.line, 1, Stated((), [RowError(None, row.code, row.detail)]))
            continue
        line, raw = row
        names = tuple(raw)
        if names not in ways and len(ways) < 100:
            ways[names] = _way_of(names, mapping, way)
        known = ways.get(names) or _way_of(names, mapping, way)
        yield Record(line, 1, Stated((), [known]) if isinstance(known, RowError) else events_of([raw], known))


def _way_of(names: Sequence[str], mapping: Mapping[str, str], way: Way) -> Way | RowError:
    absent = [column for column in mapping.values() if column and column not in names]
    try:
        return replace(way, columns=match_columns(way.kind, [*names, *dict.fromkeys(absent)], mapping))
    except WrongColumns as wrong:
        return RowError(None, wrong.code, wrong.brief)


def _csv_row(line: int, header: Sequence[str], fields: Sequence[str] | BrokenRow) -> _Row:
    if isinstance(fields, BrokenRow):
        return _Row(line, {}, RowError(None, fields.code, fields.detail))
    if (len(fields) != len(header) and any(fields[len(header) :])) or len(fields) < len(header):
        detail = f"the row has {len(fields)} fields, and the header {len(header)}"
        return _Row(line, {}, RowError(None, "wrong_number_of_fields", detail))
    return _Row(line, dict(zip(header, fields, strict=False)))


def _together(rows: Iterable[_Row], way: Way) -> Iterator[list[_Row]]:
    """Rows that are lines of one order together, each of the others alone."""
    if way.kind != "orders" or not has_lines(way.columns):
        yield from ([row] for row in rows)
        return
    order_id, version = way.columns["order_id"], way.columns.get("version", "")

    def order(row: _Row) -> tuple[Value, Value] | int:
        return (row.raw[order_id], row.raw.get(version)) if row.raw.get(order_id) else row.line

    for _, same in groupby(rows, order):
        yield [*same]


def _that_differ(same: Sequence[_Row], way: Way) -> RowError | None:
    """What is wrong if rows of one order state different things about the order."""
    for target in ("total", "currency", "status", "refunded"):
        column = way.columns.get(target)
        if column is not None and len({row.raw.get(column) for row in same} - {"", None}) > 1:
            return RowError(column, "rows_differ", f"rows of one order have different values of {target}")
    return None
