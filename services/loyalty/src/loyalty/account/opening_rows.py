"""What the customers of a shop have brought along, from the ledger and from the facts."""

from typing import NamedTuple

from mandegar.database import ReadConnection
from mandegar.quantities import whole_of


class Brought(NamedTuple):
    """How many customers have brought how many lots along, with how many points in total."""

    customers: int
    lots: int
    points: int


# What was opened, and what corrections took back. A partial index has the condition on the id.
_BROUGHT = r"""
    SELECT count(DISTINCT customer_id), count(*), coalesce(sum(points), 0)::text FROM (
        SELECT customer_id, sum(points) AS points FROM entries
        WHERE shop = $1 AND order_id LIKE E'lot\x1f%' AND kind IN ('open', 'reverse')
        GROUP BY customer_id, order_id HAVING sum(points) > 0
    ) AS lots
"""
_GRANTED = r"""
    SELECT substr(order_id, 6), count(*) FROM orders
    WHERE shop = $1 AND order_id LIKE E'tier\x1f%' AND facts <> '[]' GROUP BY order_id ORDER BY count(*) DESC, order_id
"""


async def brought_along(connection: ReadConnection, shop: str) -> Brought:
    """The lots that customers of a shop have brought along, as they are stated now."""
    row = await connection.fetchrow(_BROUGHT, shop)
    return Brought(0, 0, 0) if row is None else Brought(row[0], row[1], whole_of(row[2]))


async def tiers_granted(connection: ReadConnection, shop: str) -> dict[str, int]:
    """The tiers that were ever granted in a shop, as ``tier.granted`` has them, each with its customers."""
    return {row[0]: row[1] for row in await connection.fetch(_GRANTED, shop)}
