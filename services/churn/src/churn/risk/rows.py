"""Customers of one shop by band."""

from decimal import Decimal
from typing import NamedTuple

from churn.customers.rows import COLUMNS, customer_of
from churn.domain.customer import Customer
from mandegar.database import ReadConnection

_ORDER = "ORDER BY value_at_risk DESC, customer_id DESC LIMIT $3"
_LIST = f"SELECT {COLUMNS} FROM customers WHERE shop = $1 AND band = $2 {_ORDER}"  # noqa: S608
_LIST_AFTER = f"""
    SELECT {COLUMNS} FROM customers
    WHERE shop = $1 AND band = $2 AND (value_at_risk, customer_id) < ($4, $5) {_ORDER}
"""  # noqa: S608


class Position(NamedTuple):
    """The last customer of a page."""

    value_at_risk: Decimal
    customer_id: str


async def list_by_value(
    connection: ReadConnection, shop: str, band: str, after: Position | None, limit: int
) -> list[Customer]:
    """Customers of a band after a position, most value at risk first."""
    statement = _LIST_AFTER if after else _LIST
    rows = await connection.fetch(statement, shop, band, limit, *(after or ()))
    return [customer_of(row) for row in rows]


async def count_bands(connection: ReadConnection, shop: str) -> dict[str, int]:
    """The number of customers in each band, from the index."""
    rows = await connection.fetch(
        "SELECT band, count(*) AS customers FROM customers WHERE shop = $1 AND band IS NOT NULL GROUP BY band", shop
    )
    return {row["band"]: row["customers"] for row in rows}
