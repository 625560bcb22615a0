"""Cards in and out of their table; locked in key order like customers are."""

from collections.abc import Collection, Sequence

from churn.card.parts import CardState
from shared.database import Connection, as_json, keys_as_json
from shared.events import CustomerKey

_COLUMNS = "shop, customer_id, points, points_version, points_at, tier, tier_version, messages, messages_at"


async def lock_cards(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, CardState]:
    """Make sure that each customer has a card, and lock them all in key order."""
    ordered = keys_as_json(sorted(keys))
    # An update that changes no row still locks the row that it did not change.
    await connection.execute(
        """
        INSERT INTO cards AS c (shop, customer_id)
        SELECT * FROM json_to_recordset($1::json) AS w(shop text, customer_id text)
        ON CONFLICT (shop, customer_id) DO UPDATE SET tier = c.tier WHERE false
        """,
        ordered,
    )
    rows = await connection.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM cards JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
        """,  # noqa: S608
        ordered,
    )
    return {CustomerKey(row["shop"], row["customer_id"]): CardState(*row) for row in rows}


async def write_cards(connection: Connection, cards: Sequence[CardState]) -> None:
    """Write cards back to their rows."""
    await connection.execute(
        """
        UPDATE cards c SET points = w.points, points_version = w.points_version, points_at = w.points_at,
               tier = w.tier, tier_version = w.tier_version, messages = w.messages, messages_at = w.messages_at
        FROM json_to_recordset($1::json) AS w(
            shop text, customer_id text, points jsonb, points_version bigint, points_at timestamptz, tier text,
            tier_version bigint, messages jsonb, messages_at timestamptz)
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
        """,
        as_json(cards),
    )
