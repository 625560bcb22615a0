"""Days with a visit, and what a customer was glad or unhappy of; and reads that know them."""

import sqlalchemy as sa
from alembic import op

from mandegar.database import ShopRead
from mandegar.database.migrations import create_shop_read

revision = "0019_pre_signals"
down_revision = "0018_pre_satisfaction"
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
_OLDER = {"older_names": "bigint[]", "older_records": "bytea[]"}
_CARD = {
    "has_card": "boolean",
    "points": "jsonb",
    "points_version": "bigint",
    "points_at": "timestamptz",
    "tier": "text",
    "messages": "jsonb",
    "messages_at": "timestamptz",
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
_OLDER_TABLES = """        LEFT JOIN LATERAL (
            SELECT array_agg(name) AS names, array_agg(record) AS records
            FROM older_orders WHERE shop = c.shop AND customer_id = c.customer_id) o ON true
"""
_CARD_TABLES = (
    "        LEFT JOIN LATERAL (SELECT * FROM cards WHERE shop = of_shop AND customer_id = w.id LIMIT 1) d ON true\n"
)
_CARD_QUERY = "d.shop IS NOT NULL, d.points, d.points_version, d.points_at, d.tier, d.messages, d.messages_at"
_IN_ORDER = "ORDER BY w.place"
_READS = (
    ShopRead("read_heard_customers", {"ids": "text[]"}, _READING, f"{_QUERY}{_TABLES}{_IN_ORDER}"),
    ShopRead(
        "read_whole_heard_customers",
        {"ids": "text[]"},
        {**_READING, **_OLDER},
        f"{_QUERY}, o.names, o.records{_TABLES}{_OLDER_TABLES}{_IN_ORDER}",
    ),
    ShopRead(
        "read_heard_cards",
        {"ids": "text[]"},
        {**_READING, **_CARD},
        f"{_QUERY}, {_CARD_QUERY}{_TABLES}{_CARD_TABLES}{_IN_ORDER}",
    ),
)


def upgrade() -> None:
    op.add_column(
        "customers", sa.Column("signals", sa.LargeBinary, nullable=False, server_default=sa.text("''::bytea"))
    )
    for read in _READS:
        create_shop_read(op, "churn", read)


def downgrade() -> None:
    raise NotImplementedError("restore a backup to go back")
