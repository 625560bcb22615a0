"""The background task that marks which transactions had begun by when, so that readers know how current they are."""

from churn.changes.rows import mark
from mandegar.database import transaction
from mandegar.service.background import every
from mandegar.service.context import Context

SECONDS = 10.0


async def mark_changes(context: Context) -> None:
    """Mark until cancelled."""
    await every(SECONDS, lambda: mark_now(context), name="mark changes")


async def mark_now(context: Context) -> None:
    """Mark the present."""
    now = context.clock.now()
    async with transaction(context.worker) as connection:
        await mark(connection, now)
