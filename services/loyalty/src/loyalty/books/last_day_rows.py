"""Entries without a last day: their customers, and the last day that is filled in."""

from collections.abc import Mapping, Sequence
from datetime import date

from mandegar.database import WorkerConnection, key_columns
from mandegar.events import CustomerKey

ENTRIES_AT_ONCE = 500

# A partial index has these alone. Nobody knows the lots of the erased any more.
_UNFILLED = """
    SELECT DISTINCT shop, customer_id FROM (
        SELECT shop, customer_id FROM entries
        WHERE last_day IS NULL AND NOT starts_with(customer_id, 'erased:') ORDER BY shop, customer_id LIMIT $1
    ) AS found ORDER BY shop, customer_id
"""
# Entries of a lot that is no more add up to nothing.
_FILL = """
    UPDATE entries e SET last_day = coalesce(($3::jsonb ->> e.lot_id::text)::date, '9999-12-31')
    FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
    WHERE e.shop = w.shop AND e.customer_id = w.customer_id AND e.last_day IS NULL
        AND NOT starts_with(e.customer_id, 'erased:')
"""


async def unfilled(connection: WorkerConnection) -> list[CustomerKey]:
    """Some customers who have entries without a last day."""
    return [CustomerKey(*row) for row in await connection.fetch(_UNFILLED, ENTRIES_AT_ONCE)]


async def fill(connection: WorkerConnection, keys: Sequence[CustomerKey], last_days: Mapping[str, date]) -> None:
    """Keep the last days of lots, given by their ids, with the entries of locked customers; row-level security and a
    trigger permit this change alone.
    """
    days = {lot: day.isoformat() for lot, day in last_days.items()}
    await connection.execute(_FILL, *key_columns(keys), days)
