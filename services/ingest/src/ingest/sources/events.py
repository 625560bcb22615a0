"""Facts about a whole shop: written into every partition, so that each lane meets them in its own order."""

from datetime import datetime

from ingest.sources.shop_rows import shop_event
from mandegar.database import Connection
from mandegar.events import Event, derived_id
from mandegar.events.ingest import ShopUpdated, SourceClosed
from mandegar.outbox.rows import write_outbox


async def publish_shop(connection: Connection, shop: str, data: ShopUpdated, now: datetime, partitions: int) -> None:
    """Tell every partition of a shop's new settings."""
    for partition in range(partitions):
        await write_outbox(connection, [shop_event(shop, data, now, partition=partition)], partition=partition)


async def publish_closed(connection: Connection, shop: str, source_id: str, now: datetime, partitions: int) -> None:
    """Tell every partition, behind the events of the source, that there will be no more of them."""
    for partition in range(partitions):
        event = Event(
            id=derived_id("ingest", f"source|{source_id}", "source.closed", partition),
            source=f"urn:mandegar:shop:{shop}:source:{source_id}",
            type="source.closed",
            time=now,
            shop=shop,
            recorded_time=now,
            data=SourceClosed(source_id=source_id, partition=partition),
        )
        await write_outbox(connection, [event], partition=partition)
