"""What aliases took of rewards counts for the limits of their roots."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.rewards.take_rows import give_to_roots
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.stream import Merged


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Nothing is published: whose alias a customer is, ingest has said."""
    await give_to_roots(connection, {each.alias: each.root for each in merged})
    return ()
