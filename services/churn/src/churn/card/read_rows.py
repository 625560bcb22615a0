"""Cards as routes read them: what other services have published of customers, with what they are assessed by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from churn.risk.read_rows import (
    IN_ORDER,
    READING,
    READING_QUERY,
    READING_TABLES,
    Reading,
    read_of_roots,
    reading_of,
    with_what_is_needed,
)
from mandegar.database import Row, ShopRead
from mandegar.service.context import Context


class CardRow(NamedTuple):
    """What other services have published of a customer."""

    points: dict[str, Any] | None
    points_version: int
    points_at: datetime | None
    tier: str | None
    messages: list[dict[str, Any]]
    messages_at: datetime | None


_CARD: Final = {
    "has_card": "boolean",
    "points": "jsonb",
    "points_version": "bigint",
    "points_at": "timestamptz",
    "tier": "text",
    "messages": "jsonb",
    "messages_at": "timestamptz",
}
_CARD_QUERY: Final = "d.shop IS NOT NULL, d.points, d.points_version, d.points_at, d.tier, d.messages, d.messages_at"
_CARD_TABLES: Final = (
    "        LEFT JOIN LATERAL (SELECT * FROM cards WHERE shop = of_shop AND customer_id = w.id LIMIT 1) d ON true\n"
)
READ_CARDS: Final = ShopRead(
    "read_heard_cards",
    {"ids": "text[]"},
    {**READING, **_CARD},
    f"{READING_QUERY}, {_CARD_QUERY}{READING_TABLES}{_CARD_TABLES}{IN_ORDER}",
)


class CardReading(NamedTuple):
    """What a card is made of; ``card`` is None if there is no row."""

    reading: Reading
    card: CardRow | None


async def read_cards(ctx: Context, shop: str, ids: Sequence[str]) -> tuple[list[CardReading], datetime]:
    """Customers and their cards, in the order of ``ids``, and as of when they are current; for an alias its root."""
    rows, as_of = await read_of_roots(ctx, READ_CARDS, shop, ids)
    readings = await with_what_is_needed(ctx, shop, [reading_of(row) for row in rows])
    return [CardReading(reading, _card_of(row)) for reading, row in zip(readings, rows, strict=True)], as_of


def _card_of(row: Row) -> CardRow | None:
    has_card, *columns = row[len(READING) :]
    if not has_card:
        return None
    card = CardRow(*columns)
    for message in card.messages:
        message.pop("event_id", None)  # it orders them, and is of no use to a reader
    return card
