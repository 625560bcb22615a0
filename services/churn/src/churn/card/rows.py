"""Rows of cards, locked in key order like customers are."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from churn.card.rules import MessagesPart, PointsPart
from mandegar.database import WorkerConnection, as_json, columns, keys_as_json, record_set
from mandegar.events import CustomerKey

_POINTS_COLUMNS: Final = columns(PointsPart)
_POINTS: Final = record_set(PointsPart)
_MESSAGES: Final = record_set(MessagesPart)


async def merge_points(connection: WorkerConnection, parts: Mapping[CustomerKey, PointsPart]) -> None:
    """Write the balances and tiers whose versions are higher than the cards'.

    Afterwards every customer in ``parts`` has a card, and these cards are locked. The versions are compared here, so
    that a card need not be read: most batches are about points alone.
    """
    await connection.execute(
        f"""
        INSERT INTO cards AS c ({_POINTS_COLUMNS})
        SELECT * FROM {_POINTS}
        ON CONFLICT (shop, customer_id) DO UPDATE SET
            points = CASE WHEN excluded.points_version > c.points_version THEN excluded.points ELSE c.points END,
            points_at =
                CASE WHEN excluded.points_version > c.points_version THEN excluded.points_at ELSE c.points_at END,
            tier = CASE WHEN excluded.tier_version > c.tier_version THEN excluded.tier ELSE c.tier END,
            credit = CASE WHEN excluded.credit_version > c.credit_version THEN excluded.credit ELSE c.credit END,
            credit_at =
                CASE WHEN excluded.credit_version > c.credit_version THEN excluded.credit_at ELSE c.credit_at END,
            points_version = greatest(excluded.points_version, c.points_version),
            tier_version = greatest(excluded.tier_version, c.tier_version),
            credit_version = greatest(excluded.credit_version, c.credit_version)
        WHERE excluded.points_version > c.points_version OR excluded.tier_version > c.tier_version
            OR excluded.credit_version > c.credit_version
        """,  # noqa: S608  names of our own columns
        as_json([parts[key] for key in sorted(parts)]),
    )


async def take_cards(
    connection: WorkerConnection, keys: Collection[CustomerKey]
) -> dict[CustomerKey, tuple[PointsPart, MessagesPart]]:
    """Delete the cards of customers; returns what was on them."""
    rows = await connection.fetch(
        f"""
        DELETE FROM cards WHERE (shop, customer_id) IN (
            SELECT shop, customer_id FROM json_to_recordset($1::json) AS w(shop text, customer_id text))
        RETURNING {_POINTS_COLUMNS}, messages, messages_at
        """,  # noqa: S608  names of our own columns
        keys_as_json(keys),
    )
    cards = {}
    for *of_points, messages, messages_at in rows:
        points = PointsPart(*of_points)
        key = CustomerKey(points.shop, points.customer_id)
        cards[key] = points, MessagesPart(*key, messages, messages_at)
    return cards


async def load_messages(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, MessagesPart]:
    """The messages of cards that are locked."""
    rows = await connection.fetch(
        """
        SELECT shop, customer_id, messages, messages_at
        FROM cards JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
        """,
        keys_as_json(keys),
    )
    return {CustomerKey(row["shop"], row["customer_id"]): MessagesPart(*row) for row in rows}


async def save_messages(connection: WorkerConnection, parts: Sequence[MessagesPart]) -> None:
    """Write the messages of cards that are locked."""
    await connection.execute(
        f"""
        UPDATE cards c SET messages = w.messages, messages_at = w.messages_at
        FROM {_MESSAGES}
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
        """,  # noqa: S608  names of our own columns
        as_json(parts),
    )
