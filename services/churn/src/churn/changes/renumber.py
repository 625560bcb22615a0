"""The background task that lets customers count as changed whose numbers came along from another cluster."""

from churn.changes.rows import renumber
from mandegar.database import transaction
from mandegar.service.background import every
from mandegar.service.context import Context

SECONDS = 3_600.0


async def renumber_changes(context: Context) -> None:
    """Renumber until cancelled, first at the start: rows have such numbers after a restore from a dump."""
    await every(SECONDS, lambda: renumber_some(context), name="renumber changes")


async def renumber_some(context: Context) -> bool:
    """Renumber some rows; True if there may be more."""
    async with transaction(context.worker) as connection:
        return await renumber(connection)
