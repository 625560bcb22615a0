"""Refunds whose order has not arrived within thirty days are moved to quarantine."""

import asyncio
from datetime import datetime, timedelta

from ingest.hallway.rows.quarantine import Quarantined, insert_quarantined
from ingest.hallway.rows.refunds import take_expired
from mandegar.database import Connection, is_transient, transaction
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

WAITS_AT_MOST = timedelta(days=30)
LOOK_EVERY_SECONDS = 60.0
AT_ONCE = 500


async def quarantine_expired(connection: Connection, now: datetime) -> int:
    """Move at most ``AT_ONCE`` of them; returns how many."""
    rows = await take_expired(connection, now - WAITS_AT_MOST, AT_ONCE)
    items = [
        Quarantined(
            row["shop"],
            row["source_id"],
            row["native_id"],
            "order_unknown",
            f"its order did not arrive within {WAITS_AT_MOST.days} days",
            row["body"] or b"",
        )
        for row in rows
    ]
    await insert_quarantined(connection, items, now)
    return len(rows)


async def expire_waiting_refunds(context: Context) -> None:
    """Move them once a minute, until cancelled."""
    while True:
        moved = 0
        try:
            async with transaction(context.worker) as connection:
                moved = await quarantine_expired(connection, context.clock.now())
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("expiry_postponed", error=type(error).__name__)
        if moved < AT_ONCE:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
