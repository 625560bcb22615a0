"""Rows of accounts: read for a batch of customers at once, and written back after settling."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.account.packing import PackedSum, packed, packed_facts, unpack_order
from loyalty.domain.account import Account, Settled
from mandegar.database import Connection, Row, WorkerConnection, as_json, columns, keys_as_json, record_set
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us


class OrderRow(Struct, frozen=True):
    """One row of ``orders``; its facts and sums are stored as JSON texts."""

    shop: str
    customer_id: str
    order_id: str
    lot_id: UUID
    facts: Sequence[tuple[int | str, ...]]
    posted: Sequence[PackedSum]


class StateRow(Struct, frozen=True):
    """The columns of ``customers`` that settling writes."""

    shop: str
    customer_id: str
    available: int
    pending: int
    held: int
    debt: int
    lifetime: int
    tier: str
    tier_until: datetime | None
    announced_tier: str | None
    next_expiry_at: datetime | None
    next_expiry_points: int | None
    version: int
    settled_at: datetime | None
    backfill_until: datetime | None
    due_at: datetime | None
    warned: Sequence[datetime]


_SAVE_STATES = f"""
    UPDATE customers AS c SET {", ".join(f"{name} = w.{name}" for name in StateRow.__struct_fields__[2:])}
    FROM {record_set(StateRow)} WHERE c.shop = w.shop AND c.customer_id = w.customer_id
"""  # noqa: S608
_SAVE_ORDERS = f"""
    INSERT INTO orders ({columns(OrderRow)}) SELECT * FROM {record_set(OrderRow, facts="text", posted="text")}
    ON CONFLICT (shop, customer_id, order_id) DO UPDATE SET (facts, posted) = (excluded.facts, excluded.posted)
"""  # noqa: S608


async def load_accounts(connection: Connection, keys: Collection[CustomerKey]) -> Iterator[tuple[CustomerKey, Account]]:
    """The accounts of the stored customers among ``keys``.

    Each is unpacked when it is reached: an account takes three times the memory of its rows, and a batch has two
    thousand customers.
    """
    rows = await connection.fetch(
        """
        SELECT c.shop, c.customer_id, order_id, lot_id, facts, posted,
               version, settled_at, backfill_until, announced_tier, warned
        FROM customers c JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
        LEFT JOIN orders o ON (o.shop, o.customer_id) = (c.shop, c.customer_id)
        """,
        keys_as_json(keys),
    )
    of_customers: defaultdict[CustomerKey, list[Row]] = defaultdict(list)
    for row in rows:
        of_customers[CustomerKey(row[0], row[1])].append(row)
    return ((key, _account(of_customers.pop(key))) for key in list(of_customers))


def state_row(key: CustomerKey, account: Account, settled: Settled) -> StateRow:
    """The row to write after settling ``account``."""
    next_expiry_at, next_expiry_points = settled.next_expiry or (None, None)
    return StateRow(
        *key,
        *settled.balance,
        settled.tier,
        _from_us(settled.tier_until),
        account.announced_tier,
        _from_us(next_expiry_at),
        next_expiry_points,
        account.version,
        _from_us(account.settled_at),
        _from_us(account.backfill_until),
        _from_us(settled.due_at),
        [from_us(at) for at in sorted(account.warned)],
    )


async def save_states(connection: WorkerConnection, rows: Sequence[StateRow]) -> None:
    """Write the state of settled customers."""
    await connection.execute(_SAVE_STATES, as_json(rows))


def changed_orders(key: CustomerKey, account: Account) -> Iterator[OrderRow]:
    """The orders of ``account`` that changed since they were read."""
    for order in account.orders.values():
        if order.changed:
            yield OrderRow(*key, order.order_id, order.lot_id, packed_facts(order.facts), packed(order.posted))


async def save_orders(connection: WorkerConnection, rows: Sequence[OrderRow]) -> None:
    """Insert or update orders."""
    if rows:
        await connection.execute(_SAVE_ORDERS, as_json(rows))


async def end_backfill(connection: WorkerConnection, shop: str, partition: int, now: datetime) -> None:
    """Make the customers of a partition whose history came in due now; locked ones stay due at the end of quiet."""
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


def _account(rows: Sequence[Row]) -> Account:
    """The account from all rows of one customer: one row per order, or one row without an order."""
    *_, version, settled_at, backfill_until, announced_tier, warned = rows[0]
    orders = (unpack_order(*row[2:6]) for row in rows if row["order_id"] is not None)
    return Account(
        {order.order_id: order for order in orders},
        version=version,
        settled_at=None if settled_at is None else to_us(settled_at),
        backfill_until=None if backfill_until is None else to_us(backfill_until),
        announced_tier=announced_tier,
        warned=[to_us(expiry) for expiry in warned],
    )


def _from_us(at: int | None) -> datetime | None:
    return None if at is None else from_us(at)
