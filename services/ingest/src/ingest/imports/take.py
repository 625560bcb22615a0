"""Taking a part of a file: its rows become events, which are accepted as at a door, and its lines are counted once."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple
from uuid import UUID

from ingest.context import IngestContext
from ingest.domain.candidates import Arrival, Candidate, Refusal
from ingest.domain.file_rows.row_error import RowError
from ingest.domain.normalise import Reading as EventReading
from ingest.domain.outcomes import Result
from ingest.domain.sources import Source
from ingest.doors.metrics import count_answers
from ingest.doors.native.form import NATIVE
from ingest.doors.read_events import read_event
from ingest.hallway.accept import repeated
from ingest.hallway.group_commit import Busy, Unavailable
from ingest.hallway.rows.history import load_stored
from ingest.imports.beside_history import beside_history, load_history
from ingest.imports.correcting import Import
from ingest.imports.count import counted
from ingest.imports.failpoints import ImportFailpoint
from ingest.imports.import_rows import follows_an_open_one, get_import, touch
from ingest.imports.part_rows import LineError, insert_errors, insert_part, lines_between
from ingest.imports.read_part import Record, known_as_of, noted, read_csv, read_json
from ingest.imports.reading import first_line_of, read_under, way_of
from ingest.imports.rules import Way
from ingest.imports.schemas import Reading
from ingest.sources.imports_source import imports_source_id
from ingest.sources.rows import load_sources
from mandegar.database import Act, Row, as_shop, transaction, transaction_of
from mandegar.failpoints import reach
from mandegar.row_files.header import WrongHeader, read_header
from mandegar.row_files.text import lines_of
from mandegar.web import Problem

ROWS_MAX = 1_000
# As many as one flush of the group commit has.
EVENTS_AT_ONCE = 500
SLICE_ROWS = 50
BUSY_SECONDS = 1
UNAVAILABLE_SECONDS = 2
# Two lots that nothing tells apart would become one.
SAME_LOT = RowError(
    None, "same_lot", "the same lot stands above: give each lot of a customer its lot_id, or dates of its own"
)


class Taken(NamedTuple):
    """What became of a part."""

    lines: tuple[int, int]
    repeated: bool
    totals: dict[str, Any]
    errors: Sequence[LineError]


async def take_part(context: IngestContext, act: Act, import_id: UUID, first: int | None, body: bytes) -> Taken:
    """Accept the rows of a part; raises ``Problem`` 404, 409, 413, 422, 429 or 503, and then nothing is counted.

    What was accepted before a failure is recognised by its ids when the part is sent again.
    """
    now = context.clock.now()
    found, source = await _import_and_source(context, act.shop, import_id)
    reading = Reading.model_validate_json(found["options"])
    first_line = first or first_line_of(reading)
    content, next_line = _content(body, reading, first_line)
    async with as_shop(context.web, act.shop) as connection:
        before = await lines_between(connection, import_id, first_line, next_line)
    if before is not None:
        return _repeated(before, first_line, next_line)
    events = EventReading(read_under(reading, source), now, context.identity_key)
    way = way_of(found["kind"], reading, source, events.names, found["as_of"], now)
    _require_within_rate(context.rate_limits.wait(source, len(body)), source, context)
    async with AsyncExitStack() as alone:
        with _entering(context, source, len(body)):
            async with context.parsing.turn(source, len(body)):
                records, arrivals = await _read(content, reading, way, events, first_line)
            if not found["dry_run"]:
                await alone.enter_async_context(context.part_turns.turn(act.shop))
            async with as_shop(context.web, act.shop) as connection:
                began = found["started_at"]
                follows = await follows_an_open_one(connection, act.shop, began)
            # Whose an address is only the worker may read.
            async with transaction(context.worker) as worker:
                history = await load_history(worker, arrivals, known_as_of(records), Import(began, follows))
            beside = await beside_history(history, arrivals)
            arrivals, records = beside.arrivals, noted(records, beside.notes)
            if not found["dry_run"]:
                _require_within_rate(context.rate_limits.take(source, len(arrivals)), source, context)
        if found["dry_run"]:
            results = await _would_become(context, act.shop, arrivals)
        else:
            results = await _accept(context, arrivals)
    counting, errors = counted(records, arrivals, results)
    reach(ImportFailpoint.BEFORE_NOTED)
    return await _note(context, act, import_id, Taken((first_line, next_line), False, counting.totals(), errors), now)


async def _note(context: IngestContext, act: Act, import_id: UUID, taken: Taken, now: datetime) -> Taken:
    """Store what became of a part; if another request has stored the same lines meanwhile, its result stands."""
    async with transaction_of(act, context.worker) as worker:
        # One part after the other: two that share a line must not both be counted.
        if await get_import(worker, act.shop, import_id, lock=True) is None:
            raise unknown_import()
        again = await lines_between(worker, import_id, *taken.lines)
        if again is None:
            await insert_part(worker, import_id, act.shop, taken.lines, taken.totals)
            await insert_errors(worker, import_id, act.shop, taken.errors)
            await touch(worker, import_id, now)
    return taken if again is None else _repeated(again, *taken.lines)


def unknown_import() -> Problem:
    return Problem(404, "unknown_import", "This shop has no import with this id")


async def _import_and_source(context: IngestContext, shop: str, import_id: UUID) -> tuple[Row, Source]:
    async with as_shop(context.web, shop) as connection:
        found = await get_import(connection, shop, import_id)
        source_id = imports_source_id(shop)
        sources = await load_sources(connection, [source_id])
    if found is None:
        raise unknown_import()
    if found["state"] != "running":
        raise Problem(
            409,
            "import_ended",
            f"The import is {found['state']}",
            "POST /v1/imports for the same file goes on with one that was stopped",
        )
    return found, sources[source_id]


def _content(body: bytes, reading: Reading, first_line: int) -> tuple[str, int]:
    """The rows of the part without the header, and the first line behind them; raises ``Problem`` 413 or 422."""
    try:
        text = body.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Problem(
            422, "bad_encoding", "The part is not UTF-8", "Parts are sent in UTF-8, whatever the file has"
        ) from None
    lines = [*lines_of(text)]
    if reading.form == "csv":
        try:
            header = read_header(lines[0] if lines else "", reading.delimiter)
        except WrongHeader as wrong:
            raise Problem(422, "other_columns", "The part has no header line", str(wrong)) from None
        if header != reading.header:
            detail = "Send the first line of the file before the rows of each part"
            raise Problem(422, "other_columns", "The first line of the part is not the header of the file", detail)
        lines = lines[1:]
    if not lines:
        raise Problem(422, "no_rows", "The part has no rows", "Send at least one line, behind the header of a CSV file")
    if len(lines) > ROWS_MAX * 20 or first_line + len(lines) > 2**53:
        raise Problem(413, "part_too_large", f"A part can have at most {ROWS_MAX} rows")
    return "".join(lines), first_line + len(lines)


def _repeated(before: Row, first_line: int, next_line: int) -> Taken:
    """The part as it was taken before; raises ``Problem`` 409 if another one has lines of it."""
    if (before["first_line"], before["next_line"]) != (first_line, next_line):
        raise Problem(
            409,
            "lines_taken",
            "Some lines of the part have been taken with another part",
            "GET /v1/imports/{import_id} shows the lines that have been taken; send the others",
            taken={"first_line": before["first_line"], "next_line": before["next_line"]},
        )
    return Taken((first_line, next_line), True, json.loads(before["totals"]), ())


@contextmanager
def _entering(context: IngestContext, source: Source, size: int) -> Iterator[None]:
    """Around the reading of a part, which takes room in the hallway; raises ``Problem`` 503."""
    try:
        with context.commits.entering(source, size):
            yield
    except Busy:
        raise _busy() from None


async def _read(
    content: str, reading: Reading, way: Way, events: EventReading, first_line: int
) -> tuple[list[Record], list[Arrival]]:
    """The records of a part and the events of all; between slices the event loop can do something else."""
    if reading.form == "csv":
        found = read_csv(content, reading.header, reading.delimiter, way, first_line)
    else:
        found = read_json(content, reading.columns, way, first_line)
    records: list[Record] = []
    arrivals: list[Arrival] = []
    lots: set[str] = set()
    rows = 0
    for record in found:
        stated = {event["id"] for event in record.stated.events if event["data"].get("points")}
        if way.kind == "points" and not lots.isdisjoint(stated):
            record = replace(record, stated=record.stated._replace(events=(), errors=[SAME_LOT]))
        lots |= stated
        rows += record.rows
        if rows > ROWS_MAX:
            raise Problem(413, "part_too_large", f"A part can have at most {ROWS_MAX} rows")
        for event in record.stated.events:
            body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
            arrival = read_event(NATIVE, body, len(records), events)
            arrival.returned = True
            arrivals.append(arrival)
        records.append(record)
        if len(records) % SLICE_ROWS == 0:
            await asyncio.sleep(0)
    return records, arrivals


async def _accept(context: IngestContext, arrivals: Sequence[Arrival]) -> list[Result]:
    """The result of each event, in order. What cannot be accepted is refused, and not put in quarantine."""
    refused = _records_refused(arrivals)
    candidates = [each for each in arrivals if each.index not in refused]
    accepted: list[Result] = []
    try:
        for start in range(0, len(candidates), EVENTS_AT_ONCE):
            accepted += await context.commits.submit(candidates[start : start + EVENTS_AT_ONCE])
    except Busy:
        raise _busy() from None
    except Unavailable:
        raise Problem(
            503,
            "unavailable",
            "The rows could not be stored in time",
            "Send the same part again; what was stored is recognised",
            headers={"Retry-After": str(UNAVAILABLE_SECONDS)},
        ) from None
    count_answers("import", accepted)
    return accepted


async def _would_become(context: IngestContext, shop: str, arrivals: Sequence[Arrival]) -> list[Result]:
    """What would become of the events, as far as it can be told without storing them."""
    refused = _records_refused(arrivals)
    candidates = [each for each in arrivals if isinstance(each, Candidate) and each.index not in refused]
    async with as_shop(context.web, shop) as connection:
        stored = await load_stored(connection, {candidate.event.id for candidate in candidates})
    results: list[Result] = []
    for candidate in candidates:
        before = stored.get(candidate.event.id)
        outcome = (
            candidate.result("accepted", candidate.code, candidate.detail)
            if before is None
            else repeated(candidate, before)
        )
        results.append(outcome.result() if isinstance(outcome, Refusal) else outcome)
    return results


def _records_refused(arrivals: Sequence[Arrival]) -> set[int]:
    """Records of which an event cannot be accepted: nothing of them is."""
    return {each.index for each in arrivals if isinstance(each, Refusal)}


def _busy() -> Problem:
    title = "Too many events of this shop are waiting to be stored"
    return Problem(503, "busy", title, "Send the part again shortly", headers={"Retry-After": str(BUSY_SECONDS)})


def _require_within_rate(seconds: float, source: Source, context: IngestContext) -> None:
    if seconds:
        raise Problem(
            429,
            "too_many_events",
            "The import exceeds the rate limit of a source or of the shop",
            "Send the same part again after the seconds in Retry-After",
            headers={"Retry-After": str(ceil(seconds)), **context.rate_limits.headers(source)},
        )
