"""The background task that adds up what statements have counted, so that the counts stay few rows."""

from churn.counts.rows import CHANGES_AT_ONCE, add_up
from mandegar.database import transaction
from mandegar.service.background import every
from mandegar.service.context import Context

# Answers count what waits as well: nobody sees this pause.
SECONDS = 5.0


async def add_counts_up(context: Context) -> None:
    """Add changes up until cancelled."""
    await every(SECONDS, lambda: add_some_up(context), name="add up the counts")


async def add_some_up(context: Context) -> bool:
    """Add some changes up; True if there may be more."""
    async with transaction(context.worker) as connection:
        return await add_up(connection) == CHANGES_AT_ONCE
