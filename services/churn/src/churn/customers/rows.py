"""Rows of customers: one read and one write for a whole batch, and one read for a route."""

from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Any, Final, get_type_hints

from msgspec import defstruct

from churn.domain.customer import Customer
from churn.domain.packing import pack, unpack
from mandegar.database import (
    ReadConnection,
    Row,
    WorkerConnection,
    as_json,
    columns,
    keys_as_json,
    record_set,
)
from mandegar.events import CustomerKey

COLUMNS: Final = columns(Customer)

_KEY: Final = ("shop", "customer_id", "partition", "orders")
_STATE: Final[dict[str, Any]] = {name: hint for name, hint in get_type_hints(Customer).items() if name not in _KEY}
_Written = defstruct("_Written", [("shop", str), ("customer_id", str), ("orders", str), *_STATE.items()])
_state_of = attrgetter(*_STATE)

_LOAD = f"""
    SELECT {COLUMNS}
    FROM customers JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
"""  # noqa: S608  names of our own columns
_FIND = f"SELECT {COLUMNS} FROM customers WHERE shop = $1 AND customer_id = $2"  # noqa: S608
_WRITE = f"""
    UPDATE customers c
    SET orders = decode(w.orders, 'hex'), {", ".join(f"{name} = w.{name}" for name in _STATE)}
    FROM {record_set(_Written)}
    WHERE c.shop = w.shop AND c.customer_id = w.customer_id
"""  # noqa: S608


def customer_of(row: Row) -> Customer:
    """The customer in a row of ``COLUMNS``."""
    shop, customer_id, partition, orders, *state = row
    return Customer(shop, customer_id, partition, unpack(orders), *state)


async def load_customers(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Customer]:
    """The customers of ``keys``, whose rows are locked."""
    rows = await connection.fetch(_LOAD, keys_as_json(keys))
    return {CustomerKey(row["shop"], row["customer_id"]): customer_of(row) for row in rows}


async def find_customer(connection: ReadConnection, key: CustomerKey) -> Customer | None:
    """One customer, None if churn has no row of theirs."""
    row = await connection.fetchrow(_FIND, *key)
    return None if row is None else customer_of(row)


async def write_customers(connection: WorkerConnection, customers: Iterable[Customer]) -> None:
    """Write the state of customers to their rows."""
    changed = list(customers)
    if not changed:
        return
    rows = [_Written(each.shop, each.customer_id, pack(each.orders).hex(), *_state_of(each)) for each in changed]
    await connection.execute(_WRITE, as_json(rows))
