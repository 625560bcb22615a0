"""Accounts: read for a batch of customers at once, and written back with what settling them came to."""

from collections.abc import Collection, Mapping
from datetime import datetime

from loyalty.domain.account import Account, Settled
from loyalty.domain.quantities import instant, moment
from loyalty.queries.packing import pack_facts, pack_posted, unpack_order
from shared.database import Connection, Row
from shared.events import CustomerKey


async def load_accounts(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Account]:
    """The accounts of those among ``keys`` who are known."""
    shops, ids = [key.shop for key in keys], [key.customer_id for key in keys]
    customers = await connection.fetch(
        """
        SELECT shop, customer_id, version, settled_at, backfill_until, announced_tier, warned
        FROM customers JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
        """,
        shops,
        ids,
    )
    accounts = {CustomerKey(row["shop"], row["customer_id"]): _account(row) for row in customers}
    orders = await connection.fetch(
        """
        SELECT shop, customer_id, order_id, lot_id, facts, posted
        FROM orders JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
        """,
        shops,
        ids,
    )
    for shop, customer_id, order_id, lot_id, facts, posted in orders:
        accounts[CustomerKey(shop, customer_id)].orders[order_id] = unpack_order(order_id, lot_id, facts, posted)
    return accounts


async def save_accounts(
    connection: Connection, accounts: Mapping[CustomerKey, Account], settled: Mapping[CustomerKey, Settled]
) -> None:
    """Write the changed orders of ``accounts``, and the state of all of them."""
    changed = [(*key, order) for key, account in accounts.items() for order in account.orders.values() if order.changed]
    if changed:
        await connection.execute(
            """
            INSERT INTO orders (shop, customer_id, order_id, lot_id, facts, posted)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[])
            ON CONFLICT (shop, customer_id, order_id) DO UPDATE SET (facts, posted) = (excluded.facts, excluded.posted)
            """,
            [shop for shop, _, _ in changed],
            [customer_id for _, customer_id, _ in changed],
            [order.order_id for _, _, order in changed],
            [order.lot_id for _, _, order in changed],
            [pack_facts(order) for _, _, order in changed],
            [pack_posted(order) for _, _, order in changed],
        )
    rows = [(*key, account, settled[key]) for key, account in accounts.items()]
    await connection.execute(
        """
        UPDATE customers AS c SET
            available = w.available, pending = w.pending, held = w.held, debt = w.debt, lifetime = w.lifetime,
            tier = w.tier, tier_until = w.tier_until, announced_tier = w.announced_tier,
            next_expiry_at = w.next_expiry_at, next_expiry_points = w.next_expiry_points,
            version = w.version, settled_at = w.settled_at, backfill_until = w.backfill_until, due_at = w.due_at,
            warned = w.warned::timestamptz[]
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                    $8::text[], $9::timestamptz[], $10::text[], $11::timestamptz[], $12::bigint[],
                    $13::bigint[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[], $17::text[])
            AS w(shop, customer_id, available, pending, held, debt, lifetime, tier, tier_until, announced_tier,
                 next_expiry_at, next_expiry_points, version, settled_at, backfill_until, due_at, warned)
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
        """,
        [shop for shop, _, _, _ in rows],
        [customer_id for _, customer_id, _, _ in rows],
        *([state.balance[bucket] for _, _, _, state in rows] for bucket in range(5)),
        [state.tier for _, _, _, state in rows],
        [_moment(state.tier_until) for _, _, _, state in rows],
        [account.announced_tier for _, _, account, _ in rows],
        [state.next_expiry and moment(state.next_expiry[0]) for _, _, _, state in rows],
        [state.next_expiry and state.next_expiry[1] for _, _, _, state in rows],
        [account.version for _, _, account, _ in rows],
        [_moment(account.settled_at) for _, _, account, _ in rows],
        [_moment(account.backfill_until) for _, _, account, _ in rows],
        [_moment(state.due_at) for _, _, _, state in rows],
        [_array(account.warned) for _, _, account, _ in rows],
    )


async def end_backfill(connection: Connection, shop: str, partition: int, now: datetime) -> None:
    """History is complete in this partition: its customers settle now; those locked by others do when quiet ends."""
    await connection.execute(
        """
        UPDATE customers AS c SET backfill_until = $3, due_at = $3
        FROM (
            SELECT shop, customer_id FROM customers
            WHERE shop = $1 AND partition = $2 AND backfill_until > $3
            FOR UPDATE SKIP LOCKED
        ) AS w
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,
        shop,
        partition,
        now,
    )


def _account(row: Row) -> Account:
    return Account(
        {},
        version=row["version"],
        settled_at=row["settled_at"] and instant(row["settled_at"]),
        backfill_until=row["backfill_until"] and instant(row["backfill_until"]),
        announced_tier=row["announced_tier"],
        warned=[instant(expiry) for expiry in row["warned"]],
    )


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)


def _array(instants: Collection[int]) -> str:
    """An array inside an array has no type in PostgreSQL: it travels as text."""
    return "{" + ",".join(f'"{moment(at).isoformat()}"' for at in sorted(instants)) + "}"
