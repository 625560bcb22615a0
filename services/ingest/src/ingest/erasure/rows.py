"""What ingest holds of erased customers, besides rows that the library deletes."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from mandegar.database import Row, WorkerConnection, key_columns
from mandegar.events import CustomerKey
from mandegar.events.topics import INGEST_EVENTS, partition_key

# Order ids that may stay, because they name nobody: hashes, and what could not be a number of a phone or a card.
_PLAIN_ORDER = "^(h_[0-9a-f]{32}|(?!.*[0-9]([_-]*[0-9]){8})[A-Za-z0-9_-]{1,64})$"


class Count(NamedTuple):
    """How many rows of a customer there were."""

    customer: CustomerKey
    rows: int


async def empty_events(connection: WorkerConnection, keys: Collection[CustomerKey], limit: int) -> list[Count]:
    """Empty up to ``limit`` events of customers in the history: what was sent, and the id that the shop gave it.

    The event's own id stays, because it is the deduplication; without a body every repeat of it is a duplicate.
    What was sent under the id of a browser that another customer used then is theirs.
    """
    rows = await connection.fetch(
        """
        WITH ids AS (SELECT * FROM unnest($1::text[], $2::text[]) AS w(shop, id)),
        held AS (
            SELECT e.event_id, ids.shop, ids.id FROM ids JOIN events e ON e.shop = ids.shop AND e.customer_id = ids.id
            WHERE e.received_by IS NULL AND (e.body IS NOT NULL OR e.native_id <> '')
            UNION ALL
            SELECT e.event_id, ids.shop, ids.id FROM ids JOIN events e ON e.shop = ids.shop AND e.received_by = ids.id
            WHERE e.received_by IS NOT NULL AND (e.body IS NOT NULL OR e.native_id <> '')
            LIMIT $3
        ), emptied AS (
            UPDATE events e SET body = NULL, body_hash = '', native_id = '', code = NULL,
                order_id = CASE WHEN e.order_id ~ $4 THEN e.order_id END
            FROM held WHERE e.event_id = held.event_id
            RETURNING held.shop, held.id
        )
        SELECT shop, id, count(*) AS rows FROM emptied GROUP BY shop, id
        """,
        *key_columns(sorted(keys)),
        limit,
        _PLAIN_ORDER,
    )
    return _counts(rows)


async def has_events(connection: WorkerConnection, keys: Collection[CustomerKey]) -> bool:
    """Whether the history has events of the customers that are not emptied."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM unnest($1::text[], $2::text[]) AS w(shop, id)
            JOIN events e ON e.shop = w.shop AND e.customer_id = w.id
            WHERE e.received_by IS NULL AND (e.body IS NOT NULL OR e.native_id <> '')
        ) OR EXISTS (
            SELECT FROM unnest($1::text[], $2::text[]) AS w(shop, id)
            JOIN events e ON e.shop = w.shop AND e.received_by = w.id
            WHERE e.received_by IS NOT NULL AND (e.body IS NOT NULL OR e.native_id <> '')
        )
        """,
        *key_columns(sorted(keys)),
    )
    return found


async def forget_addresses(connection: WorkerConnection, keys: Collection[CustomerKey]) -> list[Count]:
    """Delete which addresses the customers have.

    Where an account besides has the address, an empty id stays in their place: that the address was somebody else's
    too, so that what a guest did under it is given to nobody.
    """
    rows = await connection.fetch(
        """
        WITH ids AS (SELECT * FROM unnest($1::text[], $2::text[]) AS w(shop, id)),
        gone AS (
            DELETE FROM account_addresses a USING ids
            WHERE a.shop = ids.shop AND (a.customer_id = ids.id OR a.guest_id = ids.id)
            RETURNING a.shop, a.guest_id, a.customer_id, ids.id
        ), shared AS (
            INSERT INTO account_addresses (shop, guest_id, customer_id)
            SELECT DISTINCT gone.shop, gone.guest_id, ''
            FROM gone JOIN account_addresses o ON o.shop = gone.shop AND o.guest_id = gone.guest_id
            WHERE o.customer_id <> ALL($2::text[]) AND gone.guest_id <> ALL($2::text[])
            ON CONFLICT DO NOTHING
        )
        SELECT shop, id, count(*) AS rows FROM gone GROUP BY shop, id
        """,
        *key_columns(sorted(keys)),
    )
    return _counts(rows)


async def forget_browsers(connection: WorkerConnection, keys: Collection[CustomerKey]) -> list[Count]:
    """Delete when the customers used which browsers.

    Of their own browsers everything is deleted if they used it last: it is somebody else's only once that one is
    identified on it again.
    """
    rows = await connection.fetch(
        """
        WITH ids AS (SELECT * FROM unnest($1::text[], $2::text[]) AS w(shop, id)),
        latest AS (
            SELECT DISTINCT ON (b.shop, b.browser_id) b.shop, b.browser_id, b.customer_id
            FROM browser_customers b JOIN ids ON b.shop = ids.shop AND b.browser_id = ids.id
            ORDER BY b.shop, b.browser_id, b.at DESC
        ), own AS (
            -- Looked up in a hash, which a join of two lists would not be: somebody may have 10,000 browsers.
            SELECT shop, browser_id AS id FROM latest WHERE ((shop, customer_id) IN (SELECT shop, id FROM ids)) IS TRUE
        ), found AS (
            SELECT shop, id, b.browser_id, b.at FROM ids JOIN browser_customers b USING (shop) WHERE b.customer_id = id
            UNION
            SELECT shop, id, b.browser_id, b.at FROM own JOIN browser_customers b USING (shop) WHERE b.browser_id = id
        ), gone AS (
            DELETE FROM browser_customers b USING found f
            WHERE (b.shop, b.browser_id, b.at) = (f.shop, f.browser_id, f.at)
            RETURNING f.shop, f.id
        )
        SELECT shop, id, count(*) AS rows FROM gone GROUP BY shop, id
        """,
        *key_columns(sorted(keys)),
    )
    return _counts(rows)


async def delete_unsent_profiles(connection: WorkerConnection, keys: Collection[CustomerKey]) -> list[Count]:
    """Delete snapshots of the customers' profiles that the relay has not published yet."""
    rows = await connection.fetch(
        """
        WITH ids AS (SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) AS w(shop, id, key)),
        gone AS (
            DELETE FROM outbox o USING ids
            WHERE o.key = ids.key AND o.topic = $4
              AND position(convert_to('"customer.updated"', 'UTF8') IN o.value) > 0
            RETURNING ids.shop, ids.id
        )
        SELECT shop, id, count(*) AS rows FROM gone GROUP BY shop, id
        """,
        *key_columns(sorted(keys)),
        [partition_key(*key) for key in sorted(keys)],
        INGEST_EVENTS,
    )
    return _counts(rows)


