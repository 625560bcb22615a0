"""All that a club page needs in one round trip: a customer with the orders that a walk needs, the rules of the shop,
its catalogue, and what is left of that.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import json

from loyalty.account.packing import unpack_facts
from loyalty.domain.orders import Fact
from mandegar.database import ReadConnection, Row, ShopRead
from mandegar.documents.rows import Head
from mandegar.events import CustomerKey
from mandegar.quantities import to_us

# A customer with more orders is answered from what is remembered of the account.
WALKED_MAX = 50
# Codes of a pool are counted up to here.
CODES_MAX: Final = 100
READ_CLUB = ShopRead(
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


_ORDERS = json.Decoder(list[tuple[str, UUID, str]])


def orders_of(row: Row) -> list[tuple[str, UUID, list[Fact]]] | None:
    """The orders of a customer with their facts; None if there are more than a read walks."""
    stored = _ORDERS.decode(row["orders"] or "[]")
    if len(stored) > WALKED_MAX:
        return None
    return [(order_id, lot_id, unpack_facts(facts)) for order_id, lot_id, facts in stored]


class Reserved(NamedTuple):
    """An open reservation."""

    redemption_id: str
    points: int
    reserved_at: datetime
    expires_at: datetime
    order_id: str | None
    reward: str | None
    discount: str | None
    currency: str | None
    credit: int | None


class Left(NamedTuple):
    """What was taken of rewards with a stock, and how many codes are left in pools, at most ``CODES_MAX``."""

    taken: dict[str, int] | None
    codes: dict[str, int] | None


_HEADS = json.Decoder(list[tuple[str, str, int, datetime, int, datetime]])
_TAKEN = json.Decoder(list[tuple[str, datetime]])
_LEFT = json.Decoder(Left)
_RESERVED = json.Decoder(list[Reserved])


def heads_of(row: Row) -> list[Head]:
    """The versions of the catalogue of rewards."""
    return [Head(*each) for each in _HEADS.decode(row["catalogues"] or "[]")]


def times_of(row: Row) -> dict[str, list[int]]:
    """When the customer took each reward."""
    times: defaultdict[str, list[int]] = defaultdict(list)
    for reward, taken_at in _TAKEN.decode(row["taken"] or "[]"):
        times[reward].append(to_us(taken_at))
    return times


def remaining_in(row: Row) -> Left:
    """What is left of limited rewards."""
    return _LEFT.decode(row["remaining"])


def reserved_of(row: Row) -> list[Reserved]:
    """Open reservations, the newest first."""
    return _RESERVED.decode(row["reserved"] or "[]")


_KNOWN_ACTS = "SELECT order_id FROM orders WHERE shop = $1 AND customer_id = $2 AND order_id = ANY($3::text[])"


async def acts_done(connection: ReadConnection, customer: CustomerKey, keys: Collection[str]) -> frozenset[str]:
    """Those of some acts that the customer has done."""
    rows = await connection.fetch(_KNOWN_ACTS, *customer, list(keys)) if keys else []
    return frozenset(row["order_id"] for row in rows)
