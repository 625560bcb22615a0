"""Rows of coupons: codes of pools, coupons that were issued, and their use."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from loyalty.coupons.use_rows import USE
from mandegar.database import (
    Connection,
    Row,
    ShopConnection,
    WorkerConnection,
    WriteConnection,
    as_json,
    key_columns,
    record_set,
)
from mandegar.events import CustomerKey


class BatchRow(Struct, frozen=True):
    """Codes that were uploaded together, one a line, sealed."""

    shop: str
    batch_id: UUID
    sealed: str


class PooledRow(Struct, frozen=True):
    """A code of a pool: the ``nth`` of its batch."""

    shop: str
    coupon_id: UUID
    reward: str
    batch_id: UUID
    nth: int


class IssuedRow(Struct, frozen=True):
    """A coupon that was issued; ``prefix`` is that of a generated code, None for one of a pool."""

    shop: str
    coupon_id: UUID
    reward: str
    customer_id: str
    redemption_id: UUID
    prefix: str | None
    kind: str
    terms: Mapping[str, Any]
    issued_at: datetime
    expires_at: datetime | None


_PLACE = "shop, coupon_id, reward, batch_id, nth"
_BATCH = f"""
    INSERT INTO coupon_batches (shop, batch_id, sealed) SELECT shop, batch_id, sealed FROM {record_set(BatchRow)}
"""  # noqa: S608
_POOL = f"""
    INSERT INTO coupons ({_PLACE}) SELECT {_PLACE} FROM {record_set(PooledRow)}
    ON CONFLICT (shop, coupon_id) DO NOTHING RETURNING coupon_id
"""  # noqa: S608
# A rebuild may read of the issue before the pool. What was given to somebody who is erased by now stays without a code.
_RESTORE_POOL = f"""
    INSERT INTO coupons AS c ({_PLACE}) SELECT {_PLACE} FROM {record_set(PooledRow)}
    ON CONFLICT (shop, coupon_id) DO UPDATE SET (batch_id, nth) = (excluded.batch_id, excluded.nth)
    WHERE c.redemption_id IS NOT NULL OR c.issued_at IS NULL
"""  # noqa: S608
_ISSUED = tuple(name for name in IssuedRow.__struct_fields__ if name not in {"shop", "coupon_id"})
_LISTED = ", ".join(_ISSUED)
_ISSUE = f"""
    INSERT INTO coupons (shop, coupon_id, {", ".join(_ISSUED)})
    SELECT shop, coupon_id, {", ".join(_ISSUED)} FROM {record_set(IssuedRow)}
    ON CONFLICT (shop, coupon_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _ISSUED)}
"""  # noqa: S608
# What another coupon of the shop has already keeps its code. A rebuild may read of the use before.
_OPEN = f"""
    INSERT INTO coupons AS c (shop, coupon_id, {_LISTED}) SELECT shop, coupon_id, {_LISTED} FROM {record_set(IssuedRow)}
    ON CONFLICT (shop, coupon_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _ISSUED)}
    WHERE (c.redemption_id = c.coupon_id AND c.issued_at < excluded.issued_at)
        OR (c.redemption_id IS NULL AND c.batch_id IS NULL AND c.issued_at IS NULL)
"""  # noqa: S608
_OF_REDEMPTIONS = f"""
    SELECT coupon_id, nth, sealed, used_at, {_LISTED} FROM coupons LEFT JOIN coupon_batches USING (shop, batch_id)
    WHERE shop = $1 AND redemption_id = ANY($2::uuid[])
"""  # noqa: S608
_BY_ID = f"""
    SELECT coupon_id, {USE}, returns, {_LISTED} FROM coupons
    WHERE shop = $1 AND coupon_id = $2 AND redemption_id IS NOT NULL AND issued_at IS NOT NULL
