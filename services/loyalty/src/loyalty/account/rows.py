"""Rows of accounts: read for a batch of customers at once, and written back after settling."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from loyalty.account.packing import (
    PackedSum,
    packed,
    packed_credit,
    packed_facts,
    packed_remembered,
    unpack_order,
    unpack_remembered,
)
from loyalty.domain.account import Account, Order
from loyalty.domain.remembered import REMEMBERED_FROM, Mark, Remembered
from loyalty.domain.settled import Settled
from mandegar.database import KEYS, Connection, Row, WorkerConnection, as_json, columns, keys_as_json, record_set
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, scaled, to_us

# A giant's first walk writes all of its orders: as one argument they would be tens of megabytes.
ROWS_AT_ONCE = 5_000


class OrderRow(Struct, frozen=True):
    """One row of ``orders``; its facts and sums are stored as JSON texts."""

    shop: str
    customer_id: str
    order_id: str
    lot_id: UUID
    facts: Sequence[tuple[object, ...]]
    posted: Sequence[PackedSum]


class MarkedRow(Struct, frozen=True):
    """One row of ``orders`` with what is remembered of it."""

    shop: str
    customer_id: str
    order_id: str
    lot_id: UUID
    facts: Sequence[tuple[object, ...]]
    posted: Sequence[PackedSum]
    earned_at: int | None
    changed_at: int | None
    next_at: int | None
    expires_at: int | None
    net: int
    tier: int
    pending: int
    available: int
    held: int
    is_first: bool | None


class StateRow(Struct, frozen=True):
    """The columns of ``customers`` that settling writes."""

    shop: str
    customer_id: str
    available: int
    pending: int
    held: int
    debt: int
    lifetime: int
    credit: str | None
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
    at_risk_until: datetime | None
    remembered: str | None


_SAVE_STATES = f"""
    UPDATE customers AS c SET {", ".join(f"{name} = w.{name}" for name in StateRow.__struct_fields__[2:])}
    FROM {record_set(StateRow)} WHERE c.shop = w.shop AND c.customer_id = w.customer_id
"""  # noqa: S608
_SAVE_ORDERS = f"""
    INSERT INTO orders ({columns(OrderRow)}) SELECT * FROM {record_set(OrderRow, facts="text", posted="text")}
    ON CONFLICT (shop, customer_id, order_id) DO UPDATE SET (facts, posted) = (excluded.facts, excluded.posted)
"""  # noqa: S608


_SAVE_MARKED = f"""
    INSERT INTO orders ({columns(MarkedRow)})
    SELECT * FROM {record_set(MarkedRow, facts="text", posted="text", net="numeric", tier="smallint")}
    ON CONFLICT (shop, customer_id, order_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in MarkedRow.__struct_fields__[4:])}
"""  # noqa: S608
_STATE = """
    c.shop, c.customer_id, version, settled_at, backfill_until, announced_tier, warned, erasure_version, at_risk_until,
    remembered
"""
# The columns of an order, with the marks that follow.
ORDER = "o.order_id, o.lot_id, o.facts, o.posted"
MARK = "o.earned_at, o.changed_at, o.next_at, o.expires_at, o.net, o.tier, o.pending, o.available, o.held, o.is_first"
_STATE_COLUMNS = 10

_LOAD = f"""
    SELECT {_STATE}, {ORDER}, {MARK} FROM customers c JOIN {KEYS} USING (shop, customer_id)
    LEFT JOIN orders o ON (o.shop, o.customer_id) = (c.shop, c.customer_id)
"""  # noqa: S608
_LOAD_SMALL = f"""
    SELECT {_STATE}, {ORDER} FROM customers c JOIN {KEYS} USING (shop, customer_id)
    LEFT JOIN LATERAL (
        SELECT * FROM orders o WHERE o.shop = c.shop AND o.customer_id = c.customer_id AND c.remembered IS NULL
        LIMIT {REMEMBERED_FROM}
    ) AS o ON true
    WHERE c.merged_into IS NULL
