"""Facts about a whole shop, published once into every partition so that each lane reads them in its own order."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import Connection
from mandegar.events import Event, derived_id
from mandegar.events.ingest import ShopUpdated, SourceClosed
from mandegar.outbox.rows import write_outbox


def shop_updated(shop: str, data: ShopUpdated, now: datetime, partitions: int) -> list[Event]:
    """``shop.updated`` for each partition; the ids differ by partition alone."""
    return [
        Event(
            id=derived_id("ingest", f"shop|{shop}|{data.version}", "shop.updated", partition),
            source="urn:mandegar:service:ingest",
            type="shop.updated",
            time=now,
            shop=shop,
            recorded_time=now,
            data=data,
        )
        for partition in range(partitions)
    ]


def source_closed(shop: str, source_id: str, now: datetime, partitions: int) -> list[Event]:
    """``source.closed`` for each partition: no event of this source follows it there."""
    return [
        Event(
            id=derived_id("ingest", f"source|{source_id}", "source.closed", partition),
            source=f"urn:mandegar:shop:{shop}:source:{source_id}",
            type="source.closed",
            time=now,
            shop=shop,
            recorded_time=now,
            data=SourceClosed(source_id=source_id, partition=partition),
        )
        for partition in range(partitions)
    ]


async def publish_to_every_partition(connection: Connection, events: Sequence[Event]) -> None:
    """Write the first event into partition 0, the second into partition 1, and so on."""
    for partition, event in enumerate(events):
        await write_outbox(connection, [event], partition=partition)