"""  # noqa: S608
_LOCKED = f"{_BY_ID} FOR UPDATE"


async def insert_batch(connection: WriteConnection, row: BatchRow) -> None:
    """Insert the sealed codes of a batch."""
    await connection.execute(_BATCH, as_json([row]))


async def insert_pooled(connection: WriteConnection, rows: Sequence[PooledRow]) -> set[UUID]:
    """Insert codes of a pool; returns the ids of those that no pool and no customer of the shop has."""
    return {row["coupon_id"] for row in await connection.fetch(_POOL, as_json(rows))}


async def restore_pooled(connection: WorkerConnection, rows: Sequence[PooledRow]) -> None:
    """Insert codes of a pool that were published."""
    await connection.execute(_RESTORE_POOL, as_json(rows))


async def count_free(connection: Connection, shop: str, rewards: Collection[str]) -> dict[str, int]:
    """How many codes are left in the pools of rewards."""
    rows = await connection.fetch(
        """
        SELECT reward, count(*) FROM coupons
        WHERE shop = $1 AND reward = ANY($2::text[]) AND redemption_id IS NULL AND issued_at IS NULL GROUP BY reward
        """,
        shop,
        list(rewards),
    )
    return dict.fromkeys(rewards, 0) | {row[0]: row[1] for row in rows}


async def lock_free(connection: WorkerConnection, shop: str, reward: str, number: int) -> list[UUID]:
    """The ids of at most so many free codes of a pool, in order; nobody else gets them in the meantime."""
    rows = await connection.fetch(
        """
        SELECT coupon_id FROM coupons
        WHERE shop = $1 AND reward = $2 AND redemption_id IS NULL AND issued_at IS NULL
        ORDER BY place LIMIT $3 FOR UPDATE SKIP LOCKED
        """,
        shop,
        reward,
        number,
    )
    return [row["coupon_id"] for row in rows]


async def assign_pooled(connection: WorkerConnection, rows: Collection[tuple[str, UUID, UUID, str]]) -> None:
    """Give locked codes (shop and id) to redemptions (id and customer)."""
    if rows:
        await connection.execute(
            """
            UPDATE coupons c SET redemption_id = w.redemption_id, customer_id = w.customer_id
            FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[])
                AS w(shop, coupon_id, redemption_id, customer_id)
            WHERE c.shop = w.shop AND c.coupon_id = w.coupon_id
            """,
            *map(list, zip(*rows, strict=True)),
        )


async def restore_reserved(connection: WorkerConnection, rows: Collection[tuple[str, UUID, UUID, str, str]]) -> None:
    """Give codes (shop and id) to redemptions (id and customer) of rewards, although the pool may be read later.

    A code that came back to its pool, and was reserved again since, stays with the later redemption.
    """
    if rows:
        await connection.execute(
            """
            INSERT INTO coupons AS c (shop, coupon_id, redemption_id, customer_id, reward)
            SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
            ON CONFLICT (shop, coupon_id) DO UPDATE SET (redemption_id, customer_id)
                = (excluded.redemption_id, excluded.customer_id) WHERE c.issued_at IS NULL AND NOT EXISTS (
                    SELECT FROM reward_takes later JOIN reward_takes own ON own.shop = later.shop
                    WHERE later.shop = c.shop AND later.redemption_id = c.redemption_id AND later.state = 'reserved'
                        AND own.redemption_id = excluded.redemption_id AND own.taken_at < later.taken_at
                )
            """,
            *map(list, zip(*rows, strict=True)),
        )


async def give_back_pooled(connection: WorkerConnection, shop: str, redemptions: Collection[UUID]) -> None:
    """Return codes that were reserved, and not issued, to their pools."""
    await connection.execute(
        """
        UPDATE coupons SET redemption_id = NULL, customer_id = NULL
        WHERE shop = $1 AND redemption_id = ANY($2::uuid[]) AND issued_at IS NULL
        """,
        shop,
        list(redemptions),
    )


async def coupons_of(connection: Connection, shop: str, redemptions: Collection[UUID]) -> dict[UUID, Row]:
    """The rows of the coupons of redemptions, by redemption."""
    rows = await connection.fetch(_OF_REDEMPTIONS, shop, list(redemptions))
    return {row["redemption_id"]: row for row in rows}


async def insert_issued(connection: WorkerConnection, rows: Sequence[IssuedRow]) -> None:
    """Write coupons that are issued."""
    if rows:
        await connection.execute(_ISSUE, as_json(rows))


async def save_opened(connection: WorkerConnection, rows: Sequence[IssuedRow]) -> None:
    """Write coupons that were brought along, one row for each; a coupon that was stored earlier is replaced."""
    await connection.execute(_OPEN, as_json(rows))


async def issued_coupon(connection: Connection, shop: str, coupon: UUID) -> Row | None:
    """The row of a coupon that was issued."""
    return await connection.fetchrow(_BY_ID, shop, coupon)


async def locked_coupon(connection: ShopConnection, shop: str, coupon: UUID) -> Row | None:
    """The row of a coupon that was issued; until the end of the transaction nobody else uses it."""
    return await connection.fetchrow(_LOCKED, shop, coupon)


async def erase_coupons(connection: WorkerConnection, customers: Collection[CustomerKey], now: datetime) -> list[Row]:
    """Leave of the coupons of erased customers the ids of codes of pools alone; returns how many were removed."""
    return await connection.fetch(
        """
        WITH w AS (SELECT * FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)), gone AS (
            DELETE FROM coupons c USING w WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id) AND c.batch_id IS NULL
            RETURNING c.shop, c.customer_id
        ), left_over AS (
            UPDATE coupons c SET customer_id = NULL, redemption_id = NULL, batch_id = NULL, nth = NULL, kind = NULL,
                terms = NULL, issued_at = coalesce(c.issued_at, $3), expires_at = NULL, used_at = NULL,
                used_for = NULL, used_total = NULL, used_number = NULL, returns = '{}'
            FROM w WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id) AND c.batch_id IS NOT NULL
            RETURNING w.shop, w.customer_id
        )
        SELECT shop, customer_id, count(*) FROM (TABLE gone UNION ALL TABLE left_over) AS done
        GROUP BY shop, customer_id
        """,
        *key_columns(customers),
        now,
    )


async def mark_given(connection: WorkerConnection, coupons: Collection[tuple[str, UUID, str]], now: datetime) -> None:
    """Store that these codes (shop, id, reward) were given to erased customers: no pool gives them again."""
    await connection.execute(
        """
        INSERT INTO coupons (shop, coupon_id, reward, issued_at)
        SELECT w.*, $4 FROM unnest($1::text[], $2::uuid[], $3::text[]) AS w
        ON CONFLICT (shop, coupon_id) DO UPDATE SET issued_at = excluded.issued_at, batch_id = NULL, nth = NULL
        """,
        [shop for shop, _, _ in coupons],
        [coupon for _, coupon, _ in coupons],
        [reward for _, _, reward in coupons],
        now,
    )
