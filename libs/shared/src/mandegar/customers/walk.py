"""Reads all customers of a shop page by page, in the order of the primary key."""

from typing import NamedTuple

from mandegar.database import Connection


class Page(NamedTuple):
    """Customer ids of a shop. ``last`` is the cursor for the next page; ``None`` after the last customer."""

    customer_ids: list[str]
    last: str | None


async def next_page(connection: Connection, shop: str, after: str, limit: int) -> Page:
    """The next ``limit`` customers of ``shop`` after the id ``after`` (empty: the first ones), without locks.

    Aliases and erased customers are left out. The order is the database's collation, so the index is read and nothing
    is sorted. Callers that change rows must lock them with ``lock_customers``, whose order may differ, and which tells
    who has become an alias or was erased.
    """
    rows = await connection.fetch(
        """
        SELECT customer_id FROM customers
        WHERE shop = $1 AND customer_id > $2 AND merged_into IS NULL AND erased_at IS NULL
        ORDER BY shop, customer_id LIMIT $3
        """,
        shop,
        after,
        limit,
    )
    ids = [row["customer_id"] for row in rows]
    return Page(ids, ids[-1] if len(ids) == limit else None)
