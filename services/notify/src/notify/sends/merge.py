"""Gives the sends of aliases to their roots, whose caps, cooldowns and exits count them from then on."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.stream import Merged, needs_longer
from notify.sends.apply import withdraw_exited, withdraw_left
from notify.sends.merge_rows import load_large, move_sends

# More sends of a customer than this are moved by the lane beside.
SENDS_MAX = 2_000


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Withhold as well what waits and has no reason any more, now that the acts of both are one customer's.

    A send in the hands of a worker goes on: its result is recorded by its id, whoever's it is by then.
    """
    await move(merged, connection, now)
    roots = {root for _, root, _ in merged}
    exited = await withdraw_exited(connection, roots, now)
    return [*exited, *await withdraw_left(connection, roots, now)]


async def move(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Move the sends alone, for a rebuild: whether they went out is published on notify's own topic."""
    pairs = [(alias, root) for alias, root, _ in merged]
    needs_longer(await load_large(connection, pairs, SENDS_MAX))
    await move_sends(connection, pairs, now)
    return ()
