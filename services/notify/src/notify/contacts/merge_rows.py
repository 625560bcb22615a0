"""Contacts with their versions, as merges read and write them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from mandegar.database import WorkerConnection, as_json, keys_as_json, record_set
from mandegar.events import CustomerKey
from mandegar.events.contacts import Consent
from notify.contacts.rows import CONTACT, contact_of, stored_word
from notify.domain.consent import About, ChannelName
from notify.domain.one_person import Versioned


class VersionedRow(Struct, frozen=True):
    """The columns that a merge rewrites."""

    shop: str
    customer_id: str
    email: str | None
    phone: str | None
    name: str | None
    email_since: datetime | None
    phone_since: datetime | None
    locale: str | None
    zone: str | None
    shop_consents: dict[str, Any]
    own_consents: dict[str, Any]
    points: int | None
    tier: str | None
    last_paid_at: datetime | None
    contact_version: int
    profile_version: int
    points_version: int


ROWS = record_set(VersionedRow)


async def load_versioned(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Versioned]:
    """These customers, whose rows are locked."""
    rows = await connection.fetch(
        f"""
        SELECT {CONTACT}, contact_version, profile_version, points_version
        FROM customers JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
        """,  # noqa: S608  the columns are ours
        keys_as_json(keys),
    )
    held: dict[CustomerKey, Versioned] = {}
    for row in rows:
        columns = dict(row)
        versions = [columns.pop(f"{what}_version") for what in ("contact", "profile", "points")]
        held[CustomerKey(row["shop"], row["customer_id"])] = Versioned(contact_of(columns), *versions)
    return held


async def save_versioned(connection: WorkerConnection, held: Sequence[Versioned]) -> None:
    """Write these customers, all but their bands."""
    await connection.execute(
        f"""
        UPDATE customers c SET
            email = w.email, phone = w.phone, name = w.name, email_since = w.email_since, phone_since = w.phone_since,
            locale = w.locale, zone = w.zone, shop_consents = w.shop_consents, own_consents = w.own_consents,
            points = w.points, tier = w.tier, last_paid_at = w.last_paid_at, contact_version = w.contact_version,
            profile_version = w.profile_version, points_version = w.points_version
        FROM {ROWS}
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,  # noqa: S608  the columns are ours
        as_json([_row_of(each) for each in held]),
    )


def _row_of(held: Versioned) -> VersionedRow:
    contact = held.contact
    return VersionedRow(
        shop=contact.shop,
        customer_id=contact.customer_id,
        email=contact.email,
        phone=contact.phone,
        name=contact.name,
        email_since=contact.email_since,
        phone_since=contact.phone_since,
        locale=contact.locale,
        zone=contact.zone,
        shop_consents=_as_published(contact.shop_consents),
        own_consents={channel: stored_word(about) for channel, about in contact.own_consents.items()},
        points=contact.points,
        tier=contact.tier,
        last_paid_at=contact.last_paid_at,
        contact_version=held.contact_version,
        profile_version=held.profile_version,
        points_version=held.points_version,
    )


def _as_published(consents: Mapping[ChannelName, About]) -> dict[str, Any]:
    """Statements of the shop as a snapshot stores them."""
    return {
        channel: msgspec.to_builtins(Consent(address=address, **statement._asdict()))
        for channel, (statement, address) in consents.items()
    }
