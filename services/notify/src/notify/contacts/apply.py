"""Snapshots of customers by ingest: addresses, consents, language and zone. An older version changes nothing."""

from collections.abc import Iterable, Sequence

import msgspec

from mandegar.database import Connection, Row
from mandegar.events import CustomerKey, Event
from mandegar.events.contacts import ContactUpdated
from notify.contacts import rows as queries
from notify.contacts.rows import ContactRow, ProfileRow
from notify.domain.consent import address_since


async def on_contact_updated(connection: Connection, events: Sequence[Event]) -> None:
    """Keep the newest snapshot of each customer, and since when each address is theirs."""
    if not events:
        return
    by_customer: dict[CustomerKey, list[Event]] = {}
    for event in events:
        by_customer.setdefault(event.customer, []).append(event)
    kept = await queries.load_contacts(connection, by_customer.keys())
    rows = []
    for key, told in by_customer.items():
        fresh = [event for event in told if event.data.version > kept[key]["contact_version"]]
        if fresh:
            rows.append(_folded(key, kept[key], sorted(fresh, key=lambda event: int(event.data.version))))
    if rows:
        await queries.save_contacts(connection, rows)


async def on_customer_updated(connection: Connection, events: Sequence[Event]) -> None:
    """Keep language and zone of the newest profile of each customer."""
    newest = newest_by_version(events)
    if newest:
        rows = [
            ProfileRow(*key, event.data.version, event.data.locale, event.data.zone) for key, event in newest.items()
        ]
        await queries.save_profiles(connection, rows)


def newest_by_version(events: Iterable[Event]) -> dict[CustomerKey, Event]:
    """The event with the highest ``version`` of each customer."""
    newest: dict[CustomerKey, Event] = {}
    for event in events:
        known = newest.get(event.customer)
        if known is None or event.data.version >= known.data.version:
            newest[event.customer] = event
    return newest


def _folded(key: CustomerKey, kept: Row, snapshots: Sequence[Event]) -> ContactRow:
    email, email_since = kept["email"], kept["email_since"]
    phone, phone_since = kept["phone"], kept["phone_since"]
    for event in snapshots:
        data: ContactUpdated = event.data
        email_since = address_since(email, email_since, data.email, event.time)
        phone_since = address_since(phone, phone_since, data.phone, event.time)
        email, phone = data.email, data.phone
    return ContactRow(
        *key,
        version=data.version,
        email=email,
        phone=phone,
        name=data.name,
        email_since=email_since,
        phone_since=phone_since,
        shop_consents=msgspec.to_builtins(data.consents),
        locale=data.locale,
        zone=data.zone,
    )
