"""Rebuilding ingest from its own topics: event ids, which deduplicate, profiles, orders of guests, shops, and sources
as their events show them.

Bodies, quarantine, keys, waiting refunds and unpublished events are on no topic, and are lost.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from ingest.domain.consents import ADDRESSES, STATEMENTS, History
from ingest.domain.order_owner import ACCOUNT, rank
from ingest.domain.profile import ATTRIBUTE, PHONE_ID, Profile
from ingest.domain.stamped import Stamped
from ingest.hallway import own_consents
from ingest.hallway.rows.order_owners import UnsettledEvent, remove_unclaimed, save_unclaimed
from ingest.identity.profile_rows import StoredProfile, load_profiles, save_profiles
from ingest.identity.rows import give_past
from ingest.rebuild.erasures import apply_erasure
from ingest.rebuild.identities import apply_identities, find_addresses, load_standings, until
from ingest.rebuild.rows import EventRow, SourceRow, close_source, save_events, save_sources, set_records
from mandegar.customers.merging import unrouted
from mandegar.database import WorkerConnection, transaction
from mandegar.events import CustomerKey, Event
from mandegar.events.addresses import canonical_address
from mandegar.events.contacts import ContactUpdated
from mandegar.events.registry import ABOUT_ORDERS, ERASURE_TYPES, IDENTITY_TYPES, SPLIT, TOMBSTONE, types_of
from mandegar.events.topics import INGEST_CONTACTS, INGEST_EVENTS
from mandegar.quantities import to_us
from mandegar.service.context import Context
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.service.settings import ServiceSettings
from mandegar.shops import record_shops
from mandegar.stream import on

SNAPSHOTS = frozenset({"customer.updated", "contact.updated"})
OF_SHOPS = frozenset({"shop.updated", "source.closed"})
MOVES = frozenset({"order.moved"})
_NO_ACTS = SNAPSHOTS | OF_SHOPS | MOVES | IDENTITY_TYPES | {TOMBSTONE}
_CONTACT = ("email", "phone", "name", "locale", "zone")
_CUSTOMER = ("locale", "zone", "birthday", PHONE_ID)


async def apply(
    events: Sequence[Event],
    connection: WorkerConnection,
    now: datetime,
) -> Sequence[Event]:
    """Write what the events show; nothing is published."""
    await record_shops(connection, events)
    for part, erasure in until(ERASURE_TYPES, events):
        if part:
            await _apply(part, connection, now)
        if erasure is not None:
            await apply_erasure(connection, unrouted(erasure), now)
    return ()


async def _apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> None:
    """Write the events of a part without erasures. Of erased customers the ids alone: they are the deduplication."""
    standings = await load_standings(connection, events)
    for part, split in until({SPLIT}, events):
        acts = [event for event in part if event.type not in _NO_ACTS]
        if acts:
            await save_events(connection, [_event_row(event) for event in acts])
            await save_sources(connection, list(_sources(acts).values()))
        await _remember_unclaimed(connection, [event for event in part if not standings.drops(unrouted(event))], now)
        if split is not None:  # what stands behind it is the alias's own
            await give_past(connection, CustomerKey(split.shop, split.data.alias), split.data.root)
    for event in events:
        if event.type == "source.closed":
            await close_source(connection, event.data.source_id, event.time)
    await apply_identities(connection, events, now, standings)
    snapshots = [event for event in events if event.type in SNAPSHOTS and not standings.drops(unrouted(event))]
    await _apply_snapshots(connection, snapshots, standings.roots)


async def _remember_unclaimed(connection: WorkerConnection, events: Sequence[Event], now: datetime) -> None:
    """Keep the events about orders of guests and browsers: an account may claim the order. Moved ones are gone."""
    unclaimed: dict[tuple[str, str | None, str], list[UnsettledEvent]] = {}
    moved: list[tuple[str, str | None, str]] = []
    for event in events:
        named = event.alias or event.customer_id
        if event.type in ABOUT_ORDERS and named is not None and rank(named) < ACCOUNT:
            of_order = (event.shop, named, event.data.order_id)
            if event.type in MOVES:
                unclaimed.pop(of_order, None)
                moved.append(of_order)
            else:
                unclaimed.setdefault(of_order, []).append(UnsettledEvent(unrouted(event), named))
    await save_unclaimed(connection, [event for of_order in unclaimed.values() for event in of_order], now)
    await remove_unclaimed(connection, moved)


async def _apply_snapshots(
    connection: WorkerConnection, snapshots: Sequence[Event], aliases: Collection[CustomerKey]
) -> None:
    """Write the profiles. Of one of ``aliases`` the version alone: its root's snapshots have what it held."""
    keys = sorted({unrouted(event).customer for event in snapshots})
    if not keys:
        return
    stored = await load_profiles(connection, keys)
    changed: dict[CustomerKey, StoredProfile] = {}
    for event in snapshots:
        key = unrouted(event).customer
        before = changed.get(key) or stored[key]
        version = max(before.version, event.data.version)
        changed[key] = StoredProfile(
            version, before.profile if key in aliases else _with_snapshot(before.profile, event)
        )
    await save_profiles(connection, changed)


