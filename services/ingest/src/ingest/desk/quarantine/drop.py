"""Giving an event in quarantine up."""

from datetime import datetime
from uuid import UUID

from ingest.desk.quarantine.require_entry import require_open
from ingest.hallway.rows.quarantine import resolve
from mandegar.database import Act, Row, as_shop_writing
from mandegar.service.context import Context


async def drop(context: Context, act: Act, quarantine_id: UUID) -> tuple[Row, datetime]:
    """Mark the event as never to be accepted; its row as it was, and when. Raises ``Problem`` 404 or 409."""
    now = context.clock.now()
    async with as_shop_writing(context.web, act) as connection:
        row = await require_open(connection, act.shop, quarantine_id)
        await resolve(connection, [quarantine_id], "dropped", now)
    return row, now
