"""Rows of customers: one read and one write for a whole batch, and one read for a route."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, get_type_hints

from msgspec import Struct, defstruct

from churn.dimensions.apply import follow_turnovers
from churn.domain.counting import less
from churn.domain.customer import Customer
from churn.domain.customer_turnover import changed_counts, counted_now, take_counted
from churn.domain.packed import Packed, Stored
from churn.domain.remembered import Remembered, pack_remembered, unpack_remembered
from churn.domain.turnover import spans_in
from churn.domain.visit_months import counts_of_visits, with_remembered
from churn.kpis.rows import ShopCounts, record_changes
from churn.orders.rows import add_older, change_older, complete
from mandegar.calendar import shop_days
from mandegar.database import KEYS, ReadConnection, Row, WorkerConnection, as_json, keys_as_json, record_set
from mandegar.events import CustomerKey
from mandegar.stream import needs_longer

# A tenth of a second.
OLDER_ORDERS_MAX: Final = 10_000

_KEY: Final = ("shop", "customer_id", "partition")
_BYTES: Final = ("orders", "remembered", "signals")
_OF_THE_BATCH: Final = (
    "packed",
    "statistics",
    "healthy_since",
    "is_folded",
    "past",
    "is_due_current",
    "list_keys",
    "known_at_us",
)
_COUNTED: Final = ("counted", "turnover", "is_counted", "visit_months", "counted_visits")
# What the library writes.
_MERGED_INTO: Final = "merged_into"
_STATE: Final[dict[str, Any]] = {
    name: hint
    for name, hint in get_type_hints(Customer).items()
    if name not in (*_KEY, *_BYTES, *_OF_THE_BATCH, *_COUNTED, _MERGED_INTO)
}
_Written = defstruct(
    "_Written",
    [
        ("shop", str),
        ("customer_id", str),
        ("orders", str),
        ("remembered", str | None),
        ("signals", str),
        ("turnover", str),
        ("visit_months", str),
        ("crossing_risk", Decimal | None),
        ("crossing_year_value", Decimal | None),
        *_STATE.items(),
    ],
)
_state_of = attrgetter(*_STATE)

# What routes do not read, because they work it out as of now, is read for a batch.
_PUBLISHED: Final = ("lifecycle", "stage", "stage_version", "stage_since", "won_back_at")
READ_COLUMNS: Final = (*_KEY, *_BYTES, *(name for name in _STATE if name not in _PUBLISHED), _MERGED_INTO)
COLUMNS: Final = ", ".join((*READ_COLUMNS, *_PUBLISHED))
COUNTED_COLUMNS: Final = f"{COLUMNS}, turnover, visit_months"

_LOAD = f"""
    SELECT {COUNTED_COLUMNS}
    FROM customers JOIN {KEYS} USING (shop, customer_id)
"""  # noqa: S608  names of our own columns
_FIND = f"SELECT {COLUMNS} FROM customers WHERE shop = $1 AND customer_id = $2 AND erased_at IS NULL"  # noqa: S608
# What was not computed stays, as long as the customer is in a band whose lists are sorted by it.
_LIST_KEY: Final = "CASE WHEN w.band IN ('cooling', 'at_risk', 'lost') THEN coalesce(w.{name}, c.{name}) ELSE 0 END"
_WRITE = f"""
    UPDATE customers c
    SET orders = decode(w.orders, 'hex'), remembered = decode(w.remembered, 'hex'),
        signals = decode(w.signals, 'hex'),
        turnover = decode(w.turnover, 'hex'), visit_months = decode(w.visit_months, 'hex'),
        {", ".join(f"{name} = {_LIST_KEY.format(name=name)}" for name in ("crossing_risk", "crossing_year_value"))},
        {", ".join(f"{name} = w.{name}" for name in _STATE)}
    FROM {record_set(_Written)}
    WHERE c.shop = w.shop AND c.customer_id = w.customer_id
