"""Customers: the snapshots of ingest, their own statements on consent, points and the latest purchase."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct

from mandegar.database import (
    Connection,
    Row,
    ShopRead,
    WorkerConnection,
    WriteConnection,
    as_json,
    columns,
    keys_as_json,
    record_set,
)
from mandegar.events import CustomerKey
from mandegar.events.consents import Statement
from notify.domain.consent import About, ChannelName
from notify.domain.contact import Contact

CONTACT = columns(Contact)
CONTACT_OF_C = ", ".join(f"c.{column}" for column in CONTACT.split(", "))
# Of an alias it reads the root; of an erased customer nothing.
READ_CONTACT = ShopRead(
    "read_contact_unless_erased",
    {"of_customer": "text"},
    {
        "shop": "text",
        "customer_id": "text",
        "email": "text",
        "phone": "text",
        "name": "text",
        "email_since": "timestamptz",
        "phone_since": "timestamptz",
        "locale": "text",
        "zone": "text",
        "shop_consents": "jsonb",
        "own_consents": "jsonb",
        "points": "bigint",
        "tier": "text",
        "last_paid_at": "timestamptz",
        "band_left_version": "bigint",
    },
    """
    SELECT c.shop, c.customer_id, c.email, c.phone, c.name, c.email_since, c.phone_since, c.locale, c.zone,
           c.shop_consents, c.own_consents, c.points, c.tier, c.last_paid_at, c.band_left_version
    FROM (SELECT coalesce(max(a.merged_into), of_customer) AS root FROM customers a
          WHERE a.shop = of_shop AND a.customer_id = of_customer) person
        CROSS JOIN LATERAL (SELECT * FROM customers
            WHERE shop = of_shop AND customer_id = person.root AND erased_at IS NULL LIMIT 1) c
    """,
)


class AddressRow(NamedTuple):
    """The columns that decide what a newer snapshot changes; ``has_aliases``: others have been merged into them."""

    version: int
    email: str | None
    phone: str | None
    email_since: datetime | None
    phone_since: datetime | None
    has_aliases: bool = False


class SnapshotRow(Struct, frozen=True):
    """The columns that a snapshot of addresses rewrites."""

    shop: str
    customer_id: str
    version: int
    email: str | None
    phone: str | None
    name: str | None
    email_since: datetime | None
    phone_since: datetime | None
    shop_consents: dict[str, Any]
    locale: str | None
    zone: str | None


class ProfileRow(Struct, frozen=True):
    """The columns that a profile without addresses rewrites."""

    shop: str
    customer_id: str
    version: int
    locale: str | None
    zone: str | None


class PointsAndPurchaseRow(Struct, frozen=True):
    """Spendable points and tier as of loyalty's ``points_version`` (0: none posted), and the latest purchase."""

    shop: str
    customer_id: str
    points_version: int
    points: int | None
    tier: str | None
    paid_at: datetime | None


class BandLeftRow(Struct, frozen=True):
    """The version of a customer's ``band.left``."""

    shop: str
    customer_id: str
    version: int


SNAPSHOTS = record_set(SnapshotRow)
PROFILES = record_set(ProfileRow)
POINTS_AND_PURCHASES = record_set(PointsAndPurchaseRow)
BANDS_LEFT = record_set(BandLeftRow)


async def load_addresses(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, AddressRow]:
    """The present addresses of these customers, whose rows are locked."""
    rows = await connection.fetch(
        """
        SELECT shop, customer_id, contact_version, email, phone, email_since, phone_since, a.found IS NOT NULL
        FROM customers c JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
            LEFT JOIN LATERAL (
                SELECT true AS found FROM customers
                WHERE shop = c.shop AND merged_into = c.customer_id LIMIT 1) a ON true
        """,
        keys_as_json(keys),
    )
    return {CustomerKey(shop, customer_id): AddressRow(*columns) for shop, customer_id, *columns in rows}


