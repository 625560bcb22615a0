"""Rows of the ledger: entries are inserted and read page by page, never changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from mandegar.database import Connection, Row, as_json
from mandegar.events import CustomerKey


class LedgerRow(Struct, frozen=True):
    """One row of ``entries``."""

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


async def insert_entries(connection: Connection, rows: Sequence[LedgerRow]) -> None:
    """Insert entries. A repeated one raises ``IntegrityConstraintViolationError``."""
    if not rows:
        return
    await connection.execute(
        """
        INSERT INTO entries (entry_id, shop, customer_id, version, lot_id, order_id, kind, bucket, points, cause,
                             triggered_by, programme_version, effective_at, posted_at)
        SELECT * FROM json_to_recordset($1::json) AS w(
            entry_id uuid, shop text, customer_id text, version bigint, lot_id uuid, order_id text, kind text,
            bucket text, points bigint, cause uuid, triggered_by uuid, programme_version int,
            effective_at timestamptz, posted_at timestamptz)
        """,
        as_json(rows),
    )


async def entries_page(connection: Connection, customer: CustomerKey, *, before: int | None, limit: int) -> list[Row]:
    """A customer's entries below version ``before``, the newest first."""
    return await connection.fetch(
        """
        SELECT entry_id, version, lot_id, order_id, kind, bucket, points, cause, triggered_by, programme_version,
               effective_at, posted_at
        FROM entries
        WHERE shop = $1 AND customer_id = $2 AND version < coalesce($3, 9223372036854775807)
        ORDER BY version DESC LIMIT $4
        """,
        *customer,
        before,
        limit,
    )


async def customer_row(connection: Connection, customer: CustomerKey) -> Row | None:
    """The stored balance of a customer, and when it changes next."""
    return await connection.fetchrow(
        """
        SELECT available, pending, held, debt, lifetime, tier, tier_until, next_expiry_points, next_expiry_at,
               version, settled_at, due_at
        FROM customers WHERE shop = $1 AND customer_id = $2
        """,
        *customer,
    )
