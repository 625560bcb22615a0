"""The read of club pages."""

from alembic import op

from mandegar.database import ShopRead
from mandegar.database.migrations import create_shop_read

revision = "0026_pre_club"
down_revision = "0025_pre_replays"
branch_labels = None
depends_on = None

_READ_CLUB = ShopRead(
    "read_club",
    arguments={"of_customer": "text"},
    returns={
        "version": "bigint",
        "settled_at": "timestamptz",
        "merged_into": "text",
        "backfill_until": "timestamptz",
        "currency": "text",
        "zone": "text",
        "points_from": "timestamptz",
        "zones": "text[]",
        "begins": "timestamptz[]",
        "versions": "integer[]",
        "effective_from": "timestamptz[]",
        "hashes": "bigint[]",
        "created": "timestamptz[]",
        "orders": "text",
    },
    query="""
    SELECT c.version, c.settled_at, c.merged_into, c.backfill_until, s.currency, s.zone, s.points_from,
        z.zones, z.begins, p.versions, p.effective_from, p.hashes, p.created, o.orders
    FROM customers c JOIN shops s ON s.shop = of_shop
    CROSS JOIN LATERAL (
        SELECT array_agg(zone ORDER BY version) AS zones, array_agg(since ORDER BY version) AS begins
        FROM shop_zones WHERE shop = of_shop
    ) AS z
    CROSS JOIN LATERAL (
        SELECT array_agg(version ORDER BY effective_from) AS versions,
            array_agg(effective_from ORDER BY effective_from) AS effective_from,
            array_agg(document_hash ORDER BY effective_from) AS hashes,
            array_agg(created_at ORDER BY effective_from) AS created
        FROM programmes WHERE shop = of_shop AND withdrawn_at IS NULL
    ) AS p
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(order_id, lot_id, facts))::text AS orders FROM (
            SELECT order_id, lot_id, facts FROM orders WHERE shop = of_shop AND customer_id = of_customer LIMIT 51
        ) AS few
    ) AS o
    WHERE c.shop = of_shop AND c.customer_id = of_customer
    """,
)


def upgrade() -> None:
    create_shop_read(op, "loyalty", _READ_CLUB)


def downgrade() -> None:
    op.execute("DROP FUNCTION read_club(text, text)")
