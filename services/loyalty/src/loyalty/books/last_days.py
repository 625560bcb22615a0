"""The background task that keeps the last day with entries which do not have it: older ones, and those of a rebuild."""

from datetime import date

from loyalty.account.rows import changed_orders, load_accounts, save_orders
from loyalty.books.last_day_rows import fill, unfilled
from loyalty.domain.account import Account
from loyalty.programme.rows import Rules, load_rules
from loyalty.settings import LoyaltySettings
from mandegar.customers.locking import lock_customers
from mandegar.database import transaction
from mandegar.quantities import to_us
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)
SECONDS = 60.0


async def keep_last_days(context: Context[LoyaltySettings]) -> None:
    """Fill until cancelled."""
    await every(SECONDS, lambda: keep_some(context), name="keep last days")


async def keep_some(context: Context[LoyaltySettings]) -> bool:
    """Fill the entries of some customers, and the sums of their orders; True if there may be more."""
    now = to_us(context.clock.now())
    async with transaction(context.worker) as connection:
        keys = await unfilled(connection)
        if not keys:
            return False
        await lock_customers(connection, keys, context.settings.partitions)
        rules = await load_rules(connection, {key.shop for key in keys})
        last_days: dict[str, date] = {}
        for key, account in await load_accounts(connection, keys):
            last_days |= _last_days(account, rules[key.shop], now)
            await save_orders(connection, list(changed_orders(key, account.orders.values())))
        await fill(connection, keys, last_days)
    log.info("last_days_kept", customers=len(keys))
    return True


def _last_days(account: Account, rules: Rules, now: int) -> dict[str, date]:
    """The last day of each lot, by its id, which is kept with what was posted for its order as well."""
    timeline = account.at(*rules, account.settled_at or now)
    lots = [*timeline.lots, *timeline.credit]
    for lot in lots:
        order = account.orders.get(lot.order_id)
        if order is None:  # it earns credit of which nothing is posted
            continue
        for key, posted in order.posted.items():
            if not posted.last_day:
                order.posted[key], order.changed = posted._replace(last_day=lot.last_day), True
    return {str(lot.lot_id): date.fromordinal(lot.last_day) for lot in lots}