async def save_snapshots(connection: WorkerConnection, snapshots: Sequence[SnapshotRow]) -> None:
    """Write snapshots; locale and zone only where no newer profile said otherwise."""
    await connection.execute(
        f"""
        UPDATE customers c SET
            contact_version = w.version, email = w.email, phone = w.phone, name = w.name,
            email_since = w.email_since, phone_since = w.phone_since, shop_consents = w.shop_consents,
            locale = CASE WHEN w.version >= c.profile_version THEN w.locale ELSE c.locale END,
            zone = CASE WHEN w.version >= c.profile_version THEN w.zone ELSE c.zone END,
            profile_version = greatest(c.profile_version, w.version)
        FROM {SNAPSHOTS}
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,  # noqa: S608  the columns are ours
        as_json(snapshots),
    )


async def save_profiles(connection: WorkerConnection, profiles: Sequence[ProfileRow]) -> None:
    """Write profiles where the version is not older than what is there."""
    await connection.execute(
        f"""
        UPDATE customers c SET profile_version = w.version, locale = w.locale, zone = w.zone
        FROM {PROFILES}
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id) AND w.version >= c.profile_version
        """,  # noqa: S608  the columns are ours
        as_json(profiles),
    )


async def save_points_and_purchases(connection: WorkerConnection, rows: Sequence[PointsAndPurchaseRow]) -> None:
    """Write points, tiers and purchases where they are newer than what stands."""
    await connection.execute(
        f"""
        UPDATE customers c SET
            points = CASE WHEN w.points_version > c.points_version THEN w.points ELSE c.points END,
            tier = CASE WHEN w.points_version > c.points_version THEN w.tier ELSE c.tier END,
            points_version = greatest(c.points_version, w.points_version),
            last_paid_at = greatest(c.last_paid_at, w.paid_at)
        FROM {POINTS_AND_PURCHASES}
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
        """,  # noqa: S608  the columns are ours
        as_json(rows),
    )


async def save_bands_left(connection: WorkerConnection, rows: Sequence[BandLeftRow]) -> None:
    """Write the version up to which the bands of each customer are over; one row each."""
    await connection.execute(
        f"""
        UPDATE customers c SET band_left_version = greatest(c.band_left_version, w.version)
        FROM {BANDS_LEFT} WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,  # noqa: S608  the columns are ours
        as_json(rows),
    )


# A customer, or the root of an alias. The aggregate is a subquery of its own, because a comparison with ``coalesce`` is
# no condition of an index under row-level security: the whole shop would be read.
_PERSON = f"""
    SELECT {CONTACT_OF_C}, c.merged_into
    FROM (SELECT coalesce(max(merged_into), $2) AS root FROM customers WHERE shop = $1 AND customer_id = $2) person
        JOIN customers c ON c.shop = $1 AND c.customer_id = person.root AND c.erased_at IS NULL
"""  # noqa: S608  the columns are ours


async def load_contact(connection: Connection, key: CustomerKey) -> Contact | None:
    """One customer, or the root of an alias; None if there is no such customer, or they are erased."""
    row = await connection.fetchrow(_PERSON, *key)
    return None if row is None else _without_root(row)


async def lock_contact(connection: WriteConnection, key: CustomerKey) -> Contact | None:
    """One customer, or the root of an alias, locked until the transaction ends.

    None if there is no such customer, or they are erased.
    """
    row = await connection.fetchrow(f"{_PERSON} FOR UPDATE OF c", *key)
    while row is not None and row["merged_into"] is not None:
        # Merged while this transaction waited for the lock.
        row = await connection.fetchrow(f"{_PERSON} FOR UPDATE OF c", row["shop"], row["customer_id"])
    return None if row is None else _without_root(row)


async def is_erased(connection: WriteConnection, key: CustomerKey) -> bool:
    """Whether nothing may be kept of a customer."""
    erased: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM customers WHERE shop = $1 AND customer_id = $2 AND erased_at IS NOT NULL)", *key
    )
    return erased


def _without_root(row: Row) -> Contact:
    return contact_of({name: value for name, value in row.items() if name != "merged_into"})


async def save_own_consents(connection: WriteConnection, key: CustomerKey, words: Mapping[ChannelName, About]) -> None:
    """Add words that a customer said to notify itself; those on other channels stay."""
    await connection.execute(
        "UPDATE customers SET own_consents = own_consents || $3 WHERE (shop, customer_id) = ($1, $2)",
        *key,
        {channel: stored_word(said) for channel, said in words.items()},
    )


async def restore_own_consent(
    connection: WorkerConnection, key: CustomerKey, channel: ChannelName, said: About
) -> None:
    """Add a word that was published, unless a later one is there: those of one person may lie on two partitions."""
    await connection.execute(
        """
        UPDATE customers SET own_consents = own_consents || jsonb_build_object($3::text, $4::jsonb)
        WHERE (shop, customer_id) = ($1, $2) AND (NOT own_consents ? $3 OR
            ((own_consents #>> ARRAY[$3, 'at'])::timestamptz, own_consents #>> ARRAY[$3, 'status']) <= ($5, $6))
        """,
        *key,
        channel,
        stored_word(said),
        said.statement.at,
        said.statement.status,
    )


def stored_word(said: About) -> dict[str, str]:
    """A customer's own word as its column has it."""
    word, address = said
    stored = {"status": word.status, "at": word.at.isoformat(), "method": word.method}
    return stored if address is None else stored | {"address": address}


def contact_of(row: Row | Mapping[str, Any]) -> Contact:
    """A row of the columns ``CONTACT``."""
    consents = {name: _statements(row[name]) for name in ("shop_consents", "own_consents")}
    return Contact(**{**row, **consents})


def _statements(consents: Mapping[ChannelName, Mapping[str, Any]]) -> dict[ChannelName, About]:
    return {channel: About(_statement(consent), consent.get("address")) for channel, consent in consents.items()}


def _statement(consent: Mapping[str, Any]) -> Statement:
    at = datetime.fromisoformat(consent["at"])
    return Statement(consent["status"], at, consent.get("method", "shop"), consent.get("flag", False))
