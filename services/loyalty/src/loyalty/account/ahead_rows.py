"""Reads the orders of a remembered account that matter up to an instant: no more of them than fit into an answer."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from loyalty.account.remembered_rows import load_tails
from loyalty.domain.account import Order
from loyalty.domain.forward import Tail
from loyalty.domain.programme import Programme
from loyalty.domain.remembered import Remembered
from mandegar.database import ReadConnection
from mandegar.events import CustomerKey

# Orders with something due, and orders that leave the window: both together are within ``TAIL_MAX``.
ORDERS_MAX = 900

_REACH = """
    SELECT (
        SELECT next_at FROM orders WHERE shop = $1 AND customer_id = $2 AND next_at IS NOT NULL
        ORDER BY next_at OFFSET $4 LIMIT 1
    ), (
        SELECT earned_at FROM orders WHERE shop = $1 AND customer_id = $2 AND earned_at > $3
        ORDER BY earned_at, lot_id OFFSET $4 LIMIT 1
    )
"""
_RESTING = """
    SELECT expires_at, sum(available)::bigint AS points FROM orders
    WHERE shop = $1 AND customer_id = $2 AND expires_at = ANY($3::bigint[]) AND order_id <> ALL($4::text[])
    GROUP BY expires_at
"""


class Read(NamedTuple):
    """The orders that matter up to ``reach``; ``paid_to`` and ``resting`` are those of ``domain.ahead.Ahead``."""

    orders: Mapping[str, Order]
    reach: int
    paid_to: int
    resting: Mapping[int, int]


async def load_ahead(
    connection: ReadConnection, key: CustomerKey, past: Remembered, programme: Programme, now: int, until: int
) -> Read | None:
    """The orders for a way from ``now`` up to ``until``, or as far as ``ORDERS_MAX`` allow; None if not even those can
    be read.

    A drop is warned of before it comes, so the orders with which a tier ends are read as much further.
    """
    left = past.settled_at - programme.window
    row = await connection.fetchrow(_REACH, *key, left, ORDERS_MAX)
    due, leaves = (None, None) if row is None else row
    reach = until if due is None else min(until, due - 1)
    lead = (None if programme.levels is None else programme.levels.warning) or 0
    if leaves is not None:
        reach = min(reach, leaves + programme.window - 1, max(now, leaves + programme.window - lead - 1))
    paid_to = reach - programme.window + lead
    if leaves is not None:
        paid_to = min(paid_to, leaves - 1)
    tail = Tail(past.settled_at + 1, left + 1, paid_to, reach)
    orders = (await load_tails(connection, {key: ((), tail)}))[key]
    if orders is None:
        return None
    return Read(orders, reach, paid_to, await _resting(connection, key, orders))


async def _resting(connection: ReadConnection, key: CustomerKey, orders: Mapping[str, Order]) -> dict[int, int]:
    """The usable points of other orders that expire at the midnights of ``orders``."""
    midnights: Collection[int] = {
        order.mark.expires_at
        for order in orders.values()
        if order.mark is not None and order.mark.expires_at is not None
    }
    rows = await connection.fetch(_RESTING, *key, sorted(midnights), list(orders))
    return {row["expires_at"]: row["points"] for row in rows}
