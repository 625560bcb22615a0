"""Cards as routes read them: what other services have published of customers, with what they are assessed by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from churn.domain.timeline.entry import CONSENTS, ORDER, ORDERS, TICKETS
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
    credit: dict[str, str] | None = None
    credit_version: int = 0
    credit_at: datetime | None = None


_CARD: Final = {
    "has_card": "boolean",
    "points": "jsonb",
    "points_version": "bigint",
    "points_at": "timestamptz",
    "tier": "text",
    "messages": "jsonb",
    "messages_at": "timestamptz",
    "credit": "jsonb",
    "credit_version": "bigint",
    "credit_at": "timestamptz",
}
_CARD_QUERY: Final = (
    "d.shop IS NOT NULL, d.points, d.points_version, d.points_at, d.tier, d.messages, d.messages_at, "
    "d.credit, d.credit_version, d.credit_at"
)
_CARD_TABLES: Final = (
    "        LEFT JOIN LATERAL (SELECT * FROM cards WHERE shop = of_shop AND customer_id = w.id LIMIT 1) d ON true\n"
)


class GlanceRow(NamedTuple):
    """What churn knows of a customer beside the score. None: nothing.

    ``members`` are segments, each with the microsecond since when. The data of the newest entries about orders and
    tickets are newest first, the newest order is of ``ordered_at``; ``consents`` are the last of each channel.
    ``answers`` are the last of each kind of survey. ``aliases`` are ids that turned out to be the customer's.
    """

    members: dict[str, int] | None = None
    ordered_at: datetime | None = None
    orders: list[dict[str, Any]] | None = None
    tickets: list[dict[str, Any]] | None = None
    consents: dict[str, dict[str, Any]] | None = None
    answers: dict[str, list[Any]] | None = None
    aliases: list[str] | None = None


# Of how many of the newest a card tells.
ORDERS_MAX: Final = 5
TICKETS_MAX: Final = 20
CONSENTS_MAX: Final = 50
ALIASES_MAX: Final = 20
_GLANCE: Final = {
    "members": "jsonb",
    "ordered_at": "timestamptz",
    "last_orders": "jsonb",
    "last_tickets": "jsonb",
    "last_consents": "jsonb",
    "last_answers": "jsonb",
    "aliases": "text[]",
}
_GLANCE_QUERY: Final = "g.members, n.at, n.orders, t.tickets, p.consents, v.answers, i.aliases"
# Each kind of entries from its newest on, so that a card costs as much whatever else the customer has done. Of equal
# keys an object of jsonb keeps the value that comes last.
_GLANCE_TABLES: Final = f"""
        LEFT JOIN LATERAL (SELECT members FROM segment_states
            WHERE shop = of_shop AND customer_id = w.id LIMIT 1) g ON true
        LEFT JOIN LATERAL (
            SELECT max(e.at) AS at, jsonb_agg(e.data ORDER BY e.at DESC, e.entry_id DESC) AS orders FROM (
                SELECT at, entry_id, data FROM timeline_entries
                WHERE shop = of_shop AND customer_id = w.id AND kind = {ORDERS} AND type = '{ORDER}'
                ORDER BY at DESC, entry_id DESC LIMIT {ORDERS_MAX}) e) n ON true
        LEFT JOIN LATERAL (
            SELECT jsonb_agg(e.data ORDER BY e.at DESC, e.entry_id DESC) AS tickets FROM (
                SELECT at, entry_id, data FROM timeline_entries
                WHERE shop = of_shop AND customer_id = w.id AND kind = {TICKETS} AND type = 'ticket'
                ORDER BY at DESC, entry_id DESC LIMIT {TICKETS_MAX}) e) t ON true
        LEFT JOIN LATERAL (
            SELECT jsonb_object_agg(e.data -> 'consent' ->> 'channel', e.data -> 'consent' ORDER BY e.at, e.entry_id)
                AS consents FROM (
                SELECT at, entry_id, data FROM timeline_entries
                WHERE shop = of_shop AND customer_id = w.id AND kind = {CONSENTS}
                ORDER BY at DESC, entry_id DESC LIMIT {CONSENTS_MAX}) e) p ON true
        LEFT JOIN LATERAL (
            SELECT jsonb_object_agg(e.answer ->> 0, e.answer ORDER BY e.place) AS answers
            FROM survey_answers a CROSS JOIN LATERAL
                jsonb_array_elements(a.answers) WITH ORDINALITY AS e(answer, place)
            WHERE a.shop = of_shop AND a.customer_id = w.id) v ON true
        LEFT JOIN LATERAL (
            SELECT array_agg(e.customer_id ORDER BY e.customer_id) AS aliases FROM (
                SELECT customer_id FROM customers
                WHERE shop = of_shop AND merged_into = w.id AND erased_at IS NULL
                ORDER BY customer_id LIMIT {ALIASES_MAX}) e) i ON true
"""  # noqa: S608  numbers and names of our own
READ_CARDS: Final = ShopRead(
    "read_cards_in_units",
    {"ids": "text[]"},
    {**READING, **_CARD, **_GLANCE},
    f"{READING_QUERY}, {_CARD_QUERY}, {_GLANCE_QUERY}{READING_TABLES}{_CARD_TABLES}{_GLANCE_TABLES}{IN_ORDER}",
)
_CARD_END: Final = len(READING) + len(_CARD)


class CardReading(NamedTuple):
    """What a card is made of; ``card`` is None if there is no row."""

    reading: Reading
    card: CardRow | None
    glance: GlanceRow


async def read_cards(ctx: Context, shop: str, ids: Sequence[str]) -> tuple[list[CardReading], datetime]:
    """Customers and their cards, in the order of ``ids``, and as of when they are current; for an alias its root."""
    rows, as_of = await read_of_roots(ctx, READ_CARDS, shop, ids)
    readings = await with_what_is_needed(ctx, shop, [reading_of(row) for row in rows])
    return [
        CardReading(reading, _card_of(row), GlanceRow(*row[_CARD_END:]))
        for reading, row in zip(readings, rows, strict=True)
    ], as_of


def _card_of(row: Row) -> CardRow | None:
    has_card, *columns = row[len(READING) : _CARD_END]
    if not has_card:
        return None
    card = CardRow(*columns)
    for message in card.messages:
        message.pop("event_id", None)  # it orders them, and is of no use to a reader
    return card
