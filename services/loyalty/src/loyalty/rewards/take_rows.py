"""Rows of what was taken of rewards: stock and limits are counted in the order of commits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from mandegar.database import Connection, Row, WorkerConnection, as_json, columns, key_columns, record_set
from mandegar.events import CustomerKey

RESERVED, CONFIRMED, CANCELLED, EXPIRED = "reserved", "confirmed", "cancelled", "expired"


class TakeRow(Struct):
    """A row of ``reward_takes``."""

    shop: str
    redemption_id: UUID
    customer_id: str | None
    reward: str
    kind: str
    terms: Mapping[str, Any]
    coupon: str
    prefix: str
    valid_days: int | None
    state: str
    taken_at: datetime
    ends_at: datetime


class Taken(NamedTuple):
    """What was taken of a shop's rewards: how often, by reward, and when a customer took each."""

    numbers: Mapping[str, int]
    times: Mapping[tuple[str, str], list[datetime]]


_COLUMNS = columns(TakeRow)
_SAVE = f"""
    INSERT INTO reward_takes AS t ({_COLUMNS}) SELECT {_COLUMNS} FROM {record_set(TakeRow)}
    ON CONFLICT (shop, redemption_id) DO UPDATE SET customer_id = excluded.customer_id,
        state = CASE WHEN excluded.state = 'reserved' THEN t.state ELSE excluded.state END
"""  # noqa: S608
# Before its coupon: the row of a reservation that somebody else ends meanwhile.
_LOAD = f"""
    SELECT {_COLUMNS} FROM reward_takes WHERE shop = ANY($1::text[]) AND redemption_id = ANY($2::uuid[])
    ORDER BY shop, redemption_id FOR UPDATE
"""  # noqa: S608
_LOCK = """
    INSERT INTO reward_stocks AS s (shop, reward, confirmed)
    SELECT $1, reward, 0 FROM unnest($2::text[]) AS w(reward) ORDER BY reward
    ON CONFLICT (shop, reward) DO UPDATE SET confirmed = s.confirmed
"""
_FOLD = """
    WITH folded AS (
        UPDATE reward_takes SET counted = true
        WHERE shop = $1 AND reward = ANY($2::text[]) AND state = 'confirmed' AND NOT counted RETURNING reward
    )
    UPDATE reward_stocks s SET confirmed = s.confirmed + f.number
    FROM (SELECT reward, count(*) AS number FROM folded GROUP BY reward) AS f
    WHERE s.shop = $1 AND s.reward = f.reward
"""
# A reservation that somebody is confirming this moment still counts.
_SWEEP = """
    UPDATE reward_takes SET state = 'expired' WHERE (shop, redemption_id) IN (
        SELECT shop, redemption_id FROM reward_takes
        WHERE shop = $1 AND reward = ANY($2::text[]) AND state = 'reserved' AND NOT counted AND ends_at <= $3
        FOR UPDATE SKIP LOCKED
    ) RETURNING redemption_id
"""
_NUMBERS = """
    SELECT w.reward, coalesce(s.confirmed, 0) + (
        SELECT count(*) FROM reward_takes t
        WHERE t.shop = $1 AND t.reward = w.reward AND NOT t.counted
            AND (t.state = 'confirmed' OR t.state = 'reserved' AND ($3::timestamptz IS NULL OR t.ends_at > $3))
    ) AS number
    FROM unnest($2::text[]) AS w(reward) LEFT JOIN reward_stocks s ON s.shop = $1 AND s.reward = w.reward
"""
_TIMES = """
    SELECT customer_id, reward, array_agg(taken_at ORDER BY taken_at) FROM reward_takes
    WHERE shop = $1 AND customer_id = ANY($2::text[]) AND (state = 'confirmed' OR state = 'reserved' AND ends_at > $3)
    GROUP BY customer_id, reward
"""


async def lock_stocks(connection: WorkerConnection, shop: str, rewards: Collection[str], now: datetime) -> list[UUID]:
    """Lock the stocks of rewards, and end reservations whose time is over; returns the redemptions of these."""
    names = sorted(rewards)
    await connection.execute(_LOCK, shop, names)
    await connection.execute(_FOLD, shop, names)
    return [row["redemption_id"] for row in await connection.fetch(_SWEEP, shop, names, now)]


async def load_taken(
    connection: Connection,
    shop: str,
    rewards: Collection[str],
    customers: Collection[str],
    now: datetime,
    *,
    locked: bool,
) -> Taken:
    """What was taken of rewards, and when the customers took any; under the lock every reservation that was not ended
    counts.
    """
    numbers = await connection.fetch(_NUMBERS, shop, list(rewards), None if locked else now)
    times = await connection.fetch(_TIMES, shop, list(customers), now)
    return Taken({row[0]: row[1] for row in numbers}, {(row[0], row[1]): row[2] for row in times})


async def load_takes(
    connection: WorkerConnection, ids: Collection[tuple[str, UUID]]
) -> dict[tuple[str, UUID], TakeRow]:
    """What redemptions took, by shop and redemption; locked."""
    rows: Sequence[Row] = await connection.fetch(_LOAD, [shop for shop, _ in ids], [id_ for _, id_ in ids])
    return {(row["shop"], row["redemption_id"]): TakeRow(*row) for row in rows}


async def save_takes(connection: WorkerConnection, rows: Sequence[TakeRow]) -> None:
    """Insert takes, or write in which state they are; what has ended does not become a reservation again."""
    if rows:
        await connection.execute(_SAVE, as_json(rows))


async def leave_stock(connection: WorkerConnection, customers: Collection[CustomerKey]) -> list[Row]:
    """Take the person out of what erased customers took; returns how many there were."""
    return await connection.fetch(
        """
        WITH done AS (
            UPDATE reward_takes t SET customer_id = NULL
            FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
            WHERE t.shop = w.shop AND t.customer_id = w.customer_id RETURNING w.shop, w.customer_id
        )
        SELECT shop, customer_id, count(*) FROM done GROUP BY shop, customer_id
        """,
        *key_columns(customers),
    )
