"""Ingest from its own topics: ids (which is the deduplication), profiles, shops, and what is told of sources.

Bodies, quarantine, keys, waiting refunds and whatever was never published stand on no topic: they are gone.
"""

from collections.abc import Sequence
from datetime import datetime

from ingest.domain.profile import ATTRIBUTE, CONSENT, Profile, Stamped
from ingest.hallway.rows.profiles import StoredProfile, load_profiles, save_profiles
from ingest.rebuild import rows as remembering
from ingest.rebuild.rows import EventRow, SourceRow
from mandegar.database import Connection
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import ORDER_TYPES, types_of
from mandegar.events.topics import INGEST_CONTACTS, INGEST_EVENTS
from mandegar.quantities import to_us
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.shops import record_shops
from mandegar.stream import on

SNAPSHOTS = frozenset({"customer.updated", "contact.updated"})
OF_SHOPS = frozenset({"shop.updated", "source.closed"})
_CONTACT = ("email", "phone", "name", "locale", "zone")
_CUSTOMER = ("locale", "zone", "birthday")


async def remember(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Take in what ingest has published."""
    await record_shops(connection, events)
    acts = [event for event in events if event.type not in SNAPSHOTS | OF_SHOPS]
    if acts:
        await remembering.save_events(connection, [_event_row(event) for event in acts])
        await remembering.save_sources(connection, _sources(acts).values())
    for event in events:
        if event.type == "source.closed":
            await remembering.close_source(connection, event.data.source_id, event.time)
    await _remember_profiles(connection, [event for event in events if event.type in SNAPSHOTS])
    return ()


async def _remember_profiles(connection: Connection, snapshots: Sequence[Event]) -> None:
    keys = sorted({event.customer for event in snapshots})
    if not keys:
        return
    known = await load_profiles(connection, keys)
    changed: dict[CustomerKey, StoredProfile] = {}
    for event in snapshots:
        before = changed.get(event.customer) or known[event.customer]
        version = max(before.version, event.data.version)
        changed[event.customer] = StoredProfile(version, _with_snapshot(before.profile, event))
    await save_profiles(connection, changed)


def _with_snapshot(profile: Profile, event: Event) -> Profile:
    """The profile with everything that a snapshot says, as if it had been said when the snapshot was taken."""
    data, cause, at = event.data, str(event.causation_id or event.id), to_us(event.time)
    if event.type == "contact.updated":
        told = {field: getattr(data, field) for field in _CONTACT}
        rest = {field: said for field, said in profile.items() if field not in _CONTACT and CONSENT not in field}
    else:
        told = {field: getattr(data, field) for field in _CUSTOMER}
        told |= {ATTRIBUTE + name: value for name, value in data.attributes.items()}
        rest = {field: said for field, said in profile.items() if field not in _CUSTOMER and ATTRIBUTE not in field}
    for field, value in told.items():
        if value is not None:
            rest[field] = Stamped(str(value), at, cause)
    if event.type == "contact.updated":
        for channel, consent in data.consents.items():
            word: dict[str, str] = {"status": consent.status, "method": consent.method}
            rest[CONSENT + channel] = Stamped(word, to_us(consent.at), cause)
    return rest


def _event_row(event: Event) -> EventRow:
    return EventRow(
        event_id=event.id,
        shop=event.shop,
        source_id=_source_id(event),
        type=event.type,
        customer_id=event.customer_id,
        order_id=event.data.order_id if event.type in ORDER_TYPES else None,
        time=event.time,
        recorded_time=event.recorded_time,
    )


def _sources(acts: Sequence[Event]) -> dict[str, SourceRow]:
    """The sources of a batch, each with the least rights with which it can have sent what it sent."""
    found: dict[str, SourceRow] = {}
    for event in acts:
        orders, source_id = event.type in ORDER_TYPES, _source_id(event)
        before = found.get(source_id)
        found[source_id] = SourceRow(
            id=source_id,
            shop=event.shop,
            trust="server"
            if orders or event.backfill or (before is not None and before.trust == "server")
            else "browser",
            record_of_orders=orders or (before is not None and before.record_of_orders),
            historical=event.backfill,
            created_at=event.recorded_time if before is None else min(before.created_at, event.recorded_time),
        )
    return found


def _source_id(event: Event) -> str:
    return event.source.rpartition(":")[2]


REBUILD = Rebuild(
    reads=(on(types_of(INGEST_EVENTS) | types_of(INGEST_CONTACTS), remember, group=REBUILD_GROUP),),
)
