"""What the routes read, as the web role of one shop."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from churn.customers.rows import COLUMNS, customer_of
from churn.domain.customer import Customer
from churn.domain.model import Model
from churn.domain.priors import prior_model
from churn.models.rows import model_of
from mandegar.database import Connection

_ORDER = "ORDER BY value_at_risk DESC, customer_id DESC LIMIT $3"
_LIST = f"SELECT {COLUMNS} FROM customers WHERE shop = $1 AND band = $2 {_ORDER}"  # noqa: S608
_LIST_BEHIND = f"""
    SELECT {COLUMNS} FROM customers
    WHERE shop = $1 AND band = $2 AND (value_at_risk, customer_id) < ($4, $5) {_ORDER}
"""  # noqa: S608


class Position(NamedTuple):
    """Where a page of a list ended."""

    value_at_risk: Decimal
    customer_id: str


class CardParts(NamedTuple):
    """What other services said of a customer."""

    points: dict[str, Any] | None
    points_version: int
    points_at: datetime | None
    tier: str | None
    messages: list[dict[str, Any]]
    messages_at: datetime | None


async def find_customer(connection: Connection, shop: str, customer_id: str) -> Customer | None:
    """One customer, or none whom churn has never heard of."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM customers WHERE shop = $1 AND customer_id = $2",  # noqa: S608
        shop,
        customer_id,
    )
    return None if row is None else customer_of(row)


async def models_of(connection: Connection, shop: str, versions: Collection[int | None]) -> dict[int | None, Model]:
    """The models under which customers were computed last; the priors for version 0 and for nobody computed yet."""
    rows = await connection.fetch(
        """
        SELECT version, horizon_days, drops, parameters FROM models WHERE shop = $1 AND version = ANY($2::bigint[])
        """,
        shop,
        [version for version in versions if version],
    )
    found: dict[int | None, Model] = {row["version"]: model_of(row) for row in rows}
    return {version: found.get(version) or prior_model() for version in versions}


async def list_by_value(
    connection: Connection, shop: str, band: str, behind: Position | None, limit: int
) -> list[Customer]:
    """Customers of a band, most value at risk first, behind a position."""
    statement = _LIST_BEHIND if behind else _LIST
    rows = await connection.fetch(statement, shop, band, limit, *(behind or ()))
    return [customer_of(row) for row in rows]


async def count_bands(connection: Connection, shop: str) -> dict[str, int]:
    """Customers per band, from the index."""
    rows = await connection.fetch(
        "SELECT band, count(*) AS customers FROM customers WHERE shop = $1 AND band IS NOT NULL GROUP BY band", shop
    )
    return {row["band"]: row["customers"] for row in rows}


async def find_card(connection: Connection, shop: str, customer_id: str) -> CardParts | None:
    """The parts of a card that come from other services."""
    row = await connection.fetchrow(
        """
        SELECT points, points_version, points_at, tier, messages, messages_at
        FROM cards WHERE shop = $1 AND customer_id = $2
        """,
        shop,
        customer_id,
    )
    return None if row is None else CardParts(*row)
