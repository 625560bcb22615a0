"""Customers in and out of their rows: one read and one write for a whole batch."""

from collections.abc import Collection, Iterable
from typing import Final

from churn.domain.customer import Customer
from churn.domain.orders import pack, unpack
from shared.database import Connection, Row
from shared.events import CustomerKey

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
    FROM customers JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
"""  # noqa: S608  names of our own columns
_WRITE = f"""
    UPDATE customers c
    SET orders = w.orders, {", ".join(f"{name} = w.{name}" for name in _STATE)}
    FROM unnest($1::text[], $2::text[], $3::bytea[],
                {", ".join(f"${number}::{of}[]" for number, of in enumerate(_STATE.values(), start=4))})
         AS w(shop, customer_id, orders, {_NAMES})
    WHERE c.shop = w.shop AND c.customer_id = w.customer_id
"""  # noqa: S608


def customer_of(row: Row) -> Customer:
    """The customer in a row of ``COLUMNS``."""
    shop, customer_id, partition, orders, *state = row
    return Customer(shop, customer_id, partition, unpack(orders), *state)


async def load_customers(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Customer]:
    """The customers of ``keys``; their rows are locked already."""
    rows = await connection.fetch(_LOAD, [key.shop for key in keys], [key.customer_id for key in keys])
    return {CustomerKey(row["shop"], row["customer_id"]): customer_of(row) for row in rows}


async def write_customers(connection: Connection, customers: Iterable[Customer]) -> None:
    """Write the state of customers back to their rows."""
    changed = list(customers)
    if not changed:
        return
    state = ([getattr(customer, name) for customer in changed] for name in _STATE)
    await connection.execute(
        _WRITE,
        [customer.shop for customer in changed],
        [customer.customer_id for customer in changed],
        [pack(customer.orders) for customer in changed],
        *state,
    )
