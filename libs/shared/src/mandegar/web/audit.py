"""``/v1/audit`` on every service: lists and exports who changed what."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import Query
from starlette.responses import StreamingResponse

from mandegar.database import Connection, as_shop, transaction
from mandegar.database.audit import acts_between, newest_acts
from mandegar.quantities import whole_of
from mandegar.service.context import Context
from mandegar.tokens import Principal
from mandegar.web.access import Router, require
from mandegar.web.dependencies import Ctx
from mandegar.web.paging import Instant, instant, read_cursor, write_cursor

router = Router(prefix="/v1/audit", tags=["operations"])
Auditor = Annotated[Principal, require("audit:read", shops="either")]
EXPORT_PAGE = 1_000
ID_MAX = 2**63 - 1


def _shop(who: Principal) -> str | None:
    """The shop whose lines the token may read; ``None`` for an operator's token, which may read all."""
    return None if who.operator else who.shop


def _reading(ctx: Context, who: Principal) -> AbstractAsyncContextManager[Connection]:
    return transaction(ctx.worker) if who.operator else as_shop(ctx.web, who.shop)


def _id(text: str) -> int:
    number = whole_of(text)
    if not 0 <= number <= ID_MAX:
        raise ValueError(text)
    return number


@router.get("", summary="List what was changed and by whom, newest first")
async def acts(
    ctx: Ctx,
    who: Auditor,
    before: Annotated[str | None, Query(max_length=100, description="next_before of the previous page")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Lines per page, at most 500")] = 50,
    action: Annotated[str | None, Query(max_length=60, description="Only this action, such as key.make")] = None,
) -> dict[str, Any]:
    """One line for each request that changed something, with the key that signed its token, and for requests that
    were refused (`result` is then the code of the answer).

    A shop's token lists the lines of the shop; an operator's token lists all. After 20 refused requests of a shop
    within ten minutes, further ones are counted in one line (`times`). Lines are kept for 400 days.
    """
    cursor = read_cursor(before, instant, _id, parameter="before") if before is not None else None
    async with _reading(ctx, who) as connection:
        rows = await newest_acts(connection, shop=_shop(who), action=action, before=cursor, limit=limit)
    last = rows[-1] if len(rows) == limit else None
    return {
        "audit": [dict(row) for row in rows],
        "next_before": write_cursor(last["at"], str(last["id"])) if last else None,
        "as_of": ctx.clock.now(),
    }


@router.get(
    "/export",
    summary="Export the audit of a period, oldest first",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}}, "description": "One JSON object per line"}},
)
async def export(
    ctx: Ctx,
    who: Auditor,
    begin: Annotated[Instant, Query(alias="from", description="First instant, with a time zone")],
    end: Annotated[Instant, Query(alias="to", description="Instant before which the period ends")],
) -> StreamingResponse:
    """The same lines as the list, as newline-delimited JSON, whatever their number."""
    pages = _pages(ctx, who, begin, end)
    first = await anext(pages, b"")  # before the answer begins, so that a failure has a status

    async def body() -> AsyncIterator[bytes]:
        yield first
        async for page in pages:
            yield page

    return StreamingResponse(body(), media_type="application/x-ndjson")


async def _pages(ctx: Context, who: Principal, begin: datetime, end: datetime) -> AsyncIterator[bytes]:
    """Between two pages no connection is held, so a slow reader takes none from others."""
    after = (begin, -1)
    while True:
        async with _reading(ctx, who) as connection:
            rows = await acts_between(connection, shop=_shop(who), after=after, until=end, limit=EXPORT_PAGE)
        if rows:
            yield msgspec.json.Encoder().encode_lines([dict(row) for row in rows])
        if len(rows) < EXPORT_PAGE:
            return
        after = rows[-1]["at"], rows[-1]["id"]
