"""Facts about a whole shop, published once into every partition so that each lane reads them in its own order."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ingest.domain.sources import source_urn
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.ingest import ShopUpdated, SourceClosed
from mandegar.outbox.rows import write_outbox
from mandegar.shops import record_shops


def shop_updated(shop: str, data: ShopUpdated, now: datetime, partitions: int) -> list[Event]:
    """``shop.updated`` for each partition; the ids differ by partition alone."""
    cause = f"shop|{shop}|{data.version}"
    return [
        derived_event(
            "ingest", "shop.updated", data, about=shop, cause=Origin(), now=now, id_from=cause, index=partition
        )
        for partition in range(partitions)
    ]


def source_closed(
    shop: str, source_id: str, now: datetime, partitions: int, because: UUID | None = None
) -> list[Event]:
    """``source.closed`` for each partition: no event of this source follows it there.

    Unless one that was in quarantine is released: then it is published again, ``because`` of that.
    """
    return [
        derived_event(
            "ingest",
            "source.closed",
            SourceClosed(source_id=source_id, partition=partition),
            about=shop,
            cause=Origin(),
            now=now,
            id_from=f"source|{source_id}" if because is None else f"source|{source_id}|{because}",
            index=partition,
            source=source_urn(shop, source_id),
        )
        for partition in range(partitions)
    ]


async def publish_shop(
    connection: WorkerConnection, shop: str, data: ShopUpdated, now: datetime, partitions: int
) -> None:
    """Store the settings of a shop here and publish them to every partition."""
    events = shop_updated(shop, data, now, partitions)
    await record_shops(connection, events[:1])
    await publish_to_every_partition(connection, events)


async def publish_to_every_partition(connection: WorkerConnection, events: Sequence[Event]) -> None:
    """Write the first event into partition 0, the second into partition 1, and so on."""
    for partition, event in enumerate(events):
        await write_outbox(connection, [event], partition=partition)
