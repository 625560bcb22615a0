"""What stays of the commands of erased customers: their ids."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.till.erased_rows import keep_ids, keep_ids_of
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.stream import Erased, Removed

WHAT = "erased_commands"
FOR_OTHERS = (
    "Ids of redemptions and adjustments stay, without the customer: no later one is published under the same id"
)


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
    """Keep the ids, before the rows are deleted."""
    counts = await keep_ids_of(connection, [each.customer for each in erased])
    return [Removed(key, WHAT, 0, count, FOR_OTHERS) for key, count in counts.items()]


async def restore_redeemed(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Keep the ids of redemptions that were published about erased customers."""
    await keep_ids(connection, {(event.shop, event.data.redemption_id) for event in events})
    return ()


async def restore_adjusted(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Keep the ids of adjustments that were published about erased customers."""
    await keep_ids(connection, {(event.shop, event.data.adjustment_id) for event in events})
    return ()
