"""Refunds whose order has not arrived within thirty days are moved to quarantine."""

from datetime import datetime, timedelta

from ingest.hallway.rows.quarantine import Quarantined, insert_quarantined
from ingest.hallway.rows.refunds import take_expired
from mandegar.database import WorkerConnection, transaction
from mandegar.service.background import every
from mandegar.service.context import Context

WAITS_AT_MOST = timedelta(days=30)
EVERY_SECONDS = 60.0
AT_ONCE = 500


async def quarantine_expired(connection: WorkerConnection, now: datetime) -> int:
    """Move at most ``AT_ONCE`` of them; returns how many."""
    rows = await take_expired(connection, now - WAITS_AT_MOST, AT_ONCE)
    detail = f"its order did not arrive within {WAITS_AT_MOST.days} days"
    items = [
        Quarantined(
            *(row["shop"], row["source_id"], row["native_id"], "order_unknown", detail, row["body"] or b""),
            sent_at=row["time"],
            record_of_orders=True,
        )
        for row in rows
    ]
    await insert_quarantined(connection, items, now)
    return len(rows)


async def expire_waiting_refunds(context: Context) -> None:
    """Move them once a minute, until cancelled."""

    async def move() -> bool:
        async with transaction(context.worker) as connection:
            return await quarantine_expired(connection, context.clock.now()) == AT_ONCE

    await every(EVERY_SECONDS, move, name="expire_waiting_refunds")
