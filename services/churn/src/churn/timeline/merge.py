"""Makes the histories of one person one. Entries keep the ids under which they came."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from churn.domain.timeline.history import Entries, combine
from churn.timeline.apply import write
from churn.timeline.rows import delete_oldest, forget_moved, give_entries, lock_timelines, take_common, take_counts
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import Merged


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Give the histories of aliases to their roots. The library keeps the group of the histories out meanwhile."""
    counts = await take_counts(connection, {each.alias for each in merged})
    roots = {each.alias: each.root for each in merged if each.alias in counts}
    if not roots:
        return ()
    await forget_moved(connection, {*roots, *roots.values()})
    common: Entries = {}
    for entry in await take_common(connection, roots):
        root = roots[entry.customer]
        place, given = (root, entry.entry_id), replace(entry, customer_id=root.customer_id)
        common[place] = combine(common[place], given) if place in common else given
    await give_entries(connection, roots)
    added: dict[CustomerKey, int] = {}
    for alias, root in roots.items():
        added[root] = added.get(root, 0) + counts[alias]
    if common:
        await write(connection, common, added)
    elif overfull := await lock_timelines(connection, added):
        await delete_oldest(connection, overfull)
    return ()
