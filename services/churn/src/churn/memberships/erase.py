"""Takes erased customers out of the counts of segments; the library deletes their rows."""

from collections.abc import Sequence
from datetime import datetime

from churn.memberships.rows import Place, change_members, load_states, partitions_of
from mandegar.database import WorkerConnection
from mandegar.stream import Erased, Removed


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
    """Remove the memberships of erased customers, counted as one thing with the rows that the library deletes."""
    keys = [each.customer for each in erased]
    states, partitions = await load_states(connection, keys), await partitions_of(connection, keys)
    left = [Place(key, name, partitions[key]) for key, state in states.items() for name in state.members]
    await change_members(connection, {}, left)
    return [Removed(key, "segment_members", len(state.members)) for key, state in states.items() if state.members]
