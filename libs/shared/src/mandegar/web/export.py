"""``/v1/customers/{customer_id}/export`` on every service: everything that it holds of a person, as JSON."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Request
from starlette.responses import StreamingResponse

from mandegar.database import Row, transaction
from mandegar.database.customer_data import CustomerTable
from mandegar.events import CustomerKey
from mandegar.service.context import Context
from mandegar.service.parts import ExportMore, ExportRow
from mandegar.web.access import Router, TokenAccess
from mandegar.web.customers import customer_after, unknown_customer
from mandegar.web.dependencies import Ctx
from mandegar.web.problems import errors

router = Router(prefix="/v1/customers", tags=["customers"])
EXPORT = TokenAccess(("customers:export",))
PAGE = 500
_ENCODER = msgspec.json.Encoder(decimal_format="string")

_PERSON = """
    WITH given AS (
        SELECT coalesce((SELECT merged_into FROM customers WHERE shop = $1 AND customer_id = $2), $2) AS root)
    SELECT coalesce(c.customer_id, given.root) AS customer_id, c.customer_id IS NOT NULL AS is_stored, c.erased_at,
        (SELECT currency FROM shops WHERE shop = $1) AS currency
    FROM given
    LEFT JOIN customers c ON c.shop = $1 AND (c.customer_id = given.root OR c.merged_into = given.root)
    ORDER BY c.customer_id <> given.root, c.customer_id
"""


class Exports:
    """What a service exports: the rows of its tables, made readable by its parts, and what these add."""

    def __init__(
        self, tables: Sequence[CustomerTable], rows: Mapping[str, ExportRow], more: Mapping[str, ExportMore]
    ) -> None:
        self.tables = [table for table in tables if table.export is not None]
        self._rows, self._more = rows, more

    async def write(self, ctx: Context, ids: Sequence[CustomerKey]) -> AsyncIterator[bytes]:
        """The members of the object ``rows``. Between two pages no connection is held, and no more is in memory."""
        separator = b""
        for table in self.tables:
            yield separator + _ENCODER.encode(table.export) + b":["
            async for page in _joined(self._pages(ctx, table, ids)):
                yield page
            yield b"]"
            separator = b","
        for name, more in self._more.items():
            yield separator + _ENCODER.encode(name) + b":["
            async for page in _joined(_more_pages(ctx, more, ids)):
                yield page
            yield b"]"
            separator = b","

    async def holds(self, ctx: Context, customer: CustomerKey) -> bool:
        """Whether there are rows of a customer who has none in ``customers``, such as a browser that only visited."""
        async for part in self.write(ctx, [customer]):
            if b"{" in part:
                return True
        return False

    async def _pages(
        self, ctx: Context, table: CustomerTable, ids: Sequence[CustomerKey]
    ) -> AsyncIterator[list[Mapping[str, Any]]]:
        readable = self._rows.get(str(table.export), dict)
        for id_ in ids:
            after: Row | None = None
            while True:
                statement = table.first_page if after is None else table.next_page
                place = () if after is None else [after[name] for name in table.key]
                async with transaction(ctx.worker) as connection:
                    rows = await connection.fetch(statement, *id_, PAGE, *place)
                yield [readable(dict(row)) for row in rows]
                if len(rows) < PAGE or not table.key:
                    break
                after = rows[-1]


async def _more_pages(
    ctx: Context, more: ExportMore, ids: Sequence[CustomerKey]
) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
    for id_ in ids:
        after: Any = None
        while True:
            async with transaction(ctx.worker) as connection:
                page, after = await more(id_, connection, after)
            yield page
            if after is None:
                break


async def _joined(pages: AsyncIterator[Iterable[Mapping[str, Any]]]) -> AsyncIterator[bytes]:
    """The objects of all pages as JSON, with commas between them."""
    separator = b""
    async for page in pages:
        if encoded := b",".join(map(_ENCODER.encode, page)):
            yield separator + encoded
            separator = b","


async def exports(request: Request) -> Exports:
    """What the service exports."""
    found: Exports = request.app.state.exports
    return found


@router.get(
    "/{customer_id}/export",
    summary="Export everything that this service holds of a customer",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/json": {}}, "description": "One JSON object, written while it is read"},
        **errors((404, "unknown_customer", "the service holds nothing of this customer")),
    },
)
async def export(
    ctx: Ctx,
    person: Annotated[CustomerKey, customer_after(EXPORT)],
    exported: Annotated[Exports, Depends(exports)],
) -> StreamingResponse:
    """All rows of the person, of every id of theirs (`ids`), by table (`rows`), whatever their number.

    Amounts without a currency of their own are in that of the shop (`currency`). Of an erased person, `erased_at` says
    since when, and `rows` shows what stays. An answer that ends before its last bracket was interrupted: ask again.
    """
    async with transaction(ctx.worker) as connection:
        found = await connection.fetch(_PERSON, *person)
    if not found[0]["is_stored"] and not await exported.holds(ctx, person):
        raise unknown_customer()
    ids = [CustomerKey(person.shop, row["customer_id"]) for row in found]
    head = {
        "service": ctx.name,
        "shop": person.shop,
        "customer_id": ids[0].customer_id,
        "ids": [id_.customer_id for id_ in ids],
        "erased_at": found[0]["erased_at"],
        "currency": found[0]["currency"],
        "as_of": ctx.clock.now(),
    }

    async def body() -> AsyncIterator[bytes]:
        yield _ENCODER.encode(head)[:-1] + b',"rows":{'
        async for part in exported.write(ctx, ids):
            yield part
        yield b"}}"

    return StreamingResponse(body(), media_type="application/json")
