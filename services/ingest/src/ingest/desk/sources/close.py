"""Closing a source for good."""

from ingest.desk.require_source import require_source
from ingest.sources import rows
from ingest.sources.events import publish_to_every_partition, source_closed
from ingest.sources.imports_source import imports_source_id
from mandegar.database import Act, Row, transaction_of
from mandegar.service.context import Context
from mandegar.web import Problem


async def close_source(context: Context, act: Act, source_id: str) -> Row:
    """Reject new events of the source from now on; a historical source is also announced as complete.

    The row lock waits for transactions that are accepting its events, so ``source.closed`` follows the last of them.
    """
    now, shop = context.clock.now(), act.shop
    async with transaction_of(act, context.worker) as connection:
        row = await require_source(connection, shop, source_id, lock=True)
        if source_id == imports_source_id(shop):
            title, remedy = "The source of imports stays open", "POST /v1/imports/{import_id}/finish ends an import"
            raise Problem(409, "source_of_imports", title, remedy)
        if row["closed_at"] is None:
            await rows.close_source(connection, source_id, now)
            if row["historical"]:
                events = source_closed(shop, source_id, now, context.settings.partitions)
                await publish_to_every_partition(connection, events)
            row = await require_source(connection, shop, source_id)
    context.wake_relay()
    return row
