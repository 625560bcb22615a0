"""Who claims an order, and the events about orders that may move to another customer."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from ingest.domain.candidates import Candidate
from ingest.domain.order_owner import Claim, rank
from ingest.hallway.rows.history import SNAPSHOTS
from ingest.identity.order_locks import LOCK_SPACE, lock_of
from mandegar.database import WorkerConnection
from mandegar.events import Event, decode, encode

Order: TypeAlias = tuple[str, str]
"""Shop and order id."""


class UnsettledEvent(NamedTuple):
    """An event as it was accepted, and the customer for whom it was published; None for nobody yet."""

    event: Event
    published_for: str | None


async def serialise_orders(
    connection: WorkerConnection, orders: Sequence[Candidate], others: Mapping[str, bool]
) -> frozenset[str]:
    """Take each shop's lock on orders until the transaction ends, in ascending order.

    Otherwise two events of one order, accepted at the same time, would not see each other. Events of accounts take it
    shared; those whose order may be another customer's take it exclusively. ``others`` are shops whose lock is taken
    besides, and whether exclusively. Returns those of the sources that are the record of orders now: a door reads that
    from a cache.
    """
    exclusive: dict[int, bool] = {}
    for shop, alone in others.items():
        exclusive[lock_of(shop)] = exclusive.get(lock_of(shop), False) or alone
    for candidate in orders:
        lock = lock_of(candidate.event.shop)
        exclusive[lock] = exclusive.get(lock, False) or candidate.names_no_account
    if not exclusive:
        return frozenset()
    locks = sorted(exclusive)
    rows = await connection.fetch(
        """
        SELECT CASE WHEN exclusive THEN pg_advisory_xact_lock($3, lock) ELSE pg_advisory_xact_lock_shared($3, lock) END,
            ARRAY(SELECT id FROM sources WHERE id = ANY($4::text[]) AND record_of_orders) AS records
        FROM unnest($1::int[], $2::boolean[]) AS w(lock, exclusive)
        """,
        locks,
        [exclusive[lock] for lock in locks],
        LOCK_SPACE,
        list({candidate.source.id for candidate in orders}),
    )
    return frozenset(rows[0]["records"])


async def find_contested(connection: WorkerConnection, events: Sequence[Event]) -> set[Order]:
    """The orders of accounts' events of which something waits or went to another customer.

    Also those of cancellations and refunds whose customer has no snapshot of the order.
    """
    rows = await connection.fetch(
        """
        SELECT w.shop, w.order_id
        FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) AS w(shop, order_id, customer_id, follows)
        WHERE EXISTS (SELECT FROM waiting_refunds r WHERE r.shop = w.shop AND r.order_id = w.order_id)
           OR EXISTS (
                SELECT FROM unclaimed_order_events u
                WHERE u.shop = w.shop AND u.order_id = w.order_id AND u.published_for <> w.customer_id)
           OR (follows AND NOT EXISTS (
                SELECT FROM events e
                WHERE e.shop = w.shop AND e.order_id = w.order_id AND e.order_id IS NOT NULL
                  AND coalesce(e.received_by, e.customer_id) = w.customer_id
                  AND e.published AND e.type = ANY($5::text[])))
        """,
        [event.shop for event in events],
        [event.data.order_id for event in events],
        [event.customer_id for event in events],
        [event.type not in SNAPSHOTS for event in events],
        SNAPSHOTS,
    )
    return {(row["shop"], row["order_id"]) for row in rows}


async def find_missed(connection: WorkerConnection, since: datetime, limit: int) -> set[Order]:
    """At most ``limit`` orders with a snapshot, and with an event from after ``since`` that an account has without one.

    An account that got its own snapshot since is among them: its event needs not be kept any longer.
    """
    rows = await connection.fetch(
        """
        SELECT DISTINCT u.shop, u.order_id FROM unclaimed_order_events u
        WHERE u.received_at > $1 AND left(u.published_for, 2) NOT IN ('g_', 'a_') AND EXISTS (
            SELECT FROM events e
            WHERE e.shop = u.shop AND e.order_id = u.order_id AND e.order_id IS NOT NULL
              AND e.customer_id IS NOT NULL AND e.published AND e.type = ANY($3::text[]))
        LIMIT $2
        """,
        since,
        limit,
        SNAPSHOTS,
    )
    return {(row["shop"], row["order_id"]) for row in rows}


async def load_claims(connection: WorkerConnection, orders: Collection[Order]) -> dict[Order, dict[str, Claim]]:
    """The claims of each order: the customers with a snapshot of it, each for the root of whoever has it.

    Whoever was erased claims nothing.
    """
    rows = await connection.fetch(
        """
        SELECT e.shop, e.order_id, e.customer_id, max(e.time) AS latest,
            coalesce(c.merged_into, e.received_by, e.customer_id) AS holder
        FROM unnest($1::text[], $2::text[]) AS w(shop, order_id)
        JOIN events e ON e.shop = w.shop AND e.order_id = w.order_id
        LEFT JOIN customers c ON c.shop = e.shop AND c.customer_id = coalesce(e.received_by, e.customer_id)
        WHERE e.order_id IS NOT NULL AND e.published AND e.customer_id IS NOT NULL AND e.type = ANY($3::text[])
          AND c.erased_at IS NULL
        GROUP BY e.shop, e.order_id, e.customer_id, holder
        """,
        *_columns(orders),
        SNAPSHOTS,
    )
    claims: dict[Order, dict[str, Claim]] = {}
    for row in rows:
        of_order = claims.setdefault((row["shop"], row["order_id"]), {})
        claim, holder = Claim(rank(row["customer_id"]), row["latest"]), row["holder"]
        best = max(claim, of_order.get(holder, claim))
        of_order[holder] = best._replace(latest=max(claim.latest, of_order.get(holder, claim).latest))
    return claims


async def take_unsettled(connection: WorkerConnection, orders: Collection[Order]) -> list[UnsettledEvent]:
    """Delete and return the events of these orders that wait or may move to another customer."""
    rows = await connection.fetch(
        """
        WITH orders AS (SELECT * FROM unnest($1::text[], $2::text[]) AS w(shop, order_id)),
        waiting AS (
            DELETE FROM waiting_refunds r USING orders o WHERE r.shop = o.shop AND r.order_id = o.order_id
            RETURNING r.event_id, r.event, NULL AS published_for
        ),
        unclaimed AS (
            DELETE FROM unclaimed_order_events u USING orders o WHERE u.shop = o.shop AND u.order_id = o.order_id
            RETURNING u.event_id, u.event, u.published_for
        )
        SELECT event, published_for FROM (SELECT * FROM waiting UNION ALL SELECT * FROM unclaimed) taken
        ORDER BY event_id
        """,
        *_columns(orders),
    )
    return [UnsettledEvent(decode(row["event"]), row["published_for"]) for row in rows]


async def save_unclaimed(connection: WorkerConnection, events: Sequence[UnsettledEvent], now: datetime) -> None:
    """Store events that were published and may move to another customer."""
    if not events:
        return
    await connection.execute(
        """
        INSERT INTO unclaimed_order_events (event_id, shop, order_id, published_for, event, received_at)
        SELECT *, $6 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[])
        ON CONFLICT (event_id) DO UPDATE SET published_for = excluded.published_for
        """,
        [event.id for event, _ in events],
        [event.shop for event, _ in events],
        [event.data.order_id for event, _ in events],
        [published_for for _, published_for in events],
        [encode(event) for event, _ in events],
        now,
    )


async def remove_unclaimed(connection: WorkerConnection, moved: Sequence[tuple[str, str | None, str]]) -> None:
    """Delete the events of moved orders, each named by shop, customer before and order id."""
    if not moved:
        return
    await connection.execute(
        """
        DELETE FROM unclaimed_order_events u
        USING unnest($1::text[], $2::text[], $3::text[]) AS w(shop, customer_id, order_id)
        WHERE u.shop = w.shop AND u.published_for = w.customer_id AND u.order_id = w.order_id
        """,
        *zip(*moved, strict=True),
    )


def _columns(orders: Collection[Order]) -> tuple[list[str], list[str]]:
    return [shop for shop, _ in orders], [order_id for _, order_id in orders]
