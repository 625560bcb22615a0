"""Merges accounts, and gives back what is due for orders of which one side had the refund and the other the points."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.account.merge import merge as merge_accounts
from loyalty.account.post import OrdersInNews
from loyalty.redemptions.proportion import return_in_proportion
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.stream import Merged


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Merge accounts, to whose roots the redemptions have gone already; returns the events to publish."""
    orders = OrdersInNews([], [])
    outgoing = [*await merge_accounts(merged, connection, now, orders)]
    if orders.part_paid:
        outgoing += await return_in_proportion(orders.part_paid, connection, now)
    return outgoing
