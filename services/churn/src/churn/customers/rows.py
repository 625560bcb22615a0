"""Rows of customers: one read and one write for a whole batch, and one read for a route."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, get_type_hints

from msgspec import Struct, defstruct

from churn.domain.customer import Customer
from churn.domain.packed import Packed
from churn.domain.remembered import pack_remembered, unpack_remembered
from churn.orders.rows import complete, write_older
from mandegar.calendar import shop_days
from mandegar.database import ReadConnection, Row, WorkerConnection, as_json, keys_as_json, record_set
from mandegar.events import CustomerKey
from mandegar.quantities import to_us
from mandegar.stream import needs_longer

# Older orders that a batch reads in all: a tenth of a second.
OLDER_ORDERS_MAX: Final = 10_000

_KEY: Final = ("shop", "customer_id", "partition")
_BYTES: Final = ("orders", "remembered")
_OF_THE_BATCH: Final = ("packed", "statistics", "healthy_since", "is_folded", "past")
_STATE: Final[dict[str, Any]] = {
    name: hint for name, hint in get_type_hints(Customer).items() if name not in (*_KEY, *_BYTES, *_OF_THE_BATCH)
}
_Written = defstruct(
    "_Written", [("shop", str), ("customer_id", str), ("orders", str), ("remembered", str | None), *_STATE.items()]
)
_state_of = attrgetter(*_STATE)

COLUMNS: Final = ", ".join((*_KEY, *_BYTES, *_STATE))

_LOAD = f"""
    SELECT {COLUMNS}
    FROM customers JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
"""  # noqa: S608  names of our own columns
_FIND = f"SELECT {COLUMNS} FROM customers WHERE shop = $1 AND customer_id = $2"  # noqa: S608
_WRITE = f"""
    UPDATE customers c
    SET orders = decode(w.orders, 'hex'), remembered = decode(w.remembered, 'hex'),
        {", ".join(f"{name} = w.{name}" for name in _STATE)}
    FROM {record_set(_Written)}
    WHERE c.shop = w.shop AND c.customer_id = w.customer_id
"""  # noqa: S608


def customer_of(row: Sequence[Any] | Row) -> Customer:
    """The customer in a row of ``COLUMNS``."""
    shop, customer_id, partition, orders, remembered, *state = row
    customer = Customer(shop, customer_id, partition, {}, Packed(orders), *state)
    if customer.zone is None:
        customer.is_folded = not orders
        return customer
    customer.is_folded, customer.statistics = unpack_remembered(remembered, orders, shop_days(customer.zone))
    if customer.band == "healthy" and customer.band_since is not None and customer.backfill_until is None:
        customer.healthy_since = to_us(customer.band_since)
    return customer


async def load_customers(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Customer]:
    """The customers of ``keys``, whose rows are locked. Raises ``TakesLonger``."""
    rows = await connection.fetch(_LOAD, keys_as_json(keys))
    customers = {CustomerKey(row["shop"], row["customer_id"]): customer_of(row) for row in rows}
    needs_longer(key for key, customer in customers.items() if customer.packed.is_large)
    return customers


async def load_whole(
    connection: WorkerConnection, incomplete: Mapping[CustomerKey, Customer]
) -> dict[CustomerKey, Customer]:
    """Customers as they were read before, with all their orders.

    Raises ``TakesLonger`` for those who have more orders, all of these customers together, than a batch has time for.
    """
    count, beyond = 0, []
    for key in sorted(incomplete, key=lambda key: incomplete[key].packed.older_count):
        count += incomplete[key].packed.older_count
        if count > OLDER_ORDERS_MAX:
            beyond.append(key)
    needs_longer(beyond)
    customers = await load_customers(connection, incomplete)
    await complete(connection, {key: customer.packed for key, customer in customers.items()})
    return customers


async def find_customer(connection: ReadConnection, key: CustomerKey) -> Customer | None:
    """One customer, None if churn has no row of theirs."""
    row = await connection.fetchrow(_FIND, *key)
    return None if row is None else customer_of(row)


async def read_what_is_needed(connection: ReadConnection, customers: Iterable[Customer]) -> None:
    """Read the older orders of those whose assessment needs them, of hardly any."""
    some = [customer for customer in customers if customer.needs_older]
    await complete(connection, {CustomerKey(each.shop, each.customer_id): each.packed for each in some})


async def write_customers(connection: WorkerConnection, customers: Iterable[Customer]) -> None:
    """Write the state of customers to their rows, and the orders that have left these rows to rows of their own."""
    rows, older = [], {}
    for customer in customers:
        row, moved = row_of(customer)
        rows.append(row)
        if moved:
            older[CustomerKey(customer.shop, customer.customer_id)] = moved
    if rows:
        await connection.execute(_WRITE, as_json(rows))
    if older:
        await write_older(connection, older)


def row_of(customer: Customer) -> tuple[Struct, dict[int, bytes]]:
    """The row of a customer, and the older orders whose rows are new or have changed."""
    data, moved = customer.packed.store(customer.orders)
    remembered = None
    if customer.is_folded and customer.zone is not None:
        remembered = pack_remembered(customer.statistics, data, customer.zone).hex()
    row = _Written(customer.shop, customer.customer_id, data.hex(), remembered, *_state_of(customer))
    return row, moved
