"""Gives the adjustments of aliases to their roots; what they gave and took is in facts, which go with the orders."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.adjustments.rows import give_to_roots
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.stream import Merged


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Let the adjustments of aliases be those of the roots."""
    await give_to_roots(connection, {each.alias: each.root for each in merged})
    return ()
