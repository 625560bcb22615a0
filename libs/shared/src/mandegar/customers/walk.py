"""A walk over all customers of one shop, page by page, in the order of the primary key."""

from typing import NamedTuple

from mandegar.database import Connection


class Page(NamedTuple):
    """Some customers of a shop; ``last`` is where the next page begins, ``None`` behind the last customer."""

    customer_ids: list[str]
    last: str | None


async def next_page(connection: Connection, shop: str, after: str, limit: int) -> Page:
    """The next ``limit`` customers of ``shop`` behind ``after`` (empty: from the beginning), unlocked.

    The order is that of the database's collation, so the primary key is read and nothing is sorted. Callers that
    change rows lock them with ``lock_customers``, whose order differs.
    """
    rows = await connection.fetch(
        """
        SELECT customer_id FROM customers WHERE shop = $1 AND customer_id > $2
        ORDER BY shop, customer_id LIMIT $3
        """,
        shop,
        after,
        limit,
    )
    ids = [row["customer_id"] for row in rows]
    return Page(ids, ids[-1] if len(ids) == limit else None)
