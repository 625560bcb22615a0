"""Takes erased customers out of the figures by dimension; the library deletes their rows."""

from collections.abc import Sequence
from datetime import datetime

from churn.dimensions.rows import load, write
from mandegar.database import WorkerConnection
from mandegar.stream import Erased, Removed


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
    """Let the parts of erased customers count for them no more."""
    await write(connection, await load(connection, {each.customer for each in erased}), {})
    return ()