"""  # noqa: S608


def customer_of(row: Sequence[Any] | Row) -> Customer:
    """The customer in a row of ``COLUMNS``, or of ``READ_COLUMNS``."""
    shop, customer_id, partition, orders, remembered, signals, *state = row
    customer = Customer(shop, customer_id, partition, {}, Packed(orders), *state)
    customer.signals = signals
    if customer.zone is None:
        customer.is_folded = not orders
        return customer
    days = shop_days(customer.zone)
    found = unpack_remembered(remembered, orders, days)
    if found is None:
        customer.is_folded = False
        customer.known_at_us = None if customer.last_day is None else days.end_of(customer.last_day) - 1
        return customer
    customer.statistics, healthy_since, model_version = found
    customer.known_at_us = customer.last_order_us
    if model_version == customer.model_version:
        customer.healthy_since = healthy_since
    return customer


async def load_customers(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Customer]:
    """The customers of ``keys``, whose rows are locked. Raises ``TakesLonger``."""
    customers = await load_any(connection, keys)
    needs_longer(key for key, customer in customers.items() if customer.packed.is_large)
    return customers


async def load_any(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Customer]:
    """The customers of ``keys``, whose rows are locked, however large they are."""
    rows = await connection.fetch(_LOAD, keys_as_json(keys))
    return {CustomerKey(row["shop"], row["customer_id"]): counted_customer_of(row) for row in rows}


def counted_customer_of(row: Row) -> Customer:
    """The customer in a row of ``COUNTED_COLUMNS``."""
    *state, counted, visits = row
    customer = customer_of(state)
    take_counted(customer, counted, row["orders"])
    customer.visit_months, customer.counted_visits = with_remembered(visits, customer.signals), visits
    return customer


async def load_whole(
    connection: WorkerConnection, incomplete: Mapping[CustomerKey, Customer]
) -> AsyncIterator[tuple[CustomerKey, Customer]]:
    """Customers as they were read before, one after the other, with all their orders.

    Raises ``TakesLonger`` for those who have more than a batch has time for.
    """
    if not incomplete:
        return
    needs_longer(key for key, customer in incomplete.items() if customer.packed.older_count > OLDER_ORDERS_MAX)
    for key, customer in (await load_customers(connection, incomplete)).items():
        await complete(connection, {key: customer.packed})
        yield key, customer


async def find_customer(connection: ReadConnection, key: CustomerKey) -> Customer | None:
    """One customer, for an alias its root; None if churn has no row of theirs, or they are erased."""
    row = await connection.fetchrow(_FIND, *key)
    customer = None if row is None else customer_of(row)
    if customer is None or customer.merged_into is None:
        return customer
    return await find_customer(connection, CustomerKey(key.shop, customer.merged_into))


async def read_what_is_needed(connection: ReadConnection, customers: Iterable[Customer]) -> None:
    """Read the older orders of those whose assessment needs them, of hardly any."""
    some = [customer for customer in customers if customer.needs_older]
    await complete(connection, {each.key: each.packed for each in some})


async def write_customers(connection: WorkerConnection, customers: Iterable[Customer]) -> None:
    """Write the state of customers to their rows, and the orders that have left these rows to rows of their own."""
    rows, left, changed, figures = [], {}, {}, ShopCounts()
    turned, first = dict[CustomerKey, bytes](), set[CustomerKey]()
    for customer in customers:
        counted = customer.counted
        row, stored = row_of(customer)
        rows.append(row)
        figures.add(customer.shop, changed_counts(counted, customer.counted))
        if customer.visit_months != customer.counted_visits:
            was, is_ = (counts_of_visits(months) for months in (customer.counted_visits, customer.visit_months))
            figures.add(customer.shop, less(is_, was))
            customer.counted_visits = customer.visit_months
        key = customer.key
        was_turnover, turnover = spans_in(counted), spans_in(customer.counted)
        if was_turnover != turnover:
            turned[key] = turnover
            if not was_turnover:
                first.add(key)
        if stored.left:
            left[key] = stored.left
        if stored.changed:
            changed[key] = stored.changed
    if rows:
        await connection.execute(_WRITE, as_json(rows))
    if left:
        await add_older(connection, left)
    if changed:
        await change_older(connection, changed)
    await record_changes(connection, figures)
    await follow_turnovers(connection, turned, first)


def row_of(customer: Customer) -> tuple[Struct, Stored]:
    """The row of a customer, and the orders as they lie in it and in rows of their own."""
    stored = customer.packed.store(customer.orders)
    remembered = None
    if customer.is_folded and customer.zone is not None:
        kept = Remembered(customer.statistics, customer.healthy_since, customer.model_version or 0)
        remembered = pack_remembered(kept, stored.data, customer.zone).hex()
    customer.counted = counted_now(customer, stored.data)
    row = _Written(
        customer.shop,
        customer.customer_id,
        stored.data.hex(),
        remembered,
        customer.signals.hex(),
        customer.counted.hex(),
        customer.visit_months.hex(),
        *(customer.list_keys or (None, None)),
        *_state_of(customer),
    )
    return row, stored
