"""Reconciling: a shop's file of orders against what was received."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from ingest.context import IngestCtx
from ingest.desk.paging import Before, read_before
from ingest.doors.request.body import read_request
from ingest.doors.request.limits import REQUEST_BYTES_MAX
from ingest.reconciling import receive as receiving
from ingest.reconciling.explain import why
from ingest.reconciling.findings import findings_page
from ingest.reconciling.options import options_of
from ingest.reconciling.read_part import Part
from ingest.reconciling.receive import LINE_MAX, require_reconciliation
from ingest.reconciling.rows import list_reconciliations
from ingest.reconciling.schemas import (
    Acceptance,
    FindingKind,
    FindingPage,
    NewReconciliation,
    Received,
    Reconciliation,
    ReconciliationPage,
)
from ingest.reconciling.start import drop, start_accepting, start_comparing
from mandegar.database import Row, as_shop, as_shop_reporting
from mandegar.quantities import whole_of
from mandegar.web import Acting, Principal, Router, audited, errors, require
from mandegar.web.edge.limits import BODY_BYTES
from mandegar.web.paging import cut, write_cursor

router = Router(prefix="/v1/reconciliations", tags=["reconciliations"])
Who = Annotated[Principal, require("sources:write")]
_UNKNOWN = (404, "unknown_reconciliation", "the shop has no reconciliation with this id")
_AT_WORK = (409, "at_work", "its rows are being compared or accepted")
_PART = {
    BODY_BYTES: REQUEST_BYTES_MAX,
    "requestBody": {
        "description": "CSV with the header in its first line, or JSON lines, of at most 1 MiB and 10,000 rows",
        "content": {name: {"schema": {"type": "string"}} for name in ("text/csv", "application/x-ndjson")},
        "required": True,
    },
}


@router.post(
    "",
    summary="Begin to reconcile a file of orders",
    response_model=Reconciliation,
    responses=errors(
        (404, "unknown_shop", "the shop does not exist"),
        (409, "too_many_reconciliations", "the shop has as many as it can have"),
    ),
    openapi_extra=audited("reconciliation.begin"),
)
async def post_reconciliation(ctx: IngestCtx, _: Who, act: Acting, wanted: NewReconciliation) -> dict[str, Any]:
    """Then send the file in parts, and compare. The same file with the same options is the reconciliation that there
    is already, with what has come of it: sending goes on behind `last_line`."""
    return _answer(
        await receiving.begin(
            ctx,
            act,
            name=wanted.name,
            fingerprint=wanted.fingerprint,
            options=wanted.options,
            period=(wanted.begin, wanted.end),
        )
    )


@router.post(
    "/{reconciliation_id}/rows",
    summary="Send a part of the file",
    response_model=Received,
    responses=errors(
        _UNKNOWN,
        _AT_WORK,
        (415, "unsupported_media_type", "the Content-Type is neither text/csv nor application/x-ndjson"),
        (422, "unreadable_file", "the encoding or the delimiter is another one, or there are more than 10,000 rows"),
        (422, "missing_column", "no column is the id of the order"),
        (422, "unknown_column", "the mapping names a column that the file does not have"),
        (422, "unknown_target", "the mapping names something that no column can be"),
        (422, "column_twice", "two columns may be the same; the mapping has to say which"),
        (422, "too_many_columns", "the file has more than 500 columns"),
        (422, "too_many_rows", "the file has more lines than are taken"),
    ),
    openapi_extra={**_PART, **audited("reconciliation.rows")},
)
async def post_rows(
    ctx: IngestCtx,
    _: Who,
    act: Acting,
    reconciliation_id: UUID,
    request: Request,
    first_line: Annotated[
        int, Query(ge=1, le=LINE_MAX, description="The line of the file at which the first row of this part stands")
    ] = 2,
) -> dict[str, Any]:
    """Rows are known by their line, so a part that is sent again changes nothing. A line that cannot be read is a
    finding of the kind `invalid` and does not affect others."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    part = Part(await read_request(request, REQUEST_BYTES_MAX), media, first_line)
    reconciliation, stored = await receiving.receive(ctx, act, reconciliation_id, part)
    return {"rows": stored, "last_line": reconciliation["last_line"]}


