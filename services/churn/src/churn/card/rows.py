"""Rows of cards, locked in key order like customers are."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from churn.card.rules import MessagesPart, PointsPart
from mandegar.database import Connection, as_json, keys_as_json
from mandegar.events import CustomerKey


class CardRow(NamedTuple):
    """What other services have published of a customer."""

    points: dict[str, Any] | None
    points_version: int
    points_at: datetime | None
    tier: str | None
    messages: list[dict[str, Any]]
    messages_at: datetime | None


async def find_card(connection: Connection, shop: str, customer_id: str) -> CardRow | None:
    """The card of one customer, None if there is no row."""
    row = await connection.fetchrow(
        """
        SELECT points, points_version, points_at, tier, messages, messages_at
        FROM cards WHERE shop = $1 AND customer_id = $2
        """,
        shop,
        customer_id,
    )
    return None if row is None else CardRow(*row)


async def merge_points(connection: Connection, parts: Mapping[CustomerKey, PointsPart]) -> None:
    """Write the balances and tiers whose versions are higher than the cards'.

    Afterwards every customer in ``parts`` has a card, and these cards are locked. The versions are compared here, so
    that a card need not be read: most batches are about points alone.
    """
    await connection.execute(
        """
        INSERT INTO cards AS c (shop, customer_id, points, points_version, points_at, tier, tier_version)
        SELECT * FROM json_to_recordset($1::json) AS w(
            shop text, customer_id text, points jsonb, points_version bigint, points_at timestamptz, tier text,
            tier_version bigint)
        ON CONFLICT (shop, customer_id) DO UPDATE SET
            points = CASE WHEN excluded.points_version > c.points_version THEN excluded.points ELSE c.points END,
            points_at =
                CASE WHEN excluded.points_version > c.points_version THEN excluded.points_at ELSE c.points_at END,
            tier = CASE WHEN excluded.tier_version > c.tier_version THEN excluded.tier ELSE c.tier END,
            points_version = greatest(excluded.points_version, c.points_version),
            tier_version = greatest(excluded.tier_version, c.tier_version)
        WHERE excluded.points_version > c.points_version OR excluded.tier_version > c.tier_version
        """,
        as_json([parts[key] for key in sorted(parts)]),
    )


async def load_messages(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, MessagesPart]:
    """The messages of cards that are locked."""
    rows = await connection.fetch(
        """
        SELECT shop, customer_id, messages, messages_at
        FROM cards JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
        """,
        keys_as_json(keys),
    )
    return {CustomerKey(row["shop"], row["customer_id"]): MessagesPart(*row) for row in rows}


async def save_messages(connection: Connection, parts: Sequence[MessagesPart]) -> None:
    """Write the messages of cards that are locked."""
    await connection.execute(
        """
        UPDATE cards c SET messages = w.messages, messages_at = w.messages_at
        FROM json_to_recordset($1::json)
             AS w(shop text, customer_id text, messages jsonb, messages_at timestamptz)
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
        """,
        as_json(parts),
    )
