"""Sends that are due: found, locked behind their customers, claimed, put off or withheld."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

from mandegar.database import WorkerConnection, key_columns
from mandegar.events import CustomerKey
from notify.contacts.rows import CONTACT_OF_C, contact_of
from notify.domain.consent import AddressKey, ChannelName
from notify.domain.contact import Contact
from notify.domain.journey import TRANSACTIONAL
from notify.domain.language import Language
from notify.sends.rows import SEND_OF_S, Send

_LOCK_SPACE = 7304


class Arrival(NamedTuple):
    """A message that may have reached a customer; ``address_id`` is None if a release before sent it.

    ``under`` is the customer's id at its start. One of another system has a ``journey`` and an ``address_id`` if its
    event named them.
    """

    shop: str
    customer_id: str
    journey: str | None
    at: datetime
    address_id: str | None
    under: str


class WaitRow(NamedTuple):
    """A send that is put off."""

    send_id: UUID
    not_before: datetime
    reason: str


async def lock_due_customers(
    connection: WorkerConnection, channel: ChannelName, now: datetime, limit: int
) -> dict[CustomerKey, Contact]:
    """Customers with a send on this channel that is due, locked. Those locked by others are left for the next round.

    Every transaction locks customers before sends, so there is no deadlock.
    """
    rows = await connection.fetch(
        f"""
        WITH due AS (
            SELECT DISTINCT shop, customer_id FROM (
                SELECT shop, customer_id FROM sends
                WHERE state = 'ready' AND channel = $1 AND not_before <= $2
                ORDER BY not_before LIMIT $3
            ) AS earliest
        )
        SELECT {CONTACT_OF_C} FROM customers c JOIN due USING (shop, customer_id)
        ORDER BY c.shop COLLATE "C", c.customer_id COLLATE "C"
        FOR UPDATE OF c SKIP LOCKED
        """,  # noqa: S608  the columns are ours
        channel,
        now,
        limit,
    )
    contacts = [contact_of(row) for row in rows]
    return {CustomerKey(contact.shop, contact.customer_id): contact for contact in contacts}


async def lock_due_sends(
    connection: WorkerConnection, keys: Collection[CustomerKey], channel: ChannelName, now: datetime, limit: int
) -> list[Send]:
    """The due sends of these customers on a channel, most urgent first, locked."""
    rows = await connection.fetch(
        f"""
        SELECT {SEND_OF_S}
        FROM sends s JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
        WHERE s.state = 'ready' AND s.channel = $3 AND s.not_before <= $4
        ORDER BY s.no_later_than, s.send_id LIMIT $5
        FOR UPDATE OF s SKIP LOCKED
        """,  # noqa: S608  the columns are ours
        *key_columns(keys),
        channel,
        now,
        limit,
    )
    return [Send(*row) for row in rows]


async def lock_addresses(connection: WorkerConnection, addresses: Collection[AddressKey]) -> None:
    """Lock addresses until the transaction ends, in one order. Customers who share an address have different rows."""
    await connection.fetch(
        "SELECT pg_advisory_xact_lock($2, lock) FROM unnest($1::int[]) AS w(lock)",
        sorted({crc32("|".join(address).encode()) - 2**31 for address in addresses}),
        _LOCK_SPACE,
    )


async def load_arrivals(
    connection: WorkerConnection,
    keys: Collection[CustomerKey],
    addresses: Collection[AddressKey],
    since: datetime,
) -> list[Arrival]:
    """Each message of marketing that may have reached these customers or addresses after ``since``, those of other
    systems too.
    """
    rows = await connection.fetch(
        """
        SELECT shop, customer_id, journey, attempted_at, address_id, coalesce(started_as, customer_id) FROM (
            SELECT s.send_id, s.shop, s.customer_id, s.journey, s.attempted_at, s.address_id, s.started_as
            FROM sends s JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
            WHERE s.state IN ('sending', 'sent', 'unknown') AND s.attempted_at > $5 AND s.cause_type <> ALL($6::text[])
            UNION
            SELECT s.send_id, s.shop, s.customer_id, s.journey, s.attempted_at, s.address_id, s.started_as
            FROM sends s JOIN unnest($3::text[], $4::text[]) AS w(shop, address_id) USING (shop, address_id)
            WHERE s.state IN ('sending', 'sent', 'unknown') AND s.attempted_at > $5 AND s.cause_type <> ALL($6::text[])
            UNION
            SELECT e.event_id, e.shop, e.customer_id, e.journey, e.sent_at, e.address_id, e.sent_as
            FROM messages_elsewhere e
                JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
            WHERE e.marketing AND e.sent_at > $5
            UNION
            SELECT e.event_id, e.shop, e.customer_id, e.journey, e.sent_at, e.address_id, e.sent_as
            FROM messages_elsewhere e
                JOIN unnest($3::text[], $4::text[]) AS w(shop, address_id) USING (shop, address_id)
            WHERE e.marketing AND e.sent_at > $5
        ) AS arrived
        """,
        *key_columns(keys),
        [address.shop for address in addresses],
        [address.address_id for address in addresses],
        since,
        sorted(TRANSACTIONAL),
    )
    return [Arrival(*row) for row in rows]


async def mark_sending(
    connection: WorkerConnection, sends: Sequence[tuple[UUID, Language, str]], now: datetime, lease: timedelta
) -> None:
    """Claim (send id, language, address id): the next attempt begins. The lease runs by the database's clock."""
    await connection.execute(
        """
        UPDATE sends s SET state = 'sending', attempt = s.attempt + 1, attempted_at = $4, reason = NULL,
            lease_until = clock_timestamp() + $5, locale = w.locale, address_id = w.address_id
        FROM unnest($1::uuid[], $2::text[], $3::text[]) AS w(send_id, locale, address_id)
        WHERE s.send_id = w.send_id AND s.state = 'ready'
        """,
        *(list(column) for column in zip(*sends, strict=True)),
        now,
        lease,
    )


async def mark_waiting(connection: WorkerConnection, waits: Sequence[WaitRow]) -> None:
    """Put sends off."""
    await connection.execute(
        """
        UPDATE sends s SET not_before = w.not_before, reason = w.reason
        FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS w(send_id, not_before, reason)
        WHERE s.send_id = w.send_id AND s.state = 'ready'
        """,
        *(list(column) for column in zip(*waits, strict=True)),
    )


async def mark_withheld(connection: WorkerConnection, sends: Sequence[tuple[UUID, str]], now: datetime) -> list[Send]:
    """Withhold (send id, reason) for good; those withheld."""
    rows = await connection.fetch(
        f"""
        UPDATE sends s SET state = 'withheld', reason = w.reason, decided_at = $3
        FROM unnest($1::uuid[], $2::text[]) AS w(id, reason)
        WHERE s.send_id = w.id AND s.state = 'ready'
        RETURNING {SEND_OF_S}
        """,  # noqa: S608  the columns are ours
        [send_id for send_id, _ in sends],
        [reason for _, reason in sends],
        now,
    )
    return [Send(*row) for row in rows]
