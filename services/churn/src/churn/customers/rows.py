"""Rows of customers: one read and one write for a whole batch, and one read for a route."""

from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Final

from msgspec import defstruct

from churn.domain.customer import Customer
from churn.domain.orders import pack, unpack
from mandegar.database import Connection, Row, as_json, keys_as_json
from mandegar.events import CustomerKey

_STATE: Final = {
    "due_at": "timestamptz",
    "band": "text",
    "band_since": "timestamptz",
    "value_at_risk": "numeric",
    "version": "bigint",
    "model_version": "bigint",
    "zone": "text",
    "backfill_until": "timestamptz",
    "last_event_at": "timestamptz",
    "interactions": "bigint",
    "last_interaction_at": "timestamptz",
    "tickets_opened": "int",
    "tickets_closed": "int",
    "x": "int",
    "first_day": "int",
    "last_day": "int",
}
_NAMES: Final = ", ".join(_STATE)
COLUMNS: Final = f"shop, customer_id, partition, orders, {_NAMES}"

_LOAD = f"""
    SELECT {COLUMNS}
    FROM customers JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
"""  # noqa: S608  names of our own columns
_FIND = f"SELECT {COLUMNS} FROM customers WHERE shop = $1 AND customer_id = $2"  # noqa: S608  names of our own columns
_WRITE = f"""
    UPDATE customers c
    SET orders = decode(w.orders, 'hex'), {", ".join(f"{name} = w.{name}" for name in _STATE)}
    FROM json_to_recordset($1::json)
         AS w(shop text, customer_id text, orders text, {", ".join(f"{name} {of}" for name, of in _STATE.items())})
    WHERE c.shop = w.shop AND c.customer_id = w.customer_id
"""  # noqa: S608
_Written = defstruct("_Written", ["shop", "customer_id", "orders", *_STATE])
_state_of = attrgetter(*_STATE)


def customer_of(row: Row) -> Customer:
    """The customer in a row of ``COLUMNS``."""
    shop, customer_id, partition, orders, *state = row
    return Customer(shop, customer_id, partition, unpack(orders), *state)


async def load_customers(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Customer]:
    """The customers of ``keys``, whose rows are locked."""
    rows = await connection.fetch(_LOAD, keys_as_json(keys))
    return {CustomerKey(row["shop"], row["customer_id"]): customer_of(row) for row in rows}


async def find_customer(connection: Connection, shop: str, customer_id: str) -> Customer | None:
    """One customer, None if churn has no row of theirs."""
    row = await connection.fetchrow(_FIND, shop, customer_id)
    return None if row is None else customer_of(row)


async def write_customers(connection: Connection, customers: Iterable[Customer]) -> None:
    """Write the state of customers to their rows."""
    changed = list(customers)
    if not changed:
        return
    rows = [_Written(each.shop, each.customer_id, pack(each.orders).hex(), *_state_of(each)) for each in changed]
    await connection.execute(_WRITE, as_json(rows))
