"""Who is who, as it is stored: addresses of accounts, customers of browsers, aliases."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ingest.domain.links import By
from ingest.identity.rules import Standing
from mandegar.database import Connection, Row, WorkerConnection, key_columns
from mandegar.events import CustomerKey, Event


class LinkRow(NamedTuple):
    """A link between two ids of a shop, as of an instant."""

    shop: str
    alias: str
    customer_id: str
    by: By
    at: datetime


class Alias(NamedTuple):
    """An alias and its root, as of a version."""

    alias: CustomerKey
    root: CustomerKey
    version: int


class Receiver(NamedTuple):
    """The root of the alias that an event names, and the customer for whom the event is published."""

    root: str
    customer_id: str


async def find_news(connection: WorkerConnection, links: Sequence[LinkRow]) -> list[int]:
    """The places of the links that are not stored: an address new to an account, a browser used by another customer."""
    rows = await connection.fetch(
        """
        SELECT w.place FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::timestamptz[])
            WITH ORDINALITY AS w(shop, alias, customer_id, is_address, at, place)
        WHERE CASE WHEN is_address THEN NOT EXISTS (
            SELECT FROM account_addresses a
            WHERE a.shop = w.shop AND a.guest_id = w.alias AND a.customer_id = w.customer_id)
        ELSE customer_id IS DISTINCT FROM coalesce(
            (SELECT b.customer_id FROM browser_customers b
             WHERE b.shop = w.shop AND b.browser_id = w.alias AND b.at <= w.at ORDER BY b.at DESC LIMIT 1),
            (SELECT b.customer_id FROM browser_customers b
             WHERE b.shop = w.shop AND b.browser_id = w.alias ORDER BY b.at LIMIT 1)) END
        """,
        [link.shop for link in links],
        [link.alias for link in links],
        [link.customer_id for link in links],
        [link.by == "address" for link in links],
        [link.at for link in links],
    )
    return [row["place"] - 1 for row in rows]


async def save_addresses(connection: WorkerConnection, links: Collection[LinkRow]) -> None:
    """Store which accounts have the addresses of which guests. An account keeps an address that it had."""
    pairs = sorted({link[:3] for link in links})
    if pairs:
        await connection.execute(
            """
            INSERT INTO account_addresses (shop, guest_id, customer_id)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING
            """,
            *(list(column) for column in zip(*pairs, strict=True)),
        )


async def save_browsers(connection: WorkerConnection, links: Collection[LinkRow]) -> None:
    """Store from when on which customers used which browsers; of two at one instant the same one counts each time."""
    uses: dict[tuple[str, str, datetime], str] = {}
    for link in links:
        use = (link.shop, link.alias, link.at)
        uses[use] = max(uses.get(use, ""), link.customer_id)
    if uses:
        await connection.execute(
            """
            INSERT INTO browser_customers AS b (shop, browser_id, at, customer_id)
            SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[])
            ON CONFLICT (shop, browser_id, at) DO UPDATE SET customer_id = greatest(b.customer_id, excluded.customer_id)
            """,
            *(list(column) for column in zip(*sorted((*use, who) for use, who in uses.items()), strict=True)),
        )


async def customer_exists(connection: Connection, shop: str, customer_id: str) -> bool:
    """Whether the customer has a profile or an event."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM customers WHERE shop = $1 AND customer_id = $2)
            OR EXISTS (SELECT FROM events WHERE shop = $1 AND customer_id = $2)
        """,
        shop,
        customer_id,
    )
    return found


async def standing_erasure(connection: Connection, customer: CustomerKey) -> UUID | None:
    """The erasure of a customer who is erased."""
    erasure: UUID | None = await connection.fetchval(
        "SELECT erased_by FROM customers WHERE shop = $1 AND customer_id = $2 AND erased_at IS NOT NULL", *customer
    )
    return erasure


async def load_standings(connection: Connection, keys: Iterable[CustomerKey]) -> dict[CustomerKey, Standing]:
    """How each of the customers stands."""
    ordered = sorted(set(keys))
    rows = await connection.fetch(
        """
        SELECT w.shop, w.customer_id, c.merged_into, coalesce(c.merge_version, 0) AS version,
            c.erased_at IS NOT NULL AS erased,
            EXISTS (SELECT FROM events e WHERE e.shop = w.shop AND e.customer_id = w.customer_id) AS seen,
            ARRAY(
                SELECT DISTINCT coalesce(m.merged_into, a.customer_id)
                FROM account_addresses a LEFT JOIN customers m ON m.shop = a.shop AND m.customer_id = a.customer_id
                WHERE a.shop = w.shop AND a.guest_id = w.customer_id LIMIT 2
            ) AS accounts
        FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
        LEFT JOIN customers c ON c.shop = w.shop AND c.customer_id = w.customer_id
        """,
        *key_columns(ordered),
    )
    return {
        CustomerKey(*row[:2]): Standing(
            row["merged_into"], row["version"], row["seen"], frozenset(row["accounts"]), row["erased"]
        )
        for row in rows
    }


async def list_addresses(connection: Connection, after: CustomerKey, limit: int) -> list[Row]:
    """The present addresses of the next customers behind ``after`` who are no aliases."""
    return await connection.fetch(
        """
        SELECT shop, customer_id, profile -> 'email' ->> 0 AS email, profile -> 'phone' ->> 0 AS phone
        FROM customers WHERE (shop, customer_id) > ($1, $2) AND merged_into IS NULL
        ORDER BY shop, customer_id LIMIT $3
        """,
        *after,
        limit,
    )


async def load_receivers(connection: WorkerConnection, events: Sequence[Event]) -> dict[UUID, Receiver]:
    """The receivers of events that name aliases: the roots, but of a browser whoever used it at that time."""
    named = [event for event in events if event.customer_id is not None]
    rows = await connection.fetch(
        """
        SELECT w.event_id, c.merged_into, coalesce(u.customer_id, c.merged_into) AS customer_id
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS w(event_id, shop, customer_id, time)
        JOIN customers c ON c.shop = w.shop AND c.customer_id = w.customer_id AND c.merged_into IS NOT NULL
        LEFT JOIN LATERAL (
            SELECT coalesce(m.merged_into, b.customer_id) AS customer_id
            FROM browser_customers b LEFT JOIN customers m ON m.shop = b.shop AND m.customer_id = b.customer_id
            WHERE b.shop = w.shop AND b.browser_id = w.customer_id AND b.at <= w.time
            ORDER BY b.at DESC LIMIT 1
        ) u ON true
        """,
        [event.id for event in named],
        [event.shop for event in named],
        [event.customer_id for event in named],
        [event.time for event in named],
    )
    return {row["event_id"]: Receiver(row["merged_into"], row["customer_id"]) for row in rows}


async def note_receivers(connection: WorkerConnection, receivers: Mapping[UUID, str]) -> None:
    """Note in the history the owners of events that do not belong to the root of their alias."""
    if receivers:
        await connection.execute(
            """
            UPDATE events e SET received_by = w.customer_id
            FROM unnest($1::uuid[], $2::text[]) AS w(event_id, customer_id) WHERE e.event_id = w.event_id
            """,
            list(receivers),
            list(receivers.values()),
        )


async def save_aliases(connection: WorkerConnection, aliases: Sequence[Alias]) -> None:
    """Make locked customers aliases, and give their own aliases to their roots. An alias has no profile of its own."""
    columns = (
        [each.alias.shop for each in aliases],
        [each.alias.customer_id for each in aliases],
        [each.root.customer_id for each in aliases],
    )
    await connection.execute(
        """
        UPDATE customers c SET alias_of = w.root, merged_into = w.root, merge_version = w.version, profile = '{}',
            due_at = NULL
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS w(shop, customer_id, root, version)
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
        """,
        *columns,
        [each.version for each in aliases],
    )
    await connection.execute(
        """
        UPDATE customers c SET merged_into = w.root
        FROM unnest($1::text[], $2::text[], $3::text[]) AS w(shop, customer_id, root)
        WHERE c.shop = w.shop AND c.merged_into = w.customer_id
        """,
        *columns,
    )
    await connection.execute(
        """
        INSERT INTO own_consents AS o (shop, channel, subject, status, at, method)
        SELECT DISTINCT ON (c.shop, c.channel, w.root) c.shop, c.channel, w.root, c.status, c.at, c.method
        FROM own_consents c JOIN unnest($1::text[], $2::text[], $3::text[]) AS w(shop, subject, root)
            ON c.shop = w.shop AND c.subject = w.subject
        ORDER BY c.shop, c.channel, w.root, c.at DESC, c.status DESC
        ON CONFLICT (shop, channel, subject) DO UPDATE
            SET status = excluded.status, at = excluded.at, method = excluded.method
            WHERE (excluded.at, excluded.status) > (o.at, o.status)
        """,
        *columns,
    )


async def take_back(connection: WorkerConnection, alias: CustomerKey, root: str, version: int) -> None:
    """Make a locked alias a customer of its own, from now on, and the root of those who were merged into it.

    What they did before is noted as the former root's.
    """
    await connection.execute(
        "UPDATE customers SET alias_of = NULL, merged_into = NULL, merge_version = $3"
        " WHERE shop = $1 AND customer_id = $2",
        *alias,
        version,
    )
    below = await connection.fetch(
        """
        WITH RECURSIVE below AS (
            SELECT customer_id FROM customers WHERE shop = $1 AND alias_of = $2
            UNION
            SELECT c.customer_id FROM below b JOIN customers c ON c.shop = $1 AND c.alias_of = b.customer_id
        )
        UPDATE customers c SET merged_into = $2 FROM below b WHERE c.shop = $1 AND c.customer_id = b.customer_id
        RETURNING c.customer_id
        """,
        *alias,
    )
    for customer_id in (alias.customer_id, *(row["customer_id"] for row in below)):
        await give_past(connection, alias._replace(customer_id=customer_id), root)
    await forget_browser(connection, alias)


async def give_past(connection: WorkerConnection, alias: CustomerKey, root: str) -> None:
    """Note that what was accepted for the alias so far is the root's."""
    await connection.execute(
        "UPDATE events SET received_by = $3 WHERE shop = $1 AND customer_id = $2 AND received_by IS NULL", *alias, root
    )
    await connection.execute(
        "UPDATE unclaimed_order_events SET published_for = $3 WHERE shop = $1 AND published_for = $2", *alias, root
    )


async def forget_browser(connection: WorkerConnection, browser: CustomerKey) -> None:
    """Delete who used a browser, because somebody has decided by hand whose it is."""
    await connection.execute("DELETE FROM browser_customers WHERE shop = $1 AND browser_id = $2", *browser)