"""  # noqa: S608


class Loaded(NamedTuple):
    """Accounts with all of their orders, and those with so many that their state alone was read."""

    small: Iterator[tuple[CustomerKey, Account]]
    large: dict[CustomerKey, tuple[Account, Remembered | None]]


async def load_accounts(connection: Connection, keys: Collection[CustomerKey]) -> Iterator[tuple[CustomerKey, Account]]:
    """The accounts of the stored customers among ``keys``, with all of their orders.

    Each is unpacked when it is reached: an account takes three times the memory of its rows, and a batch has two
    thousand customers.
    """
    of_customers = _by_customer(await connection.fetch(_LOAD, keys_as_json(keys)))
    return ((key, _account(of_customers.pop(key))) for key in list(of_customers))


async def account_of(connection: Connection, key: CustomerKey) -> Account:
    """The account of a stored customer, with all of its orders."""
    return dict(await load_accounts(connection, [key]))[key]


async def load_small(connection: Connection, keys: Collection[CustomerKey]) -> Loaded:
    """The stored customers among ``keys``: accounts with few orders are read whole, and unpacked when reached."""
    of_customers = _by_customer(await connection.fetch(_LOAD_SMALL, keys_as_json(keys)))
    large = {}
    for key, rows in list(of_customers.items()):
        remembered = rows[0]["remembered"]
        if remembered is not None or len(rows) == REMEMBERED_FROM:
            large[key] = _account(rows[:1], with_orders=False), unpack_remembered(remembered)
            del of_customers[key]
    return Loaded(((key, _account(of_customers.pop(key))) for key in list(of_customers)), large)


async def count_orders(connection: Connection, keys: Collection[CustomerKey], at_most: int) -> dict[CustomerKey, int]:
    """How many orders customers have; no more than ``at_most`` are counted."""
    rows = await connection.fetch(
        f"""
        SELECT w.shop, w.customer_id, (
            SELECT count(*) FROM (
                SELECT FROM orders o WHERE o.shop = w.shop AND o.customer_id = w.customer_id LIMIT $2
            ) AS counted
        ) FROM {KEYS}
        """,  # noqa: S608
        keys_as_json(keys),
        at_most,
    )
    return {CustomerKey(row[0], row[1]): row[2] for row in rows}


async def has_more_orders(connection: Connection, key: CustomerKey, most: int) -> bool:
    """Whether a stored customer has more orders than ``most``."""
    return (await count_orders(connection, [key], most + 1))[key] > most


def state_row(key: CustomerKey, account: Account, settled: Settled) -> StateRow:
    """The row to write after settling ``account``."""
    next_expiry_at, next_expiry_points = settled.next_expiry or (None, None)
    return StateRow(
        *key,
        *settled.balance,
        packed_credit(settled.credit),
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
        _from_us(account.at_risk),
        packed_remembered(settled.remembered and settled.remembered._replace(version=account.version)),
    )


async def save_states(connection: WorkerConnection, rows: Sequence[StateRow]) -> None:
    """Write the state of settled customers."""
    await connection.execute(_SAVE_STATES, as_json(rows))


def changed_orders(key: CustomerKey, orders: Iterable[Order]) -> Iterator[OrderRow | MarkedRow]:
    """The rows of those among ``orders`` that changed since they were read."""
    for order in orders:
        if order.changed:
            facts, posted = packed_facts(order.facts), packed(order.posted)
            if order.mark is None:
                yield OrderRow(*key, order.order_id, order.lot_id, facts, posted)
            else:
                yield MarkedRow(*key, order.order_id, order.lot_id, facts, posted, **order.mark._asdict())


async def save_orders(connection: WorkerConnection, rows: Sequence[OrderRow | MarkedRow]) -> None:
    """Insert or update orders."""
    for statement, wanted in ((_SAVE_ORDERS, OrderRow), (_SAVE_MARKED, MarkedRow)):
        some = [row for row in rows if isinstance(row, wanted)]
        for place in range(0, len(some), ROWS_AT_ONCE):
            await connection.execute(statement, as_json(some[place : place + ROWS_AT_ONCE]))


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


def unpack_marked(row: Row, place: int) -> Order:
    """The order in the columns ``ORDER`` and ``MARK`` of a row, which begin at ``place``."""
    order_id, lot_id, facts, posted, earned_at, changed_at, next_at, expires_at, net, *rest = row[place:]
    mark = None if net is None else Mark(earned_at, changed_at, next_at, expires_at, scaled(net, 0), *rest)
    return unpack_order(order_id, lot_id, facts, posted, mark)


def _by_customer(rows: Iterable[Row]) -> dict[CustomerKey, list[Row]]:
    of_customers: defaultdict[CustomerKey, list[Row]] = defaultdict(list)
    for row in rows:
        of_customers[CustomerKey(row[0], row[1])].append(row)
    return of_customers


def _account(rows: Sequence[Row], *, with_orders: bool = True) -> Account:
    """The account from all rows of one customer: one row per order, or one row without an order."""
    version, settled_at, backfill_until, announced_tier, warned, readmission, at_risk = rows[0][2:9]
    unpack = unpack_marked if len(rows[0]) > _STATE_COLUMNS + 4 else _unpack_unmarked
    orders = (unpack(row, _STATE_COLUMNS) for row in rows if with_orders and row[_STATE_COLUMNS] is not None)
    return Account(
        {order.order_id: order for order in orders},
        version=version,
        settled_at=None if settled_at is None else to_us(settled_at),
        backfill_until=None if backfill_until is None else to_us(backfill_until),
        announced_tier=announced_tier,
        warned=[to_us(expiry) for expiry in warned],
        readmission=readmission,
        at_risk=None if at_risk is None else to_us(at_risk),
        key=CustomerKey(rows[0][0], rows[0][1]),
    )


def _unpack_unmarked(row: Row, place: int) -> Order:
    return unpack_order(*row[place:])


def _from_us(at: int | None) -> datetime | None:
    return None if at is None else from_us(at)
