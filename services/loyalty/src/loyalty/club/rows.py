"""A customer, the rules of the shop, and the orders that a walk needs, in one round trip."""

from uuid import UUID

from msgspec import json

from loyalty.account.packing import unpack_facts
from loyalty.domain.orders import Fact
from mandegar.database import Row, ShopRead

# A customer with more orders is answered from what is remembered of the account.
WALKED_MAX = 50
READ_CLUB = ShopRead(
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


_ORDERS = json.Decoder(list[tuple[str, UUID, str]])


def orders_of(row: Row) -> list[tuple[str, UUID, list[Fact]]] | None:
    """The orders of a customer with their facts; None if there are more than a read walks."""
    stored = _ORDERS.decode(row["orders"] or "[]")
    if len(stored) > WALKED_MAX:
        return None
    return [(order_id, lot_id, unpack_facts(facts)) for order_id, lot_id, facts in stored]
