"""Rows of adjustments."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from mandegar.database import (
    KEYS,
    Connection,
    ReadConnection,
    Row,
    WorkerConnection,
    as_json,
    columns,
    keys_as_json,
    record_set,
)
from mandegar.events import CustomerKey


class AdjustmentRow(Struct):
    """One row of ``adjustments``: of ``points``, or of ``credit`` in thousandths, where points are 0."""

    shop: str
    adjustment_id: UUID
    customer_id: str
    state: str
    points: int
    reason: str
    note: str
    last_day: date | None
    allow_debt: bool
    author_key: str
    author: str | None
    asked_at: datetime
    decided_key: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    credit: int | None = None

    @property
    def amount(self) -> int:
        """What is given, or taken if it is below 0, in its unit."""
        return self.points if self.credit is None else self.credit


class _Wanted(Struct, frozen=True):
    shop: str
    adjustment_id: UUID


class Page(NamedTuple):
    """Which page of a shop's adjustments: those in ``state``, behind ``before`` in order of time."""

    state: str | None
    before: tuple[datetime, UUID] | None
    limit: int


COLUMNS = columns(AdjustmentRow)
_LOAD = f"SELECT {COLUMNS} FROM adjustments JOIN {record_set(_Wanted)} USING (shop, adjustment_id)"  # noqa: S608
_SAVE = f"""
    INSERT INTO adjustments ({COLUMNS}) SELECT {COLUMNS} FROM {record_set(AdjustmentRow)}
    ON CONFLICT (shop, adjustment_id) DO UPDATE SET
        (customer_id, state, author_key, author, decided_key, decided_by, decided_at) = (
            excluded.customer_id, excluded.state, excluded.author_key, excluded.author,
            excluded.decided_key, excluded.decided_by, excluded.decided_at
        )
"""  # noqa: S608
# Those that wait, and those that were applied without a second person.
_UNDECIDED = f"""
    SELECT {COLUMNS} FROM adjustments JOIN {KEYS} USING (shop, customer_id)
    WHERE asked_at > $2 AND decided_at IS NULL
"""  # noqa: S608
_PAGE = f"""
    SELECT {COLUMNS} FROM adjustments
    WHERE shop = $1 AND ($2::text IS NULL OR state = $2)
        AND ($3::timestamptz IS NULL OR (asked_at, adjustment_id) < ($3, $4::uuid))
    ORDER BY asked_at DESC, adjustment_id DESC LIMIT $5
"""  # noqa: S608


async def load_adjustments(
    connection: Connection, ids: Collection[tuple[str, UUID]]
) -> dict[tuple[str, UUID], AdjustmentRow]:
    """The stored adjustments among ``ids``, which are given with their shops."""
    rows = await connection.fetch(_LOAD, as_json([_Wanted(*each) for each in ids]))
    return {(row["shop"], row["adjustment_id"]): AdjustmentRow(*row) for row in rows}


async def undecided_since(
    connection: Connection, customers: Collection[CustomerKey], since: datetime
) -> dict[CustomerKey, list[AdjustmentRow]]:
    """What was asked for since an instant and decided about by nobody, of each of the customers."""
    found: dict[CustomerKey, list[AdjustmentRow]] = {customer: [] for customer in customers}
    for row in await connection.fetch(_UNDECIDED, keys_as_json(customers), since):
        found[CustomerKey(row["shop"], row["customer_id"])].append(AdjustmentRow(*row))
    return found


async def save_adjustments(connection: WorkerConnection, rows: Sequence[AdjustmentRow]) -> None:
    """Insert adjustments, or write what was decided about them, and, where a rebuild reads it later, who asked."""
    if rows:
        await connection.execute(_SAVE, as_json(rows))


async def page_of_shop(connection: ReadConnection, shop: str, page: Page) -> list[Row]:
    """A page of a shop's adjustments, the newest first."""
    return await connection.fetch(_PAGE, shop, page.state, *(page.before or (None, None)), page.limit)
