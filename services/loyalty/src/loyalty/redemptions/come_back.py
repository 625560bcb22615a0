"""Gives back what was paid with points, credit or a coupon for orders that were refunded, reduced or cancelled."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.account.post import OrdersInNews
from loyalty.coupons.give_back import return_coupons
from loyalty.redemptions.proportion import return_in_proportion
from mandegar.database import WorkerConnection
from mandegar.events import Event


async def give_back_for(orders: OrdersInNews, connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Give back what is due for orders of locked and settled customers; returns the events to publish."""
    outgoing: list[Event] = []
    if orders.part_paid:
        outgoing += await return_in_proportion(orders.part_paid, connection, now)
    if orders.undone:
        outgoing += await return_coupons(orders.undone, connection, now)
    return outgoing
