"""What erased customers took stays taken from the stock, and names nobody."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.rewards.take_rows import leave_stock
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey
from mandegar.stream import Erased, Removed

WHAT = "reward_takes"
FOR_THE_STOCK = (
    "Name and terms of the reward and the instants stay, so that its stock remains as it was, without the customer"
)


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
    """Take the customer out of the rows."""
    rows = await leave_stock(connection, [each.customer for each in erased])
    return [Removed(CustomerKey(shop, id_), WHAT, 0, count, FOR_THE_STOCK) for shop, id_, count in rows]
