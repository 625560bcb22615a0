"""Cards in and out of their table; locked in key order like customers are."""

from collections.abc import Collection, Sequence
from typing import Any

import orjson

from churn.card.parts import CardState
from shared.database import Connection
from shared.events import CustomerKey

_COLUMNS = "shop, customer_id, points, points_version, points_at, tier, tier_version, messages, messages_at"


async def lock_cards(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, CardState]:
    """Make sure that each customer has a card, and lock them all in key order."""
    ordered = sorted(keys)
    shops, ids = [key.shop for key in ordered], [key.customer_id for key in ordered]
    await connection.execute(
        "INSERT INTO cards (shop, customer_id) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING",
        shops,
        ids,
    )
    rows = await connection.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM cards c JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
        ORDER BY c.shop COLLATE "C", c.customer_id COLLATE "C"
        FOR UPDATE OF c
        """,  # noqa: S608
        shops,
        ids,
    )
    return {CustomerKey(row["shop"], row["customer_id"]): CardState(*row) for row in rows}


async def write_cards(connection: Connection, cards: Sequence[CardState]) -> None:
    """Write cards back to their rows."""
    await connection.execute(
        """
        UPDATE cards c SET points = w.points::jsonb, points_version = w.points_version, points_at = w.points_at,
               tier = w.tier, tier_version = w.tier_version, messages = w.messages::jsonb, messages_at = w.messages_at
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::text[], $7::bigint[],
                    $8::text[], $9::timestamptz[])
             AS w(shop, customer_id, points, points_version, points_at, tier, tier_version, messages, messages_at)
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
        """,
        [card.shop for card in cards],
        [card.customer_id for card in cards],
        [_json(card.points) for card in cards],
        [card.points_version for card in cards],
        [card.points_at for card in cards],
        [card.tier for card in cards],
        [card.tier_version for card in cards],
        [_json(card.messages) for card in cards],
        [card.messages_at for card in cards],
    )


def _json(value: Any) -> str | None:
    """As text, because a list inside an array parameter would be taken for one more dimension of the array."""
    return None if value is None else orjson.dumps(value).decode()
