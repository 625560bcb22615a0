"""Reads the acts of a remembered account page by page."""

from uuid import UUID

from loyalty.account.rows import MARK, ORDER, unpack_marked
from loyalty.domain.account import Order
from mandegar.database import ReadConnection
from mandegar.events import CustomerKey

_PAGE = rf"""
    SELECT {ORDER}, {MARK} FROM orders o
    WHERE o.shop = $1 AND o.customer_id = $2 AND o.earned_at <= $3 AND (o.earned_at, o.lot_id) < ($3, $4)
        AND o.order_id LIKE E'act\x1f%'
    ORDER BY o.earned_at DESC, o.lot_id DESC LIMIT $5
"""  # noqa: S608
_BEHIND_ALL = 2**63 - 1


async def acts_page(
    connection: ReadConnection, key: CustomerKey, *, behind: tuple[int, UUID] | None, limit: int
) -> list[Order]:
    """The acts of a remembered account before an instant and a lot, the newest first."""
    earned_at, lot_id = behind or (_BEHIND_ALL, UUID(int=0))
    return [unpack_marked(row, 0) for row in await connection.fetch(_PAGE, *key, earned_at, lot_id, limit)]
