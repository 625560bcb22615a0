"""The background task that counts answers anew whose shops have moved to another zone."""

from churn.satisfaction.rows import load_answered, with_another_zone, write_answered
from mandegar.customers.locking import lock_customers
from mandegar.database import transaction
from mandegar.service.background import every
from mandegar.service.context import Context

SECONDS = 30.0
CUSTOMERS_AT_ONCE = 500


async def recount_answers(context: Context) -> None:
    """Count anew until cancelled."""
    await every(SECONDS, lambda: recount_some(context), name="recount answers")


async def recount_some(context: Context) -> bool:
    """Count some customers' answers anew; True if there may be more."""
    async with transaction(context.worker) as connection:
        keys = await with_another_zone(connection, CUSTOMERS_AT_ONCE)
        await lock_customers(connection, keys, context.settings.partitions)
        rows = await load_answered(connection, keys)
        if rows:
            await write_answered(connection, {key: row.all() for key, row in rows.items()}, list(rows.values()))
    return len(rows) == CUSTOMERS_AT_ONCE
