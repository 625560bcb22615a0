"""The background task that counts customers whose rows are from before the figures, or before those of visits: nobody
else touches the idle.
"""

from collections.abc import Collection

from churn.customers.rows import load_any, write_customers
from churn.domain.customer_turnover import count
from churn.orders.rows import complete
from mandegar.calendar import shop_days
from mandegar.customers.locking import lock_customers
from mandegar.database import WorkerConnection, transaction
from mandegar.events import CustomerKey
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

SECONDS = 30.0
CUSTOMERS_AT_ONCE = 500
# Indexes ix_customers_uncounted and ix_customers_unvisited have these alone.
_UNCOUNTED = """
    (SELECT shop, customer_id FROM customers
    WHERE turnover = ''::bytea AND octet_length(orders) > 1 AND zone IS NOT NULL ORDER BY shop, customer_id LIMIT $1)
    UNION
    (SELECT shop, customer_id FROM customers
    WHERE visit_months = ''::bytea AND substr(signals, 3, 1) > '\\x00'::bytea ORDER BY shop, customer_id LIMIT $1)
    LIMIT $1
"""


async def count_customers(context: Context) -> None:
    """Count until cancelled."""
    await every(SECONDS, lambda: count_some(context), name="count customers")


async def count_some(context: Context) -> bool:
    """Count some customers; True if there may be more."""
    async with transaction(context.worker) as connection:
        keys = [CustomerKey(*row) for row in await connection.fetch(_UNCOUNTED, CUSTOMERS_AT_ONCE)]
        await lock_customers(connection, keys, context.settings.partitions)
        counted = await _count(connection, keys)
    if counted:
        log.info("customers_counted", customers=counted)
    return counted == CUSTOMERS_AT_ONCE


async def _count(connection: WorkerConnection, keys: Collection[CustomerKey]) -> int:
    counted = []
    for key, customer in (await load_any(connection, keys)).items():
        if customer.zone is not None and not customer.is_counted:
            try:
                await complete(connection, {key: customer.packed})
            except ValueError:  # broken rows, which ``churn check`` finds: the others have to be counted
                log.warning("customer_not_counted", shop=key.shop)
                continue
            count(customer, shop_days(customer.zone))
        counted.append(customer)
    await write_customers(connection, counted)
    return len(counted)
