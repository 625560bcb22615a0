"""The background task that names orders of stored redemptions as they are published.

Earlier releases stored, and told of, an order as the shop wrote it, so that no refund found what had paid a part of it.
A migration does not have the key that makes hashes, and neither has a rebuild, which stores what was told.
"""

from typing import Any

from loyalty.account.post import settle_and_post
from loyalty.account.resume import News
from loyalty.redemptions.proportion import return_in_proportion
from loyalty.redemptions.rename_rows import next_unnamed, save_name
from loyalty.redemptions.rows import RedemptionRow, load_redemptions
from loyalty.redemptions.rules import CONFIRMED, part_paid_fact
from mandegar.customers.locking import lock_customers
from mandegar.database import WorkerConnection, is_transient, transaction
from mandegar.events import CustomerKey
from mandegar.outbox import write_outbox
from mandegar.quantities import to_us
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.stream import beside
from mandegar.telemetry.logging import logger

PAUSE_SECONDS = 30.0
log = logger(__name__)


async def name_orders(context: Context[Any]) -> None:
    """Name orders of redemptions until cancelled."""
    await every(PAUSE_SECONDS, lambda: name_one(context), name="name orders of redemptions")


async def name_one(context: Context[Any]) -> bool:
    """Name the order of the next redemption, and give back what is due of it; False if there is none."""
    async with transaction(context.worker) as connection:
        row = await next_unnamed(connection)
    if row is None:
        return False
    order_id = await context.id_forms.order_id(row.shop, row.order_id or "")
    try:
        async with transaction(context.worker) as connection:
            await _name(connection, row, order_id, context)
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("part_payment_not_linked", shop=row.shop, redemption=str(row.redemption_id))
        async with transaction(context.worker) as connection:  # it must not keep back the others
            await save_name(connection, row, order_id)
    context.wake_relay()
    return True


async def _name(connection: WorkerConnection, row: RedemptionRow, order_id: str, context: Context[Any]) -> None:
    """Name an order, unless another process has, or its redemption went to another customer: then it is looked
    at again.
    """
    customer, key = CustomerKey(row.shop, row.customer_id), (row.shop, row.redemption_id)
    await lock_customers(connection, [customer], context.settings.partitions)
    stored = (await load_redemptions(connection, {key})).get(key)
    if stored is None or stored.customer_id != customer.customer_id or stored.order_written is not None:
        return
    await save_name(connection, stored, order_id)
    if stored.order_id == order_id or stored.state != CONFIRMED or stored.discount is None:
        return
    now = context.clock.now()
    paid = part_paid_fact(to_us(stored.ended_at or stored.reserved_at), stored.redemption_id, stored.of_payment, 0)
    with beside():  # an account with many orders is walked here, once
        outgoing = [
            *await settle_and_post([customer], {customer: News([(order_id, paid)], None, None)}, connection, now)
        ]
        outgoing += await return_in_proportion([(customer, order_id)], connection, now)
    await write_outbox(connection, outgoing)
