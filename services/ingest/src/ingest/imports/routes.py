"""Imports: beginning one, sending its parts, looking how far it is."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request

from ingest.context import IngestCtx
from ingest.desk.paging import AFTER, Before, read_before
from ingest.doors.request.body import read_request
from ingest.doors.request.limits import REQUEST_BYTES_MAX
from ingest.imports.end import finish, stop
from ingest.imports.import_rows import get_import, list_imports
from ingest.imports.part_rows import list_errors
from ingest.imports.schemas import ErrorPage, Import, ImportPage, NewImport, Part
from ingest.imports.show import shown
from ingest.imports.start import start
from ingest.imports.take import ROWS_MAX, take_part, unknown_import
from mandegar.database import Row, as_shop
from mandegar.quantities import whole_of
from mandegar.web import Acting, Principal, Problem, Router, audited, errors, require
from mandegar.web.edge.limits import BODY_BYTES
from mandegar.web.paging import cut, read_cursor, write_cursor

router = Router(prefix="/v1/imports", tags=["imports"])
Who = Annotated[Principal, require("sources:write")]
_UNKNOWN = (404, "unknown_import", "the shop has no import with this id")


@router.post(
    "",
    summary="Begin to import a file, or go on",
    status_code=200,
    response_model=Import,
    responses=errors(
        (404, "unknown_shop", "the shop does not exist"),
        (422, "as_of_missing", "balances without as_of, in a shop without a cut-off"),
        (422, "as_of_ahead", "as_of lies in the future"),
        (409, "other_cut_off", "the shop has another cut-off than as_of"),
        (422, "missing_column", "a column that is needed is neither recognised nor in `columns`"),
        (422, "unknown_column", "`columns` names a column that the file does not have"),
        (422, "unknown_target", "`columns` names a target that there is not"),
        (422, "column_twice", "two columns may be one target"),
        (422, "unit_missing", "nothing says in which currency the amounts are"),
        (422, "wrong_currency", "the unit is of another currency than that of the shop"),
    ),
    openapi_extra=audited("import.start"),
)
async def post_import(ctx: IngestCtx, _: Who, act: Acting, wanted: NewImport) -> dict[str, Any]:
    """The same file, read in the same way, is one import: repeating the request answers it with its progress. One that
    was stopped goes on. One that was finished begins anew, with another `import_id`, if it is a dry run, if rows of it
    were refused, or if another import of points, customers or coupons has begun since: the file that is imported last
    counts.

    Kinds: `customers` (a row for each), `orders`, `points` (opening balances, a row for each lot), `messages` (sent by
    another system). Columns are recognised by their names, in English and Persian and as platforms export them.
    """
    found = await start(ctx, act, wanted)
    return await _shown(ctx, found)


@router.get("", summary="List imports, newest first", response_model=ImportPage)
async def get_imports(
    ctx: IngestCtx,
    who: Who,
    limit: Annotated[int, Query(ge=1, le=200, description="Imports per page, at most 200")] = 50,
    before: Before = None,
) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop) as connection:
        listed = await list_imports(connection, who.shop, limit=limit, before=read_before(before))
    rows, more = cut(listed, limit)
    last = rows[-1] if more else None
    return {
        "imports": [
            {"import_id": row["id"]}
            | {name: row[name] for name in ("kind", "name", "dry_run", "state", "as_of", "started_at", "moved_at")}
            for row in rows
        ],
        "next_before": write_cursor(last["started_at"], last["id"]) if last else None,
    }


@router.get(
    "/{import_id}", summary="Get an import and how far it is", response_model=Import, responses=errors(_UNKNOWN)
)
async def get_one_import(ctx: IngestCtx, who: Who, import_id: UUID) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop) as connection:
        found = await get_import(connection, who.shop, import_id)
        if found is None:
            raise unknown_import()
        return await shown(connection, found)


@router.post(
    "/{import_id}/rows",
    summary="Send a part of the file",
    response_model=Part,
    responses=errors(
        _UNKNOWN,
        (409, "import_ended", "the import is finished or stopped"),
        (409, "lines_taken", "another part had some of the lines; `taken` says which"),
        (413, "part_too_large", f"the part has more than {ROWS_MAX} rows"),
        (422, "no_rows", "the part has no rows"),
        (422, "bad_encoding", "the part is not UTF-8"),
        (422, "other_columns", "the part of a CSV file does not begin with the header of the file"),
        (429, "too_many_events", "the import exceeds a rate limit; send the part again after `Retry-After`"),
        (503, "busy", "too many events wait to be stored; send the part again after `Retry-After`"),
        (503, "unavailable", "the rows could not be stored in time; send the part again after `Retry-After`"),
    ),
    openapi_extra={
        **audited("import.rows"),
        BODY_BYTES: REQUEST_BYTES_MAX,
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string"}, "example": "order_id,customer_id,paid_at,total\n1,c-1,…\n"},
                "application/jsonl": {"schema": {"type": "string"}},
            },
        },
    },
)
async def post_rows(
    ctx: IngestCtx,
    _: Who,
    act: Acting,
    import_id: UUID,
    request: Request,
    first_line: Annotated[
        int | None,
        Query(
            ge=1,
            le=2**52,
            description="Line of the file at which the rows of the part begin; the header of CSV is line 1. Default: "
            "the first row",
        ),
    ] = None,
) -> dict[str, Any]:
    """A part is a stretch of lines of the file, in UTF-8: CSV with the header before them, or JSON lines. It has at
    most 1,000 rows and 1 MiB, and no row or order is divided between two parts.

    Rows become events with ids that come from the rows: a part may be sent again at any time, by anybody, and counts
    once. A row with an error is left out; it costs no other row.
    """
    body = await read_request(request, REQUEST_BYTES_MAX)
    taken = await take_part(ctx, act, import_id, first_line, body)
    return {
        "first_line": taken.lines[0],
        "next_line": taken.lines[1],
        "repeated": taken.repeated,
        "totals": taken.totals,
        "errors": [error._asdict() for error in taken.errors],
    }


@router.get(
    "/{import_id}/errors",
    summary="List errors of an import by line",
    response_model=ErrorPage,
    responses=errors(_UNKNOWN),
)
async def get_errors(
    ctx: IngestCtx,
    who: Who,
    import_id: UUID,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Errors per page, at most 1000")] = 200,
    after: Annotated[str | None, Query(max_length=100, description=AFTER)] = None,
) -> dict[str, Any]:
    begins = (0, -1) if after is None else read_cursor(after, whole_of, whole_of, parameter="after", code="invalid")
    if not all(-1 <= number < 2**15 * 2**47 for number in begins) or begins[1] >= 2**15:
        raise Problem(422, "invalid", "after must be a cursor from an earlier answer")
    async with as_shop(ctx.web, who.shop) as connection:
        if await get_import(connection, who.shop, import_id) is None:
            raise unknown_import()
        listed = await list_errors(connection, who.shop, import_id, after=begins, limit=limit)
    rows, more = cut(listed, limit)
    return {
        "errors": [{**row, "column": row["column_name"]} for row in rows],
        "next_after": write_cursor(str(rows[-1]["line"]), str(rows[-1]["place"])) if more else None,
    }


@router.post(
    "/{import_id}/finish",
    summary="Finish an import",
    response_model=Import,
    responses=errors(_UNKNOWN, (409, "lines_missing", "the import has not taken all lines before its last one")),
    openapi_extra=audited("import.finish"),
)
async def post_finish(ctx: IngestCtx, _: Who, act: Acting, import_id: UUID) -> dict[str, Any]:
    """Finish the import after its last part: points and scores of its customers are then computed at once.

    An import that is finished already is not changed.
    """
    return await _shown(ctx, await finish(ctx, act, import_id))


@router.post(
    "/{import_id}/stop",
    summary="Stop an import",
    response_model=Import,
    responses=errors(_UNKNOWN),
    openapi_extra=audited("import.stop"),
)
async def post_stop(ctx: IngestCtx, _: Who, act: Acting, import_id: UUID) -> dict[str, Any]:
    """What it has accepted stays accepted. POST /v1/imports for the same file goes on. An import that has ended is not
    changed."""
    return await _shown(ctx, await stop(ctx, act, import_id))


async def _shown(ctx: IngestCtx, found: Row) -> dict[str, Any]:
    async with as_shop(ctx.web, found["shop"]) as connection:
        return await shown(connection, found)
