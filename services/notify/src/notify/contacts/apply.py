"""What other services publish about customers: addresses and consents, language and zone, points and purchases."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import structs

from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.contacts import Consent, ContactUpdated
from mandegar.events.registry import TOMBSTONE
from mandegar.shops import SHOPS
from mandegar.stream import on
from notify.contacts import rows
from notify.contacts.erase_rows import VERSION_MAX, ErasedRow, clear_contacts
from notify.contacts.merge_rows import load_versioned, save_versioned
from notify.contacts.rows import AddressRow, BandLeftRow, PointsAndPurchaseRow, ProfileRow, SnapshotRow
from notify.domain.consent import address_since
from notify.domain.one_person import Versioned, taken_over


async def on_contacts(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the newest snapshot of each customer, and since when each address is theirs; clear those of the erased.

    An erasure is a tombstone behind the snapshots that it ends. That of an alias is not one of its root.
    """
    last = {event.customer: place for place, event in enumerate(events) if event.type == TOMBSTONE and not event.alias}
    if last:
        await clear_contacts(connection, [ErasedRow(*key, version=VERSION_MAX) for key in last])
    await _store(
        [
            event
            for place, event in enumerate(events)
            if event.type != TOMBSTONE and place > last.get(event.customer, -1)
        ],
        connection,
    )
    return ()


async def _store(events: Sequence[Event], connection: WorkerConnection) -> None:
    by_customer: dict[CustomerKey, list[Event]] = {}
    for event in events:
        if event.alias is None:
            by_customer.setdefault(event.customer, []).append(event)
    present = await rows.load_addresses(connection, by_customer.keys())
    snapshots, overtaken = [], [event for event in events if event.alias is not None]
    for key, updates in by_customer.items():
        newer = [event for event in updates if event.data.version > present[key].version]
        if newer:
            snapshots.append(_folded(key, present[key], sorted(newer, key=lambda event: int(event.data.version))))
        if present[key].has_aliases:
            overtaken += [event for event in updates if event.data.version <= present[key].version]
    if snapshots:
        await rows.save_snapshots(connection, snapshots)
    if overtaken:
        await _take_over(overtaken, connection)


async def _take_over(snapshots: Sequence[Event], connection: WorkerConnection) -> None:
    """Take over, as a merge would have, snapshots from before it that come only now.

    They are those of aliases, and those of roots whose versions an alias's had overtaken.
    """
    held = before = await load_versioned(connection, {event.customer for event in snapshots})
    for event in snapshots:
        held = held | {event.customer: taken_over(held[event.customer], _alone(event))}
    if changed := [each for key, each in held.items() if each != before[key]]:
        await save_versioned(connection, changed)


async def on_customer_updated(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store language and zone of the newest profile of each customer; those of aliases are not the root's."""
    newest = _newest_by_version(event for event in events if event.alias is None)
    await rows.save_profiles(
        connection,
        [ProfileRow(*key, event.data.version, event.data.locale, event.data.zone) for key, event in newest.items()],
    )
    return ()


async def on_points_and_purchases(
    events: Sequence[Event],
    connection: WorkerConnection,
    now: datetime,  # noqa: ARG001
) -> Sequence[Event]:
    """Store points and tier of each customer's newest ledger entry, and the instant of their latest purchase.

    That the ledger of an alias is closed says nothing about points: they are in the root's.
    """
    newest = _newest_by_version(
        event for event in events if event.type == "points.posted" and event.data.merged_into is None
    )
    latest: dict[CustomerKey, datetime] = {}
    for event in events:
        if event.type == "order.paid":
            latest[event.customer] = max(event.time, latest.get(event.customer, event.time))
    changed = [_points_and_purchase(key, newest.get(key), latest.get(key)) for key in newest.keys() | latest.keys()]
    await rows.save_points_and_purchases(connection, changed)
    return ()


async def on_band_left(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store that the bands of these customers are over. Those of an alias are no bands of its root.

    Nor are those over of an alias that left for its root: the root may be in the same.
    """
    newest = _newest_by_version(event for event in events if event.alias is None and event.data.merged_into is None)
    await rows.save_bands_left(connection, [BandLeftRow(*key, event.data.version) for key, event in newest.items()])
    return ()


def _newest_by_version(events: Iterable[Event]) -> dict[CustomerKey, Event]:
    newest: dict[CustomerKey, Event] = {}
    for event in events:
        present = newest.get(event.customer)
        if present is None or event.data.version >= present.data.version:
            newest[event.customer] = event
    return newest


def _folded(key: CustomerKey, present: AddressRow, snapshots: Sequence[Event]) -> SnapshotRow:
    """The row after ``snapshots``, which come in the order of their versions.

    One of a release before does not tell since when its addresses hold. The addresses of aliases were no earlier ones.
    """
    _, email, phone, email_since, phone_since, has_aliases = present
    for event in snapshots:
        data: ContactUpdated = event.data
        if has_aliases:
            email_since, phone_since = data.email_since, data.phone_since
        else:
            email_since = data.email_since or address_since(email, email_since, data.email, event.time)
            phone_since = data.phone_since or address_since(phone, phone_since, data.phone, event.time)
        email, phone = data.email, data.phone
    consents = {
        "email": _bound(data.consents.get("email"), email, email_since),
        "sms": _bound(data.consents.get("sms"), phone, phone_since),
    }
    return SnapshotRow(
        *key,
        version=data.version,
        email=email,
        phone=phone,
        name=data.name,
        email_since=email_since,
        phone_since=phone_since,
        shop_consents={channel: msgspec.to_builtins(consent) for channel, consent in consents.items() if consent},
        locale=data.locale,
        zone=data.zone,
    )


def _alone(event: Event) -> Versioned:
    """A customer of whom nothing but this snapshot is known."""
    columns = structs.asdict(_folded(event.customer, AddressRow(0, None, None, None, None), [event]))
    version = columns.pop("version")
    nothing: dict[str, Any] = {"own_consents": {}, "points": None, "tier": None, "last_paid_at": None}
    return Versioned(rows.contact_of(columns | nothing), contact_version=version, profile_version=version)


def _bound(consent: Consent | None, address: str | None, since: datetime | None) -> Consent | None:
    """A consent with its address. One that names none is about the present address, if it is not from before it."""
    if consent is None or consent.address is not None:
        return consent
    return structs.replace(consent, address=address) if since is None or consent.at >= since else None


def _points_and_purchase(key: CustomerKey, posted: Event | None, paid_at: datetime | None) -> PointsAndPurchaseRow:
    if posted is None:
        return PointsAndPurchaseRow(*key, points_version=0, points=None, tier=None, paid_at=paid_at)
    data = posted.data
    return PointsAndPurchaseRow(
        *key, points_version=data.version, points=data.balance.available, tier=data.tier, paid_at=paid_at
    )


READS = (
    SHOPS,
    on({"contact.updated", TOMBSTONE}, on_contacts),
    on({"customer.updated"}, on_customer_updated),
    on({"points.posted", "order.paid"}, on_points_and_purchases),
    on({"band.left"}, on_band_left),
)
