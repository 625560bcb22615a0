"""Cancellations and refunds that missed the order of another account are moved to the owner within seconds."""

from ingest.hallway.order_owners import move_missed
from mandegar.database import transaction
from mandegar.outbox import write_outbox
from mandegar.service.background import every
from mandegar.service.context import Context

EVERY_SECONDS = 10.0


async def move_missed_orders(context: Context) -> None:
    """Move them every ten seconds, until cancelled."""

    async def move() -> bool:
        async with transaction(context.worker) as connection:
            events = await move_missed(connection, context.clock.now())
            await write_outbox(connection, events)
        return bool(events)

    await every(EVERY_SECONDS, move, name="move_missed_orders")
