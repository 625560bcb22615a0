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
    await _take_over(connection, merged, taken)
    await evaluate_soon(connection, {each.root for each in merged if each.root.shop in definitions}, now)
    return outgoing


async def _take_over(connection: WorkerConnection, merged: Sequence[Merged], taken: dict[CustomerKey, State]) -> None:
    """Let the last complaint of each root be the latest of all, and the segments under which it was evaluated the
    oldest under which any of them was: what an alias would have been brought into in silence, the root is."""
    of_roots: dict[CustomerKey, list[State]] = {}
    for alias, root, _ in merged:
        if alias in taken:
            of_roots.setdefault(root, []).append(taken[alias])
    if not of_roots:
        return
    states = await load_states(connection, of_roots)
    changed = []
    for key, aliases in of_roots.items():
        state = states.get(key) or State(*key)
        complaints = [at for each in (state, *aliases) if (at := each.complained_at) is not None]
        complained_at = max(complaints, default=None)
        generation = min((abs(each.generation) for each in (state, *aliases) if each.generation), default=0)
        generation = generation if state.generation else 0
        if (complained_at, generation) != (state.complained_at, abs(state.generation)):
            state.complained_at, state.generation = complained_at, generation
            changed.append(state)
    if changed:
        await save_states(connection, changed)
