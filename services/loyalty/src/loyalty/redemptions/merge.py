"""Merges accounts, and gives back what is due for orders of which one side had the refund and the other the payment."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.account.merge import merge as merge_accounts
from loyalty.account.post import OrdersInNews
from loyalty.redemptions.come_back import give_back_for
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.stream import Merged


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Merge accounts, to whose roots the redemptions have gone already; returns the events to publish."""
    orders = OrdersInNews([], [])
    outgoing = await merge_accounts(merged, connection, now, orders)
    return [*outgoing, *await give_back_for(orders, connection, now)]
