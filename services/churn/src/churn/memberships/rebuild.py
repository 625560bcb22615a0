"""Segments and memberships from the topic: what shops have stored, and who was told to be in which."""

from collections.abc import Sequence
from datetime import datetime

from churn.domain.orders import units
from churn.memberships.definition_rows import restore_lines, restore_segment
from churn.memberships.heed import READS as HEED
from churn.memberships.rows import Place, change_members, load_states, partitions_of, save_states
from churn.memberships.states import State
from mandegar.customers.merging import unrouted
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import from_us, to_us
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on


async def restore_definitions(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the versions and lines that were published, each over the ones before it."""
    for event in events:
        data = event.data
        if event.type == "segment.changed":
            await restore_segment(connection, event.shop, data, event.recorded_time)
        else:
            lines = (data.often, units(data.middle), units(data.high))
            await restore_lines(connection, event.shop, data.generation, lines, event.recorded_time)
    return ()


async def restore_memberships(
    events: Sequence[Event],
    connection: WorkerConnection,
    now: datetime,  # noqa: ARG001
) -> Sequence[Event]:
    """Write who was published last as being in a segment. Their generation stays 0: they are evaluated afterwards."""
    told: dict[CustomerKey, list[Event]] = {}
    for event in sorted(events, key=lambda event: event.recorded_time):
        if event.alias is None:
            told.setdefault(unrouted(event).customer, []).append(event)
    states, partitions = await load_states(connection, told), await partitions_of(connection, told)
    entered: dict[Place, datetime] = {}
    left: list[Place] = []
    for key in told.keys() & partitions.keys():
        state = states.setdefault(key, State(*key))
        before = state.members
        state.members = _after(before, told[key])
        for name in state.members.keys() - before.keys():
            entered[Place(key, name, partitions[key])] = from_us(state.members[name])
        left += [Place(key, name, partitions[key]) for name in before.keys() - state.members.keys()]
    await save_states(connection, states.values())
    await change_members(connection, entered, left)
    return ()


def _after(members: dict[str, int], told: Sequence[Event]) -> dict[str, int]:
    """Memberships after what was published, in its order."""
    after = {**members}
    for event in told:
        if event.type == "segment.entered":
            after[event.data.segment] = to_us(event.data.entered_at)
        else:
            after.pop(event.data.segment, None)
    return after


REBUILD = Rebuild(
    reads=(
        *HEED,
        on({"segment.changed", "segment.lines_fitted"}, restore_definitions, group=f"{REBUILD_GROUP}.segments"),
        on({"segment.entered", "segment.left"}, restore_memberships, group=f"{REBUILD_GROUP}.memberships"),
    )
)
