"""What a command needs of an account with many orders: its lots with usable points, in spending order, and the rest."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.account.rows import MARK, ORDER, unpack_marked
from loyalty.domain.account import Order
from loyalty.domain.purse import Part
from mandegar.database import Connection
from mandegar.events import CustomerKey

PAGE = 500
# Lots with points on hold that are looked at to say from when on there will be enough.
PENDING_MAX = 200


class Standing(Struct, frozen=True):
    """The stored state of a settled customer, and whether the marks of the orders say what is left of each."""

    available: int
    held: int
    debt: int
    version: int
    settled_at: datetime | None
    is_remembered: bool
    tier: str | None
    readmission: int | None


_PARTS = """
    SELECT order_id, lot_id, available, earned_at, expires_at FROM orders
    WHERE shop = $1 AND customer_id = $2 AND expires_at IS NOT NULL AND (expires_at, earned_at, lot_id) > ($3, $4, $5)
        AND expires_at >= $3
    ORDER BY expires_at, earned_at, lot_id LIMIT $6
"""
_PARTS_WITHOUT_END = """
    SELECT order_id, lot_id, available, earned_at, expires_at FROM orders
    WHERE shop = $1 AND customer_id = $2 AND available > 0 AND expires_at IS NULL AND (earned_at, lot_id) > ($3, $4)
        AND earned_at >= $3
    ORDER BY earned_at, lot_id LIMIT $5
"""
_PENDING = f"""
    SELECT {ORDER}, {MARK} FROM orders o
    WHERE o.shop = $1 AND o.customer_id = $2 AND o.next_at IS NOT NULL AND o.pending > 0
    ORDER BY o.next_at LIMIT $3
"""  # noqa: S608
_BEGINNING = (-(2**63), UUID(int=0))


async def standing_of(connection: Connection, customer: CustomerKey) -> Standing:
    """The stored state of a settled customer."""
    row = await connection.fetchrow(
        """
        SELECT available, held, debt, version, settled_at, remembered IS NOT NULL, tier, erasure_version
        FROM customers
        WHERE shop = $1 AND customer_id = $2
        """,
        *customer,
    )
    if row is None:
        raise LookupError(customer)
    return Standing(*row)


async def load_parts(connection: Connection, customer: CustomerKey, points: int, lots_max: int) -> list[Part]:
    """The lots of a remembered account that hold its first ``points`` usable points; at most about ``lots_max``."""
    parts: list[Part] = []
    behind = (_BEGINNING[0], *_BEGINNING)
    while points > 0 and len(parts) < lots_max:
        rows = await connection.fetch(_PARTS, *customer, *behind, PAGE)
        parts += [Part(*row) for row in rows]
        points -= sum(row["available"] for row in rows)
        if len(rows) < PAGE:
            break
        behind = rows[-1]["expires_at"], rows[-1]["earned_at"], rows[-1]["lot_id"]
    last = _BEGINNING
    while points > 0 and len(parts) < lots_max:
        rows = await connection.fetch(_PARTS_WITHOUT_END, *customer, *last, PAGE)
        parts += [Part(*row) for row in rows]
        points -= sum(row["available"] for row in rows)
        if len(rows) < PAGE:
            break
        last = rows[-1]["earned_at"], rows[-1]["lot_id"]
    return parts


async def load_pending(connection: Connection, customer: CustomerKey) -> Sequence[Order]:
    """The orders of a remembered account whose points are on hold, the first to be usable first."""
    return [unpack_marked(row, 0) for row in await connection.fetch(_PENDING, *customer, PENDING_MAX)]
