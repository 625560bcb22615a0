"""Rows of aliases: what they hold is read and taken from them, and the moves between customers are found."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from loyalty.account.packing import unpack_facts
from loyalty.domain.orders import Fact
from mandegar.database import KEYS, Connection, WorkerConnection, as_json, keys_as_json, record_set
from mandegar.events import CustomerKey


class ClosedRow(Struct, frozen=True):
    """An alias, and the version of what was last published about it."""

    shop: str
    customer_id: str
    version: int


class Held(NamedTuple):
    """The tier of a customer, and how many orders there are."""

    tier: str
    orders: int


_CLOSE = f"""
    UPDATE customers c SET
        available = 0, pending = 0, held = 0, debt = 0, lifetime = 0, credit = NULL, version = w.version, tier = NULL,
        tier_until = NULL, announced_tier = NULL, next_expiry_points = NULL, next_expiry_at = NULL, settled_at = NULL,
        backfill_until = NULL, due_at = NULL, warned = '{{}}', at_risk_until = NULL,
        remembered = NULL
    FROM {record_set(ClosedRow)} WHERE c.shop = w.shop AND c.customer_id = w.customer_id
"""  # noqa: S608


async def load_held(connection: Connection, aliases: Collection[CustomerKey], at_most: int) -> dict[CustomerKey, Held]:
    """What those of the aliases hold who hold anything; no more than ``at_most`` orders of each are counted."""
    rows = await connection.fetch(
        f"""
        SELECT c.shop, c.customer_id, c.tier, (
            SELECT count(*) FROM (
                SELECT FROM orders o WHERE o.shop = c.shop AND o.customer_id = c.customer_id LIMIT $2
            ) AS counted
        ) FROM customers c JOIN {KEYS} USING (shop, customer_id) WHERE c.settled_at IS NOT NULL
        """,  # noqa: S608
        keys_as_json(aliases),
        at_most,
    )
    return {CustomerKey(row[0], row[1]): Held(row[2], row[3]) for row in rows}


async def load_moved(
    connection: Connection, customers: Collection[CustomerKey], order_ids: Collection[str]
) -> dict[CustomerKey, dict[str, list[Fact]]]:
    """The facts of those orders of customers that moved away, and of ``order_ids``."""
    found: dict[CustomerKey, dict[str, list[Fact]]] = {}
    rows = await connection.fetch(
        f"""
        SELECT o.shop, o.customer_id, o.order_id, o.facts FROM orders o JOIN {KEYS} USING (shop, customer_id)
        WHERE o.facts LIKE '%"moved"%' OR o.order_id = ANY($2::text[])
        """,  # noqa: S608
        keys_as_json(customers),
        list(order_ids),
    )
    for shop, customer_id, order_id, facts in rows:
        found.setdefault(CustomerKey(shop, customer_id), {})[order_id] = unpack_facts(facts)
    return found


async def close_aliases(connection: WorkerConnection, versions: Mapping[CustomerKey, int]) -> None:
    """Leave nothing with locked aliases but the versions of what was published about them; their orders are deleted."""
    rows: Sequence[ClosedRow] = [ClosedRow(*alias, version) for alias, version in versions.items()]
    await connection.execute(_CLOSE, as_json(rows))
    await connection.execute(
        f"DELETE FROM orders o USING {KEYS} WHERE o.shop = w.shop AND o.customer_id = w.customer_id",  # noqa: S608
        keys_as_json(versions),
    )
