"""Historical sources: which are filling, which are closed in every partition, and which a model was fitted to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec import Struct

from churn.domain.customer import Customer
from mandegar.database import WorkerConnection, as_json, record_set
from mandegar.events import CustomerKey, Event

# A source that is never closed delays fits and settling for this long after its last event.
FORGOTTEN = timedelta(hours=1)


class SourcePartition(NamedTuple):
    """One historical source in one partition."""

    shop: str
    source_id: str
    partition: int


class SourceState(Struct, frozen=True):
    """The last thing a source did in a partition: it sent history (``closed`` is false), or it was closed."""

    shop: str
    source_id: str
    partition: int
    closed: bool


_SOURCES: Final = record_set(SourceState)


async def record_backfills(
    connection: WorkerConnection, events: Sequence[Event], customers: Mapping[CustomerKey, Customer], now: datetime
) -> None:
    """Record which sources sent history or were closed; either makes their shop due for a fit."""
    closed = _closed_by_source(events, customers)
    if not closed:
        return
    await connection.execute(
        f"""
        INSERT INTO backfills (shop, source_id, partition, last_event_at, closed_at)
        SELECT shop, source_id, partition, CASE WHEN NOT closed THEN $2::timestamptz END,
               CASE WHEN closed THEN $2::timestamptz END
        FROM {_SOURCES}
        ON CONFLICT (shop, source_id, partition) DO UPDATE SET
            last_event_at = coalesce(excluded.last_event_at, backfills.last_event_at),
            closed_at = excluded.closed_at,
            model_version = NULL
        """,  # noqa: S608  names of our own columns
        as_json([SourceState(*key, closed[key]) for key in sorted(closed)]),
        now,
    )


async def filling_until(
    connection: WorkerConnection, shops: Collection[str], now: datetime, quiet: timedelta
) -> dict[str, datetime]:
    """The shops whose history is coming in or awaits its fit, each with the instant at which to look again.

    An open source is filling until it was quiet for ``quiet``; a closed one until a model was fitted to it.
    """
    rows = await connection.fetch(
        """
        SELECT shop,
               max(CASE WHEN closed_at IS NULL THEN last_event_at ELSE $2::timestamptz END) + $3::interval AS until
        FROM backfills
        WHERE shop = ANY($1::text[]) AND model_version IS NULL
          AND (CASE WHEN closed_at IS NULL THEN last_event_at > $2::timestamptz - $3::interval
               ELSE closed_at > $2::timestamptz - $4::interval END)
        GROUP BY shop
        """,
        list(shops),
        now,
        quiet,
        FORGOTTEN,
    )
    return {row["shop"]: row["until"] for row in rows}


async def shops_to_fit(connection: WorkerConnection, partitions: int, now: datetime) -> list[str]:
    """Shops with a source that closed in every partition, no model fitted to it yet, and no other source filling."""
    rows = await connection.fetch(
        """
        SELECT shop FROM backfills ready
        WHERE NOT EXISTS (
            SELECT 1 FROM backfills open
            WHERE open.shop = ready.shop AND open.closed_at IS NULL
              AND open.last_event_at > $2::timestamptz - $3::interval
        )
        GROUP BY shop, source_id
        HAVING count(closed_at) = $1 AND count(model_version) < $1
        """,
        partitions,
        now,
        FORGOTTEN,
    )
    return sorted({row["shop"] for row in rows})


async def mark_fitted(connection: WorkerConnection, shop: str, version: int, until: datetime) -> None:
    """Record that a model version covers all that the sources of a shop closed by ``until`` have sent."""
    await connection.execute(
        "UPDATE backfills SET model_version = $2 WHERE shop = $1 AND closed_at <= $3", shop, version, until
    )


def _closed_by_source(
    events: Sequence[Event], customers: Mapping[CustomerKey, Customer]
) -> dict[SourcePartition, bool]:
    """The last thing each historical source did in each partition: sent history (false) or closed (true)."""
    closed = {}
    for event in events:
        if event.type == "source.closed":
            closed[SourcePartition(event.shop, event.data.source_id, event.data.partition)] = True
        elif event.backfill and event.customer_id is not None and event.alias is None:  # whose partition is another
            source_id = event.source.rpartition(":")[2]
            closed[SourcePartition(event.shop, source_id, customers[event.customer].partition)] = False
    return closed
