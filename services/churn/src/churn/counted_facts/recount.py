"""Counts the facts of shops anew that have moved to another zone."""

from churn.counted_facts.rows import FactTable
from mandegar.customers.locking import lock_customers
from mandegar.database import transaction
from mandegar.service.background import every
from mandegar.service.context import Context

SECONDS = 30.0
CUSTOMERS_AT_ONCE = 500


async def recount(context: Context, *tables: FactTable) -> None:
    """Count anew until cancelled."""

    async def turn() -> bool:
        return any([await recount_some(context, table) for table in tables])

    await every(SECONDS, turn, name="recount facts")


async def recount_some(context: Context, table: FactTable) -> bool:
    """Count some customers' facts anew; True if there may be more."""
    async with transaction(context.worker) as connection:
        keys = await table.with_another_zone(connection, CUSTOMERS_AT_ONCE)
        await lock_customers(connection, keys, context.settings.partitions)
        rows = await table.load(connection, keys)
        if rows:
            await table.write(connection, {key: table.facts(row) for key, row in rows.items()}, list(rows.values()))
    return len(rows) == CUSTOMERS_AT_ONCE
