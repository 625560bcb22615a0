"""Rows of coupons as far as their use is concerned: once at a time, until it comes back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from mandegar.database import ShopConnection, WorkerConnection, as_json, record_set


class UsedRow(Struct, frozen=True):
    """The use of a coupon; ``used_number`` is how often it had come back before."""

    shop: str
    coupon_id: UUID
    reward: str
    used_at: datetime
    used_for: str | None
    used_total: Decimal | None
    used_number: int


class ReturnedRow(Struct, frozen=True):
    """That a coupon came back from the order of its use ``used_number``."""

    shop: str
    coupon_id: UUID
    reward: str
    customer_id: str
    order_id: str
    used_number: int


class _Undone(Struct, frozen=True):
    shop: str
    order_id: str


# A use of an earlier release has no number: it was the first. Uses and returns may be read in any order: a use counts
# until its return, or until a later one, is known.
USE = "used_at, used_for, used_total, used_number"
_RESTORE_USE = f"""
    INSERT INTO coupons AS c (shop, coupon_id, reward, {USE})
    SELECT shop, coupon_id, reward, {USE} FROM {record_set(UsedRow)}
    ON CONFLICT (shop, coupon_id) DO UPDATE SET ({USE})
        = (excluded.used_at, excluded.used_for, excluded.used_total, excluded.used_number)
    WHERE NOT c.returns ? excluded.used_number::text
        AND (c.used_at IS NULL OR coalesce(c.used_number, 0) < excluded.used_number)
"""  # noqa: S608
_RESTORE_RETURN = f"""
    INSERT INTO coupons AS c (shop, coupon_id, reward, returns)
    SELECT shop, coupon_id, reward, jsonb_object_agg(used_number, order_id) FROM {record_set(ReturnedRow)}
    GROUP BY shop, coupon_id, reward
    ON CONFLICT (shop, coupon_id) DO UPDATE SET returns = c.returns || excluded.returns
"""  # noqa: S608
_END_USE = f"""
    UPDATE coupons c SET ({USE}) = (NULL, NULL, NULL, NULL) FROM {record_set(ReturnedRow)}
    WHERE (c.shop, c.coupon_id) = (w.shop, w.coupon_id) AND c.returns ? coalesce(c.used_number, 0)::text
"""  # noqa: S608
_GIVE_BACK = f"""
    WITH due AS (
        SELECT c.shop, c.coupon_id, c.used_for, coalesce(c.used_number, 0) AS used_number
        FROM coupons c JOIN {record_set(_Undone)} ON (c.shop, c.used_for) = (w.shop, w.order_id)
        WHERE c.terms -> 'back_on_cancel' = 'true' ORDER BY c.shop, c.coupon_id FOR UPDATE OF c
    )
    UPDATE coupons c SET returns = c.returns || jsonb_build_object(due.used_number::text, due.used_for),
        ({USE}) = (NULL, NULL, NULL, NULL)
    FROM due WHERE (c.shop, c.coupon_id) = (due.shop, due.coupon_id)
    RETURNING c.shop, c.coupon_id, c.reward, c.customer_id, due.used_for, due.used_number
"""  # noqa: S608


async def record_use(connection: ShopConnection, row: UsedRow) -> None:
    """Record the use of a locked coupon."""
    await connection.execute(
        f"UPDATE coupons SET ({USE}) = ($3, $4, $5, $6) WHERE shop = $1 AND coupon_id = $2",  # noqa: S608
        row.shop,
        row.coupon_id,
        row.used_at,
        row.used_for,
        row.used_total,
        row.used_number,
    )


async def give_back_used(connection: WorkerConnection, orders: Collection[tuple[str, str]]) -> list[ReturnedRow]:
    """Let coupons that were used for orders (shop and id as published) be used again, if their terms say so; returns
    what came back.
    """
    rows = await connection.fetch(_GIVE_BACK, as_json([_Undone(*order) for order in sorted(orders)]))
    return [ReturnedRow(*row) for row in rows]


async def restore_uses(connection: WorkerConnection, used: Sequence[UsedRow], returned: Sequence[ReturnedRow]) -> None:
    """Write uses and returns that were published, in any order, of coupons that may not have been read yet."""
    if returned:
        await connection.execute(_RESTORE_RETURN, as_json(returned))
        await connection.execute(_END_USE, as_json(returned))
    # One statement changes a row once.
    last: dict[tuple[str, UUID], UsedRow] = {}
    for row in sorted(used, key=lambda each: each.used_number):
        last[row.shop, row.coupon_id] = row
    if last:
        await connection.execute(_RESTORE_USE, as_json([*last.values()]))
