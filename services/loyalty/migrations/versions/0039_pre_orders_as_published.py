"""Redemptions name orders as they are published, and keep beside it what the shop wrote; club pages show that."""

from alembic import op
from sqlalchemy import Column, Text, text

from mandegar.database import ShopRead
from mandegar.database.migrations import create_shop_read

revision = "0039_pre_orders_as_published"
down_revision = "0038_pre_settled_under"
branch_labels = None
depends_on = None

_UNNAMED = (
    "order_written IS NULL AND (order_id !~ '^[A-Za-z0-9_-]{1,64}$' OR order_id ~ '[0-9]([_-]*[0-9]){8}')"
    " AND order_id !~ '^[gh]_[0-9a-f]{32}$'"
)

_READ_CLUB = ShopRead(
    "read_club_as_written",
    arguments={"of_customer": "text", "of_now": "timestamptz", "stocks": "text[]", "pools": "text[]"},
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
        "locale": "text",
        "catalogues": "text",
        "taken": "text",
        "remaining": "text",
        "reserved": "text",
    },
    query="""
    SELECT c.version, c.settled_at, c.merged_into, c.backfill_until, s.currency, s.zone, s.points_from,
        z.zones, z.begins, p.versions, p.effective_from, p.hashes, p.created, o.orders,
        s.locale, r.catalogues, t.taken, l.remaining, d.reserved
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
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(of_shop, '', version, effective_from, document_hash, created_at)
            ORDER BY effective_from)::text AS catalogues
        FROM reward_catalogues WHERE shop = of_shop AND withdrawn_at IS NULL
    ) AS r
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(reward, taken_at) ORDER BY taken_at)::text AS taken
        FROM reward_takes
        WHERE shop = of_shop AND customer_id = of_customer
            AND (state = 'confirmed' OR state = 'reserved' AND ends_at > of_now)
    ) AS t
    CROSS JOIN LATERAL (
        SELECT json_build_array(
            (SELECT json_object_agg(name, coalesce(k.confirmed, 0) + (
                SELECT count(*) FROM reward_takes u
                WHERE u.shop = of_shop AND u.reward = name AND NOT u.counted
                    AND (u.state = 'confirmed' OR u.state = 'reserved' AND u.ends_at > of_now)
            )) FROM unnest(stocks) AS w(name) LEFT JOIN reward_stocks k ON k.shop = of_shop AND k.reward = name),
            (SELECT json_object_agg(name, (
                SELECT count(*) FROM (
                    SELECT FROM coupons q WHERE q.shop = of_shop AND q.reward = name
                        AND q.redemption_id IS NULL AND q.issued_at IS NULL LIMIT 100
                ) AS free
            )) FROM unnest(pools) AS w(name))
        )::text AS remaining
    ) AS l
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(redemption_id, points, reserved_at, expires_at,
            coalesce(order_written, order_id), reward,
            discount::text, currency, credit) ORDER BY reserved_at DESC)::text AS reserved
        FROM (
            SELECT * FROM redemptions
            WHERE shop = of_shop AND customer_id = of_customer AND state = 'reserved' AND expires_at > of_now
                AND reserved_at > of_now - interval '8 days'
            ORDER BY reserved_at DESC LIMIT 20
        ) AS open
    ) AS d
    WHERE c.shop = of_shop AND c.customer_id = of_customer
    """,
)


def upgrade() -> None:
    op.add_column("redemptions", Column("order_written", Text))
    op.add_column("redemptions", Column("reference_written", Text))
    op.create_index("ix_redemptions_unnamed", "redemptions", ["shop", "redemption_id"], postgresql_where=text(_UNNAMED))
    create_shop_read(op, "loyalty", _READ_CLUB)


def downgrade() -> None:
    op.execute("DROP FUNCTION read_club_as_written(text, text, timestamptz, text[], text[])")
    op.drop_index("ix_redemptions_unnamed", "redemptions")
    op.drop_column("redemptions", "reference_written")
    op.drop_column("redemptions", "order_written")
