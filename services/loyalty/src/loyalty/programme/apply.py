"""Applies ``shop.updated``: the shop's settings, the zones that it has had, and changes of its cut-off."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from loyalty.programme.cutoff_rows import record_begun, record_changes
from loyalty.programme.draw_dues import look_at_draws
from loyalty.programme.zone_rows import ZoneRow, insert_zones, newest_zones
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.shops import SHOPS, load_shops
from mandegar.stream import on


async def record_zones(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store each change of a shop's zone as of now: what was settled until now was settled under the zone before."""
    await _record(events, connection, {event.id: now for event in events})
    return ()


async def restore_zones(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store each change of a shop's zone as of the time at which it was recorded, for a rebuild."""
    await _record(events, connection, {event.id: event.recorded_time for event in events})
    return ()


async def _record(events: Sequence[Event], connection: WorkerConnection, since: Mapping[object, datetime]) -> None:
    newest = await newest_zones(connection, {event.shop for event in events})
    changes: list[ZoneRow] = []
    for event in sorted(events, key=_version):
        previous = newest.get(event.shop)
        if previous is not None and (event.data.version <= previous.version or event.data.zone == previous.zone):
            continue
        begin = since[event.id] if previous is None else max(since[event.id], previous.since)
        newest[event.shop] = ZoneRow(event.shop, event.data.version, event.data.zone, begin)
        changes.append(newest[event.shop])
    await insert_zones(connection, changes)
    await look_at_draws(connection, {change.shop for change in changes})


async def record_cutoffs(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Have all customers of a shop recomputed if these settings are newer than the stored ones, and cut otherwise."""
    newest = {event.shop: event.data for event in sorted(events, key=_version)}
    stored = await load_shops(connection, newest)
    changed = [
        shop
        for shop, data in newest.items()
        if shop in stored and data.version > stored[shop].version and data.points_from != stored[shop].points_from
    ]
    await record_changes(connection, sorted(changed))
    await record_begun(connection, sorted(newest.keys() - stored.keys()), now)
    return ()


def _version(event: Event) -> int:
    version: int = event.data.version
    return version


READS = (on({"shop.updated"}, record_cutoffs), SHOPS, on({"shop.updated"}, record_zones))
