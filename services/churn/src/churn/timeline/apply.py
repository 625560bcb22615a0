"""Applies what all services publish of customers to their histories, in a consumer group of its own."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from churn.domain.timeline.entry import MOVED
from churn.domain.timeline.history import ONCE, TYPES, Entries, combine, entries_of
from churn.domain.timeline.orders import refunds_of
from churn.timeline.rows import delete_entries, delete_oldest, load_entries, lock_timelines, save_entries
from mandegar.customers.moved_orders import moves_that_stay
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.shops import load_shops, record_shops
from mandegar.stream import on

GROUP: Final = "timeline"
_SHOP: Final = "shop.updated"


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Apply a batch to the histories concerned. Nothing follows from a history."""
    zones = await _zones(events, connection)
    stay = await moves_that_stay(connection, events)
    entries = entries_of((event for event in events if event.type != _SHOP and event.id not in stay), zones)
    if entries:
        await write(connection, entries, Counter(key for key, _ in entries))
    return ()


async def write(connection: WorkerConnection, entries: Entries, added: Mapping[CustomerKey, int]) -> None:
    """Put entries together with what is stored, and write them. ``added`` is how many more a customer has at most."""
    overfull = await lock_timelines(connection, added)
    if asked := [place for place, entry in entries.items() if entry.type not in ONCE]:
        for stored in await load_entries(connection, asked):
            place = stored.customer, stored.entry_id
            entries[place] = combine(stored, entries[place])
    gone = {(entry.customer, id_) for entry in entries.values() if entry.kind == MOVED for id_ in refunds_of(entry)}
    if gone:
        await delete_entries(connection, gone)
    await save_entries(connection, [entry for place, entry in entries.items() if place not in gone])
    if overfull:
        await delete_oldest(connection, overfull)


async def _zones(events: Collection[Event], connection: WorkerConnection) -> dict[str, str]:
    """The zones of the shops of events. The main group stores a shop; of a new one this group may hear before."""
    shops = {event.shop for event in events}
    stored = await load_shops(connection, shops)
    new = [event for event in events if event.type == _SHOP and event.shop not in stored]
    if new:
        await record_shops(connection, new)
        stored |= await load_shops(connection, {event.shop for event in new})
    return {shop: settings.zone for shop, settings in stored.items()}


READS = (on(TYPES | {_SHOP}, apply, group=GROUP, locks_customers=False),)
