"""Choosing the horizon of a shop: its next fit, which is due at once, fits to it."""

from collections.abc import Sequence
from datetime import datetime

from churn import NAME
from churn.models.horizon_rows import Horizon, change_horizon, find_horizon, restore_horizon
from mandegar.database import ShopConnection, WorkerConnection
from mandegar.events import Event
from mandegar.events.churn import HorizonChanged
from mandegar.events.derived import Origin, derived_event
from mandegar.outbox import write_outbox
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on


async def put_horizon(connection: ShopConnection, shop: str, weeks: int, now: datetime) -> Horizon:
    """Store and publish another horizon; the one that the shop has already changes nothing."""
    version = await change_horizon(connection, shop, weeks, now)
    if version is None:
        return await find_horizon(connection, shop)
    changed, id_from = HorizonChanged(weeks=weeks, version=version), f"horizon|{shop}|{version}"
    event = derived_event(NAME, "horizon.changed", changed, about=shop, cause=Origin(), now=now, id_from=id_from)
    await write_outbox(connection, [event])
    return Horizon(weeks, version, now)


async def restore_horizons(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Write the horizons that were published, before the shops are fitted."""
    for event in events:
        horizon = Horizon(event.data.weeks, event.data.version, event.recorded_time)
        await restore_horizon(connection, event.shop, horizon)
    return ()


REBUILD = Rebuild(reads=(on({"horizon.changed"}, restore_horizons, group=f"{REBUILD_GROUP}.horizons"),))
