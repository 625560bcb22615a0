"""Rows of the ledger: entries are inserted and read page by page, never changed."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from loyalty.account.rows import ROWS_AT_ONCE
from mandegar.database import ReadConnection, Row, WorkerConnection, as_json, columns, record_set
from mandegar.events import CustomerKey


class LedgerRow(Struct, frozen=True):
    """One row of ``entries``. ``cause`` is the text of an event's id, as facts keep it. ``last_day`` is the one on
    which the points of the lot can be used (``date.max``: they do not expire; None: not known yet).
    """

    entry_id: UUID
    shop: str
    customer_id: str
    version: int
    lot_id: UUID
    order_id: str
    kind: str
    bucket: str
    points: int
    cause: str | None
    triggered_by: UUID | None
    programme_version: int | None
    effective_at: datetime
    posted_at: datetime
    rules: Sequence[str] | None
    last_day: date | None


class TakenRow(LedgerRow, frozen=True):
    """One row of ``entries`` for an order of the alias ``earned_as`` for which nothing was posted yet."""

    earned_as: str


_INSERT = {
    row: f"INSERT INTO entries ({columns(row)}) SELECT * FROM {record_set(row, cause='uuid')}"  # noqa: S608
    for row in (LedgerRow, TakenRow)
}
_PAGE = f"""
    SELECT {columns(TakenRow, leaving_out=("shop", "customer_id", "last_day"))} FROM entries
    WHERE shop = $1 AND customer_id = $2 AND version < coalesce($3, 9223372036854775807)
    ORDER BY version DESC LIMIT $4
"""  # noqa: S608


async def insert_entries(connection: WorkerConnection, rows: Sequence[LedgerRow]) -> None:
    """Insert entries. A repeated one raises ``IntegrityConstraintViolationError``."""
    for kind, statement in _INSERT.items():
        some = [row for row in rows if type(row) is kind]
        for place in range(0, len(some), ROWS_AT_ONCE):
            await connection.execute(statement, as_json(some[place : place + ROWS_AT_ONCE]))


async def entries_page(
    connection: ReadConnection, customer: CustomerKey, *, before: int | None, limit: int
) -> list[Row]:
    """A customer's entries below version ``before``, the newest first."""
    return await connection.fetch(_PAGE, *customer, before, limit)
