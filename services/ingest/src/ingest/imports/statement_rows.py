"""What was accepted before of what a file states, as the history has it."""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from ingest.hallway.rows.history import Stored
from mandegar.database import Connection


class Holding(NamedTuple):
    """An accepted event, and whether whoever has it now was erased: then nobody has it."""

    stored: Stored
    is_erased: bool


async def load_with_customers(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Holding]:
    """The accepted events among ``ids``, each with the customer who has it now."""
    rows = await connection.fetch(
        """
        SELECT e.event_id, coalesce(c.erased_at IS NOT NULL, false) AS is_erased, e.body_hash, e.body, e.time,
            e.recorded_time, coalesce(c.merged_into, e.received_by, e.customer_id)
        FROM events e LEFT JOIN customers c
            ON c.shop = e.shop AND c.customer_id = coalesce(e.received_by, e.customer_id)
        WHERE e.event_id = ANY($1::uuid[])
        """,
        list(ids),
    )
    return {row["event_id"]: Holding(Stored(*row[2:]), row["is_erased"]) for row in rows}


async def of_files_of_points(connection: Connection, shop: str, stored: Mapping[str, Stored]) -> set[str]:
    """The names of those statements that were accepted while a file of points was imported, as far as it is kept."""
    rows = await connection.fetch(
        """
        SELECT w.name FROM unnest($2::text[], $3::timestamptz[]) AS w(name, at)
        WHERE EXISTS (
            SELECT FROM imports
            WHERE shop = $1 AND kind = 'points' AND NOT dry_run
              AND started_at <= w.at AND coalesce(finished_at, 'infinity') >= w.at
        )
        """,
        shop,
        list(stored),
        [each.recorded_time for each in stored.values()],
    )
    return {row["name"] for row in rows}


async def stored_among(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Which of the events were accepted."""
    rows = await connection.fetch("SELECT event_id FROM events WHERE event_id = ANY($1::uuid[])", list(ids))
    return {row["event_id"] for row in rows}


async def load_other_ids(connection: Connection, shop: str, roots: Collection[str]) -> list[tuple[str, str]]:
    """The roots each with another id under which facts of theirs were accepted: an alias, or one that was split off."""
    rows = await connection.fetch(
        """
        SELECT merged_into AS root, customer_id FROM customers WHERE shop = $1 AND merged_into = ANY($2::text[])
        UNION
        SELECT received_by, customer_id FROM events
        WHERE shop = $1 AND received_by = ANY($2::text[]) AND customer_id IS NOT NULL
        """,
        shop,
        list(roots),
    )
    return [(row["root"], row["customer_id"]) for row in rows]
