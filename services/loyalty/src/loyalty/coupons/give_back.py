"""A coupon can be used again when the order of its use is cancelled or wholly refunded, if its reward says so."""

from collections.abc import Collection, Sequence
from datetime import datetime

from loyalty.coupons.events import returned_event
from loyalty.coupons.use_rows import give_back_used
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event


async def return_coupons(
    orders: Collection[tuple[CustomerKey, str]], connection: WorkerConnection, now: datetime
) -> Sequence[Event]:
    """Give back the coupons that were used for these undone orders, whosever they are; returns the events to publish.

    What has come back stays, also if the order stands again later. A coupon expires when it would have.
    """
    rows = await give_back_used(connection, {(customer.shop, order_id) for customer, order_id in orders})
    return [returned_event(row, now) for row in rows]
