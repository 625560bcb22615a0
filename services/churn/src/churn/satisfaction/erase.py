"""Takes the answers of erased customers out of the figures of their shops; the library deletes their rows."""

from collections.abc import Sequence
from datetime import datetime

from churn.satisfaction.rows import load_answered, write_answered
from mandegar.database import WorkerConnection
from mandegar.stream import Erased, Removed


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
    """Count the answers back."""
    rows = await load_answered(connection, {each.customer for each in erased})
    if rows:
        await write_answered(connection, dict.fromkeys(rows, ()), list(rows.values()))
    return ()
