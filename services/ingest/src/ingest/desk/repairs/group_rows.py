"""Events in quarantine by their group. Every query walks an index of the open ones, and no further than it has to."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from ingest.desk.repairs.suggest import BYTES_MAX
from mandegar.database import Connection, ReadConnection, Row, WorkerConnection

# So many events of a group are counted: of each group of a page, and of one.
LISTED_MAX = 10_000
COUNT_MAX = 100_000
# The part of an example's body that an answer has. Events are smaller, but a record of a raw topic may not be.
BODY_MAX = 64 * 1024
# The newest events on which a suggestion is tried besides, if they are not too large for one.
SAMPLES = 4


async def list_groups(connection: ReadConnection, shop: str, *, after: UUID | None, limit: int) -> list[Row]:
    """A page of the groups with open events, by id: each found by one step of the index behind the one before.

    Each with its oldest event, the time of its newest, the number of its events, which are ``more`` than ``LISTED_MAX``
    if there is one more, and the bodies of its newest ones.
    """
    return await connection.fetch(
        """
        WITH RECURSIVE found AS (
            (SELECT group_id FROM quarantine
             WHERE shop = $1 AND state = 'open' AND ($2::uuid IS NULL OR group_id > $2) ORDER BY group_id LIMIT 1)
            UNION ALL
            SELECT (SELECT q.group_id FROM quarantine q
                    WHERE q.shop = $1 AND q.state = 'open' AND q.group_id > f.group_id ORDER BY q.group_id LIMIT 1)
            FROM found f WHERE f.group_id IS NOT NULL
        )
        SELECT f.group_id, oldest.*, newest.last_at, newest.samples, least(counted.number, $4) AS events,
               counted.number > $4 AS more
        FROM (SELECT group_id FROM found WHERE group_id IS NOT NULL LIMIT $3) f
        CROSS JOIN LATERAL (
            SELECT id, source_id, native_id, code, detail, received_at, sent_at, record_of_orders,
                   substr(body, 1, $5) AS body
            FROM quarantine WHERE shop = $1 AND state = 'open' AND group_id = f.group_id
            ORDER BY received_at, id LIMIT 1
        ) oldest
        CROSS JOIN LATERAL (
            SELECT max(received_at) AS last_at,
                   coalesce(array_agg(body) FILTER (WHERE octet_length(body) <= $7), '{}') AS samples
            FROM (
                SELECT received_at, body FROM quarantine
                WHERE shop = $1 AND state = 'open' AND group_id = f.group_id
                ORDER BY received_at DESC, id DESC LIMIT $6
            ) last
        ) newest
        CROSS JOIN LATERAL (
            SELECT count(*) AS number FROM (
                SELECT FROM quarantine WHERE shop = $1 AND state = 'open' AND group_id = f.group_id LIMIT $4 + 1
            ) rows
        ) counted
        ORDER BY f.group_id
        """,
        shop,
        after,
        limit,
        LISTED_MAX,
        BODY_MAX,
        SAMPLES,
        BYTES_MAX,
    )


async def count_group(connection: Connection, shop: str, group_id: UUID) -> int:
    """The open events of a group, at most ``COUNT_MAX``."""
    count: int = await connection.fetchval(
        """
        SELECT count(*) FROM (
            SELECT FROM quarantine WHERE shop = $1 AND state = 'open' AND group_id = $2 LIMIT $3
        ) rows
        """,
        shop,
        group_id,
        COUNT_MAX,
    )
    return count


async def next_entries(
    connection: Connection, shop: str, group_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """The next open entries of a group, oldest first: where they stand, and how large they are."""
    received_at, id_ = after or (None, None)
    return await connection.fetch(
        """
        SELECT id, received_at, octet_length(body) AS size FROM quarantine
        WHERE shop = $1 AND state = 'open' AND group_id = $2
          AND ($3::timestamptz IS NULL OR (received_at, id) > ($3, $4::uuid))
        ORDER BY received_at, id LIMIT $5
        """,
        shop,
        group_id,
        received_at,
        id_,
        limit,
    )


def first_of(places: Sequence[Row], bytes_max: int) -> list[UUID]:
    """The ids of the first entries that have at most so many bytes together, or of one."""
    ids: list[UUID] = []
    size = 0
    for place in places:
        size += place["size"]
        if size > bytes_max and ids:
            break
        ids.append(place["id"])
    return ids


async def load_entries(connection: Connection, shop: str, ids: list[UUID]) -> list[Row]:
    """Entries that are still open, oldest first."""
    return await connection.fetch(f"{_OPEN} ORDER BY received_at, id", shop, ids)


async def lock_entries(connection: WorkerConnection, shop: str, ids: list[UUID]) -> list[Row]:
    """Entries that are still open once whoever holds them has let them go, oldest first."""
    return await connection.fetch(f"{_OPEN} ORDER BY received_at, id FOR UPDATE", shop, ids)


async def erased_among(connection: Connection, shop: str, customers: Collection[str]) -> set[str]:
    """Those of the customers who were erased."""
    rows = await connection.fetch(
        "SELECT customer_id FROM customers WHERE shop = $1 AND customer_id = ANY($2::text[]) AND erased_at IS NOT NULL",
        shop,
        list(customers),
    )
    return {row["customer_id"] for row in rows}


_OPEN = "SELECT * FROM quarantine WHERE shop = $1 AND id = ANY($2::uuid[]) AND state = 'open'"