async def delete_quarantined(connection: WorkerConnection, keys: Collection[CustomerKey]) -> list[Count]:
    """Delete events in quarantine that name an account of the customers, or a guest or browser and no account.

    Somebody else's event may have an address of theirs in it, or come from a browser that they once used.
    """
    rows = await connection.fetch(
        """
        WITH people AS (
            SELECT shop, array_agg(id) AS ids FROM unnest($1::text[], $2::text[]) AS w(shop, id) GROUP BY shop
        ),
        gone AS (
            DELETE FROM quarantine q USING people p
            WHERE q.shop = p.shop AND q.names && p.ids AND (
                SELECT count(*) = 0 OR bool_or(name = ANY(p.ids))
                FROM unnest(q.names) AS name WHERE left(name, 2) NOT IN ('g_', 'a_'))
            RETURNING q.shop, (SELECT min(name) FROM unnest(q.names) AS name WHERE name = ANY(p.ids)) AS id
        )
        SELECT shop, id, count(*) AS rows FROM gone GROUP BY shop, id
        """,
        *key_columns(sorted(keys)),
    )
    return _counts(rows)


def _counts(rows: Sequence[Row]) -> list[Count]:
    return [Count(CustomerKey(row["shop"], row["id"]), row["rows"]) for row in rows]
