"""The background task that adds up what batches have changed, so that the figures stay few rows."""

from churn.kpis import part_rows, rows
from mandegar.database import transaction
from mandegar.service.background import every
from mandegar.service.context import Context

# Answers count what waits as well: nobody sees this pause.
SECONDS = 5.0


async def add_up_changes(context: Context) -> None:
    """Add changes up until cancelled."""
    await every(SECONDS, lambda: add_some_up(context), name="add up the figures")


async def add_some_up(context: Context) -> bool:
    """Add some changes up, of all customers and of parts; True if there may be more."""
    async with transaction(context.worker) as connection:
        whole = await rows.add_up(connection)
        parts = await part_rows.add_up(connection)
    return max(whole, parts) == rows.CHANGES_AT_ONCE
