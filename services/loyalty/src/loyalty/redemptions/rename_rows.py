"""Rows of redemptions that name an order as the shop wrote it."""

from loyalty.redemptions.rows import COLUMNS, RedemptionRow
from mandegar.database import WorkerConnection

# Orders that are stored as the shop wrote them, by an earlier release or after a rebuild of what it had told: ids that
# do not look like one, and no hashes. ``rename.py`` finds them.
UNNAMED = (
    "order_written IS NULL AND (order_id !~ '^[A-Za-z0-9_-]{1,64}$' OR order_id ~ '[0-9]([_-]*[0-9]){8}')"
    " AND order_id !~ '^[gh]_[0-9a-f]{32}$'"
)
_NEXT = f"SELECT {COLUMNS} FROM redemptions WHERE {UNNAMED} ORDER BY shop, redemption_id LIMIT 1"  # noqa: S608


async def next_unnamed(connection: WorkerConnection) -> RedemptionRow | None:
    """The next redemption whose order is not named as it is published."""
    row = await connection.fetchrow(_NEXT)
    return None if row is None else RedemptionRow(*row)


async def save_name(connection: WorkerConnection, row: RedemptionRow, order_id: str) -> None:
    """Name the order as it is published, and keep what stood there beside it."""
    await connection.execute(
        """
        UPDATE redemptions SET (order_id, order_written) = ($3, order_id)
        WHERE shop = $1 AND redemption_id = $2 AND order_id = $4 AND order_written IS NULL
        """,
        row.shop,
        row.redemption_id,
        order_id,
        row.order_id,
    )