@router.post(
    "/{reconciliation_id}/compare",
    summary="Compare the file with what was received",
    status_code=202,
    response_model=Reconciliation,
    responses=errors(_UNKNOWN, _AT_WORK, (409, "no_rows", "no part of the file has come")),
    openapi_extra=audited("reconciliation.compare"),
)
async def post_compare(ctx: IngestCtx, _: Who, act: Acting, reconciliation_id: UUID) -> dict[str, Any]:
    """Goes on in the background, and over restarts. Repeat it at any time, for instance after orders were accepted."""
    return _answer(await start_comparing(ctx, act, reconciliation_id))


@router.post(
    "/{reconciliation_id}/accept",
    summary="Accept orders that are missing, in their place",
    status_code=202,
    response_model=Reconciliation,
    responses=errors(
        _UNKNOWN,
        _AT_WORK,
        (409, "not_compared", "the file has not been compared"),
        (409, "needs_confirmation", "`warnings` say what is wrong with the file as a whole"),
        (409, "no_record_of_orders", "no open source is the record of orders"),
        (409, "nothing_missing", "none of the orders is missing"),
    ),
    openapi_extra=audited("reconciliation.accept"),
)
async def post_accept(
    ctx: IngestCtx, _: Who, act: Acting, reconciliation_id: UUID, wanted: Acceptance
) -> dict[str, Any]:
    """Each is accepted as an event of the shop's record of orders, at the file's time and for its customer, and goes
    on in the background. An order that has come since, or comes later, is the same order: nothing counts twice."""
    return _answer(await start_accepting(ctx, act, reconciliation_id, wanted.order_ids, confirm=wanted.confirm))


@router.get("", summary="List reconciliations, newest first", response_model=ReconciliationPage)
async def get_reconciliations(
    ctx: IngestCtx,
    who: Who,
    limit: Annotated[int, Query(ge=1, le=100, description="Reconciliations per page, at most 100")] = 20,
    before: Before = None,
) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop) as connection:
        listed = await list_reconciliations(connection, who.shop, limit=limit, before=read_before(before))
    rows, more = cut(listed, limit)
    last = rows[-1] if more else None
    return {
        "reconciliations": [_answer(row) for row in rows],
        "next_before": write_cursor(last["created_at"], last["id"]) if last else None,
    }


@router.get(
    "/{reconciliation_id}",
    summary="Get a reconciliation, its counts and sums",
    response_model=Reconciliation,
    responses=errors(_UNKNOWN),
)
async def get_one(ctx: IngestCtx, who: Who, reconciliation_id: UUID) -> dict[str, Any]:
    async with as_shop(ctx.web, who.shop) as connection:
        return _answer(await require_reconciliation(connection, who.shop, reconciliation_id))


@router.get(
    "/{reconciliation_id}/findings",
    summary="List the orders that are missing, differ, or are not in the file",
    response_model=FindingPage,
    responses=errors(_UNKNOWN),
)
async def get_findings(
    ctx: IngestCtx,
    who: Who,
    reconciliation_id: UUID,
    kind: Annotated[FindingKind, Query(description="What is listed")],
    cause: Annotated[
        str | None, Query(max_length=100, pattern="^[a-z0-9_]+$", description="Only with this cause")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Findings per page, at most 1000")] = 100,
    after: Annotated[
        str | None,
        Query(
            max_length=300,
            pattern=r"^[^\x00]+$",
            description="Where the page begins: `next_after` of the previous page",
        ),
    ] = None,
) -> dict[str, Any]:
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        await require_reconciliation(connection, who.shop, reconciliation_id)
        return await findings_page(connection, who.shop, reconciliation_id, kind, cause=cause, limit=limit, after=after)


@router.delete(
    "/{reconciliation_id}",
    summary="Delete a reconciliation",
    status_code=204,
    responses=errors(_UNKNOWN),
    openapi_extra=audited("reconciliation.delete"),
)
async def delete_one(ctx: IngestCtx, _: Who, act: Acting, reconciliation_id: UUID) -> Response:
    """What was accepted stays accepted."""
    await drop(ctx, act, reconciliation_id)
    return Response(status_code=204)


def _answer(row: Row) -> dict[str, Any]:
    counts = None if row["counts"] is None else json.loads(row["counts"])
    for cause in () if counts is None else counts["causes"]:
        cause["why"] = why(cause["cause"])
    at_rows = row["phase"] == "rows"
    return {
        **row,
        "reconciliation_id": row["id"],
        "options": options_of(row),
        "begin": row["began"],
        "end": row["ended"],
        "place": whole_of(row["place"] or "0") if at_rows else None,
        "counts": counts,
    }
