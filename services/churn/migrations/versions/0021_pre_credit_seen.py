"""Cards with what customers have in credit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from mandegar.database import ShopRead
from mandegar.database.migrations import create_shop_read

revision = "0021_pre_credit_seen"
down_revision = "0020_pre_whole_cards"
branch_labels = None
depends_on = None


_STATE = {
    "shop": "text",
    "customer_id": "text",
    "partition": "smallint",
    "orders": "bytea",
    "remembered": "bytea",
    "signals": "bytea",
    "due_at": "timestamptz",
    "band": "text",
    "band_since": "timestamptz",
    "value_at_risk": "numeric",
    "version": "bigint",
    "model_version": "bigint",
    "zone": "text",
    "backfill_until": "timestamptz",
    "last_event_at": "timestamptz",
    "interactions": "bigint",
    "last_interaction_at": "timestamptz",
    "tickets_opened": "integer",
    "tickets_closed": "integer",
    "x": "integer",
    "first_day": "integer",
    "last_day": "integer",
    "merged_into": "text",
}
_READING = {
    "wanted": "text",
    **_STATE,
    "parameters": "jsonb",
    "horizon_days": "smallint",
    "numbers": "text",
    "zone_of_shop": "text",
    "currency": "text",
}
_CARD = {
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
_GLANCE = {
    "members": "jsonb",
    "ordered_at": "timestamptz",
    "last_orders": "jsonb",
    "last_tickets": "jsonb",
    "last_consents": "jsonb",
    "last_answers": "jsonb",
    "aliases": "text[]",
}
_LEFT_OUT = {"value_at_risk", "x", "first_day", "last_day"}
_COLUMNS = ", ".join(f"NULL::{type_}" if name in _LEFT_OUT else f"c.{name}" for name, type_ in _STATE.items())
_QUERY = f"SELECT w.id, {_COLUMNS}, m.parameters, m.horizon_days, m.numbers::text, s.zone, s.currency"
_TABLES = """
    FROM unnest(ids) WITH ORDINALITY AS w(id, place)
        LEFT JOIN LATERAL (SELECT * FROM shops WHERE shop = of_shop LIMIT 1) s ON true
        LEFT JOIN LATERAL (SELECT * FROM customers
            WHERE shop = of_shop AND customer_id = w.id AND erased_at IS NULL LIMIT 1) c ON true
        LEFT JOIN LATERAL (SELECT * FROM models WHERE shop = of_shop AND version = c.model_version LIMIT 1) m ON true
"""
_CARD_TABLES = (
    "        LEFT JOIN LATERAL (SELECT * FROM cards WHERE shop = of_shop AND customer_id = w.id LIMIT 1) d ON true\n"
)
_CARD_QUERY = (
    "d.shop IS NOT NULL, d.points, d.points_version, d.points_at, d.tier, d.messages, d.messages_at, "
    "d.credit, d.credit_version, d.credit_at"
)
_GLANCE_QUERY = "g.members, n.at, n.orders, t.tickets, p.consents, v.answers, i.aliases"
_GLANCE_TABLES = """
        LEFT JOIN LATERAL (SELECT members FROM segment_states
            WHERE shop = of_shop AND customer_id = w.id LIMIT 1) g ON true
        LEFT JOIN LATERAL (
            SELECT max(e.at) AS at, jsonb_agg(e.data ORDER BY e.at DESC, e.entry_id DESC) AS orders FROM (
                SELECT at, entry_id, data FROM timeline_entries
                WHERE shop = of_shop AND customer_id = w.id AND kind = 1 AND type = 'order'
                ORDER BY at DESC, entry_id DESC LIMIT 5) e) n ON true
        LEFT JOIN LATERAL (
            SELECT jsonb_agg(e.data ORDER BY e.at DESC, e.entry_id DESC) AS tickets FROM (
                SELECT at, entry_id, data FROM timeline_entries
                WHERE shop = of_shop AND customer_id = w.id AND kind = 5 AND type = 'ticket'
                ORDER BY at DESC, entry_id DESC LIMIT 20) e) t ON true
        LEFT JOIN LATERAL (
            SELECT jsonb_object_agg(e.data -> 'consent' ->> 'channel', e.data -> 'consent' ORDER BY e.at, e.entry_id)
                AS consents FROM (
                SELECT at, entry_id, data FROM timeline_entries
                WHERE shop = of_shop AND customer_id = w.id AND kind = 9
                ORDER BY at DESC, entry_id DESC LIMIT 50) e) p ON true
        LEFT JOIN LATERAL (
            SELECT jsonb_object_agg(e.answer ->> 0, e.answer ORDER BY e.place) AS answers
            FROM survey_answers a CROSS JOIN LATERAL
                jsonb_array_elements(a.answers) WITH ORDINALITY AS e(answer, place)
            WHERE a.shop = of_shop AND a.customer_id = w.id) v ON true
        LEFT JOIN LATERAL (
            SELECT array_agg(e.customer_id ORDER BY e.customer_id) AS aliases FROM (
                SELECT customer_id FROM customers
                WHERE shop = of_shop AND merged_into = w.id AND erased_at IS NULL
                ORDER BY customer_id LIMIT 20) e) i ON true
"""
_READ_CARDS = ShopRead(
    "read_cards_in_units",
    {"ids": "text[]"},
    {**_READING, **_CARD, **_GLANCE},
    f"{_QUERY}, {_CARD_QUERY}, {_GLANCE_QUERY}{_TABLES}{_CARD_TABLES}{_GLANCE_TABLES}ORDER BY w.place",
)


def upgrade() -> None:
    op.add_column("cards", sa.Column("credit", JSONB))
    op.add_column("cards", sa.Column("credit_version", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("cards", sa.Column("credit_at", sa.DateTime(timezone=True)))
    create_shop_read(op, "churn", _READ_CARDS)


def downgrade() -> None:
    op.execute("DROP FUNCTION read_cards_in_units(text, text[])")
    for column in ("credit", "credit_version", "credit_at"):
        op.drop_column("cards", column)
