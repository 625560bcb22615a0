"""A service's copy of the shops: the settings that ingest publishes as ``shop.updated`` events."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from mandegar.database import Connection, WorkerConnection, WriteConnection
from mandegar.events import Event
from mandegar.events.identity import IdForm
from mandegar.events.ingest import ShopUpdated
from mandegar.stream import on


class Shop(NamedTuple):
    """A shop's settings; ``zone`` is an IANA name, ``currency`` an ISO code, ``phone_region`` a country code.

    ``origins`` are the web pages that may use its customers' tokens. ``sender_verified`` is true if the shop may send
    mail from ``sender_email``, ``keep_books`` if amounts of erased customers stay for the books. ``customer_ids`` is
    how ids are published, ``attributes`` are those that are published. Orders paid before ``points_from`` earn nothing.
    """

    shop: str
    version: int
    name: str
    zone: str
    currency: str
    locale: str
    phone_region: str
    sender_email: str
    sms_sender: str
    origins: Sequence[str]
    sender_verified: bool
    keep_books: bool
    customer_ids: IdForm = "as_sent"
    attributes: Mapping[str, Any] = MappingProxyType({})
    points_from: datetime | None = None


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the newest settings of each shop.

    Raises ``ZoneInfoNotFoundError`` (a ``KeyError``) for an unknown zone, so that the event becomes a dead letter here
    and not each event of the shop's customers later.
    """
    for event in events:
        ZoneInfo(event.data.zone)
    await record_shops(connection, events)
    return ()


# The first read of every service that needs shops.
SHOPS = on({"shop.updated"}, apply)


async def names_of_shops(connection: WorkerConnection) -> list[str]:
    """The names of all shops, in order."""
    return [row["shop"] for row in await connection.fetch("SELECT shop FROM shops ORDER BY shop")]


async def record_shops(connection: WriteConnection, events: Sequence[Event]) -> None:
    """Store the newest version of each shop among the ``shop.updated`` events; other events are ignored."""
    newest: dict[str, ShopUpdated] = {}
    for event in events:
        if event.type == "shop.updated" and event.data.version >= newest.get(event.shop, event.data).version:
            newest[event.shop] = event.data
    for shop, data in sorted(newest.items()):
        await connection.execute(
            """
            INSERT INTO shops (shop, version, name, zone, currency, locale, phone_region, sender_email, sms_sender,
                               origins, sender_verified, keep_books, customer_ids, attributes, points_from)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                    $15)
            ON CONFLICT (shop) DO UPDATE SET
                (version, name, zone, currency, locale, phone_region, sender_email, sms_sender, origins,
                 sender_verified, keep_books, customer_ids, attributes, points_from)
                = (excluded.version, excluded.name, excluded.zone, excluded.currency, excluded.locale,
                   excluded.phone_region, excluded.sender_email, excluded.sms_sender, excluded.origins,
                   excluded.sender_verified, excluded.keep_books, excluded.customer_ids, excluded.attributes,
                   excluded.points_from)
            WHERE shops.version < excluded.version
            """,
            shop,
            data.version,
            data.name,
            data.zone,
            data.currency,
            data.locale,
            data.phone_region,
            data.sender_email,
            data.sms_sender,
            list(data.origins),
            data.sender_verified,
            data.keep_books,
            data.customer_ids,
            data.attributes,
            data.points_from,
        )


async def load_shops(connection: Connection, shops: Collection[str]) -> dict[str, Shop]:
    """The stored shops among ``shops``, by id."""
    rows = await connection.fetch(
        """
        SELECT shop, version, name, zone, currency, locale, phone_region, sender_email, sms_sender, origins,
            sender_verified, keep_books, customer_ids, attributes, points_from
        FROM shops WHERE shop = ANY($1::text[])
        """,
        list(shops),
    )
    return {row["shop"]: Shop(*row) for row in rows}
