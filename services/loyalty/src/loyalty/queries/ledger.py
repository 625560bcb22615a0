"""The ledger: entries are added, and read back page by page. Nothing here changes one."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.database import Connection, Row
from shared.events import CustomerKey


class LedgerRow(NamedTuple):
    """One row of ``entries``, in the order of its columns."""

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
    """Add rows to the ledger. An entry that is there already is an ``IntegrityConstraintViolationError``."""
    if not rows:
        return
    await connection.execute(
        """
        INSERT INTO entries (entry_id, shop, customer_id, version, lot_id, order_id, kind, bucket, points, cause,
                             triggered_by, programme_version, effective_at, posted_at)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::text[],
                             $8::text[], $9::bigint[], $10::uuid[], $11::uuid[], $12::int[],
                             $13::timestamptz[], $14::timestamptz[])
        """,
        *zip(*rows, strict=True),
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
    """What is written of a customer's balance, and when it changes next."""
    return await connection.fetchrow(
        """
        SELECT available, pending, held, debt, lifetime, tier, tier_until, next_expiry_points, next_expiry_at,
               version, settled_at, due_at
        FROM customers WHERE shop = $1 AND customer_id = $2
        """,
        *customer,
    )
