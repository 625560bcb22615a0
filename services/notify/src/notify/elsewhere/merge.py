"""Gives the messages that another system sent to aliases to their roots, whose caps and cooldowns then count them."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.stream import Merged, needs_longer
from notify.elsewhere.rows import load_large, move_messages

# More messages of a customer than this are moved by the lane beside.
MESSAGES_MAX = 2_000


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    pairs = [(alias, root) for alias, root, _ in merged]
    needs_longer(await load_large(connection, pairs, MESSAGES_MAX))
    await move_messages(connection, pairs)
    return ()
