"""Customers as routes read them: each with the terms that they are assessed under, in one statement."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from churn.customers.rows import READ_COLUMNS, customer_of
from churn.domain.customer import Customer, Terms
from churn.models.rows import TERMS, TERMS_QUERY, terms_in
from churn.orders.rows import OLDER, OLDER_QUERY, OLDER_TABLES, older_in
from mandegar.database import Row, ShopRead
from mandegar.service.context import Context
from mandegar.service.reads import AsOf, read_as_of

_TYPES: Final = {
    "shop": "text",
    "customer_id": "text",
    "partition": "smallint",
    "orders": "bytea",
    "remembered": "bytea",
    "signals": "bytea",
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
    "tickets_opened": "integer",
    "tickets_closed": "integer",
    "x": "integer",
    "first_day": "integer",
    "last_day": "integer",
    "merged_into": "text",
}
_NAMES: Final = READ_COLUMNS
_STATE_END: Final = len(_NAMES) + 1
_WANTED, _MERGED_INTO = 0, _NAMES.index("merged_into") + 1
# What no answer needs is not decoded.
_LEFT_OUT: Final = {"value_at_risk", "x", "first_day", "last_day"}
READING: Final = {"wanted": "text", **{name: _TYPES[name] for name in _NAMES}, **TERMS}
_VALUES: Final = ", ".join(f"NULL::{_TYPES[name]}" if name in _LEFT_OUT else f"c.{name}" for name in _NAMES)
READING_QUERY: Final = f"SELECT w.id, {_VALUES}, {TERMS_QUERY}"
# LIMIT keeps the planner from joining customers to ids by another way than their key: while it takes the tables for
# small, it would read the customers of the whole shop, and keep that plan for the life of a connection.
READING_TABLES: Final = """
    FROM unnest(ids) WITH ORDINALITY AS w(id, place)
        LEFT JOIN LATERAL (SELECT * FROM shops WHERE shop = of_shop LIMIT 1) s ON true
        LEFT JOIN LATERAL (SELECT * FROM customers
            WHERE shop = of_shop AND customer_id = w.id AND erased_at IS NULL LIMIT 1) c ON true
        LEFT JOIN LATERAL (SELECT * FROM models WHERE shop = of_shop AND version = c.model_version LIMIT 1) m ON true
"""
IN_ORDER: Final = "ORDER BY w.place"

READ_CUSTOMERS: Final = ShopRead(
    "read_heard_customers", {"ids": "text[]"}, READING, READING_QUERY + READING_TABLES + IN_ORDER
)
# With all their orders. Row and older orders are of one moment, as only one statement reads them.
READ_WHOLE_CUSTOMERS: Final = ShopRead(
    "read_whole_heard_customers",
    {"ids": "text[]"},
    {**READING, **OLDER},
    f"{READING_QUERY}, {OLDER_QUERY}{READING_TABLES}{OLDER_TABLES}{IN_ORDER}",
)


class Reading(NamedTuple):
    """A customer, None if churn has no row of theirs, and the terms under which they were computed last."""

    customer_id: str
    state: Customer | None
    terms: Terms


def reading_of(row: Row | tuple[Any, ...]) -> Reading:
    """The customer and the terms in the columns ``READING``."""
    customer_id, state, terms = row[0], row[1:_STATE_END], row[_STATE_END : len(READING)]
    customer = None if state[0] is None else customer_of(state)
    return Reading(customer_id, customer, terms_in(terms, customer))


async def read_of_roots(ctx: Context, read: ShopRead, shop: str, ids: Sequence[str]) -> AsOf:
    """The rows of a read in the order of ``ids``; of an alias that of its root, for which it is read again."""
    found = await read_as_of(ctx, read, shop, ids)
    while aliases := {row[_WANTED]: row[_MERGED_INTO] for row in found.rows if row[_MERGED_INTO] is not None}:
        again = await read_as_of(ctx, read, shop, [*set(aliases.values())])
        roots = {row[_WANTED]: row for row in again.rows}
        rows = [row if row[_MERGED_INTO] is None else roots[row[_MERGED_INTO]] for row in found.rows]
        found = AsOf(rows, min(found.as_of, again.as_of))
    return found


async def read_whole(ctx: Context, shop: str, ids: Sequence[str]) -> list[Reading]:
    """Customers in the order of ``ids``, each with all orders; for an alias its root."""
    rows = (await read_of_roots(ctx, READ_WHOLE_CUSTOMERS, shop, ids)).rows
    readings = [reading_of(row) for row in rows]
    for reading, row in zip(readings, rows, strict=True):
        if reading.state is not None:
            reading.state.packed.complete(older_in(row[len(READING) :]))
    return readings


async def with_what_is_needed(ctx: Context, shop: str, readings: Sequence[Reading]) -> list[Reading]:
    """The readings, those again whose assessment needs older orders: hardly any."""
    incomplete = [each.customer_id for each in readings if each.state is not None and each.state.needs_older]
    whole = {each.customer_id: each for each in await read_whole(ctx, shop, incomplete)} if incomplete else {}
    return [whole.get(each.customer_id, each) for each in readings]