def _with_snapshot(profile: Profile, event: Event) -> Profile:
    """The profile with the fields of the snapshot, stamped with its time and cause instead of their own."""
    data, cause, at = event.data, str(event.causation_id or event.id), to_us(event.time)
    if event.type == "contact.updated":
        values = {field: getattr(data, field) for field in _CONTACT}
        updated = {name: field for name, field in profile.fields.items() if name not in _CONTACT}
    else:
        values = {field: getattr(data, field) for field in _CUSTOMER}
        values |= {ATTRIBUTE + name: value for name, value in data.attributes.items()}
        kept = profile.fields.items()
        updated = {name: field for name, field in kept if name not in _CUSTOMER and ATTRIBUTE not in name}
    for field, value in values.items():
        if value is not None:
            updated[field] = Stamped(str(value), at, cause)
    return Profile(updated, _histories(data, at, cause) if event.type == "contact.updated" else profile.histories)


def _histories(data: ContactUpdated, at: int, cause: str) -> dict[str, History]:
    """The histories of addresses and statements, as far as a snapshot shows them."""
    histories: dict[str, History] = {}
    for channel, address, since in (("email", data.email, data.email_since), ("sms", data.phone, data.phone_since)):
        if since is not None:
            present = None if address is None else canonical_address(address)
            # Which address the customer had before is not known.
            histories[ADDRESSES + channel] = (Stamped(None, 0, ""), Stamped(present, to_us(since), cause))
        elif address is not None:
            histories[ADDRESSES + channel] = (Stamped(canonical_address(address), at, cause),)
    for channel, consent in data.consents.items():
        value: dict[str, object] = {"status": consent.status, "method": consent.method}
        if consent.address is not None:
            value |= {"flag": consent.flag, "address": consent.address}
        histories[STATEMENTS + channel] = (Stamped(value, to_us(consent.at), cause),)
    return histories


def _event_row(event: Event) -> EventRow:
    return EventRow(
        event_id=event.id,
        shop=event.shop,
        source_id=_source_id(event),
        type=event.type,
        customer_id=event.alias or event.customer_id,
        order_id=event.data.order_id if event.type in ABOUT_ORDERS else None,
        time=event.time,
        recorded_time=event.recorded_time,
    )


def _sources(acts: Sequence[Event]) -> dict[str, SourceRow]:
    """The sources of the events, each with the fewest rights that allow what it sent.

    Two live sources of a shop may have sent orders, because the role of the record moves: ``complete`` decides.
    """
    sources: dict[str, SourceRow] = {}
    for event in acts:
        orders, source_id = event.type in ABOUT_ORDERS, _source_id(event)
        before = sources.get(source_id)
        server = orders or event.backfill or (before is not None and before.trust == "server")
        sources[source_id] = SourceRow(
            id=source_id,
            shop=event.shop,
            trust="server" if server else "browser",
            record_of_orders=event.backfill and (orders or (before is not None and before.record_of_orders)),
            historical=event.backfill,
            created_at=event.recorded_time if before is None else min(before.created_at, event.recorded_time),
        )
    return sources


def _source_id(event: Event) -> str:
    return event.source.rpartition(":")[2]


async def complete(context: Context[ServiceSettings]) -> None:
    """Make the live source whose order was accepted last the record of orders of its shop: the role is on no topic.

    And find the guests whose addresses are accounts', in the profiles.
    """
    async with transaction(context.worker) as connection:
        await set_records(connection)
    after: CustomerKey | None = CustomerKey("", "")
    while after is not None:
        async with transaction(context.worker) as connection:
            after = await find_addresses(connection, after, context.identity_key)


REBUILD = Rebuild(
    reads=(
        on(types_of(INGEST_EVENTS) | types_of(INGEST_CONTACTS), apply, group=REBUILD_GROUP, sees_erased=True),
        own_consents.READ,
    ),
    finish=complete,
)
