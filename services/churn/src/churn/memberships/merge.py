"""Puts memberships together: the root is evaluated again with what it has taken over, and its aliases leave."""

from collections.abc import Sequence
from datetime import datetime

from churn.memberships.definitions import load_definitions
from churn.memberships.events import left_for_root
from churn.memberships.rows import (
    Place,
    change_members,
    evaluate_soon,
    load_states,
    partitions_of,
    save_states,
    take_states,
)
from churn.memberships.states import State
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import Merged


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Give the complaints of aliases to their roots, who become due; their memberships end, and that is published."""
    if not merged:
        return ()
    taken = await take_states(connection, {each.alias for each in merged})
    partitions = await partitions_of(connection, taken)
    definitions = await load_definitions(connection, {each.root.shop for each in merged})
    published = {
        (shop, segment.name): segment.version
        for shop, of in definitions.items()
        for segment in of.segments
        if segment.publish
    }
    outgoing: list[Event] = []
    left: list[Place] = []
    for alias, root, event in sorted(merged):
        for name in taken[alias].members if alias in taken else ():
            left.append(Place(alias, name, partitions[alias]))
            if version := published.get((alias.shop, name)):
                outgoing.append(left_for_root(name, version, alias, root, event, now))
    await change_members(connection, {}, left)
    await _complain(connection, merged, taken)
    await evaluate_soon(connection, {each.root for each in merged if each.root.shop in definitions}, now)
    return outgoing


async def _complain(connection: WorkerConnection, merged: Sequence[Merged], taken: dict[CustomerKey, State]) -> None:
    """Let the last complaint of each root be the latest of all."""
    complained: dict[CustomerKey, datetime] = {}
    for alias, root, _ in merged:
        at = taken[alias].complained_at if alias in taken else None
        if at is not None:
            complained[root] = max(at, complained.get(root, at))
    if not complained:
        return
    roots = await load_states(connection, complained)
    for key, at in complained.items():
        state = roots.setdefault(key, State(*key))
        state.complained_at = max(at, state.complained_at or at)
    await save_states(connection, roots.values())
