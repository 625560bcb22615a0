"""Evaluates customers again when loyalty publishes new points or a tier, in shops whose segments ask for these."""

from collections.abc import Sequence
from datetime import datetime

from churn.memberships.definitions import load_definitions
from churn.memberships.rows import evaluate_soon
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.stream import on

TYPES = frozenset({"points.posted", "tier.changed"})


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Make the customers due whom the events are about. The card keeps the figures, in the same transaction."""
    definitions = await load_definitions(connection, {event.shop for event in events})
    asking = {shop for shop, of in definitions.items() if "loyalty" in of.sources}
    if keys := {event.customer for event in events if event.shop in asking}:
        await evaluate_soon(connection, keys, now)
    return ()


READS = (on(TYPES, apply, group="card", locks_customers=False),)
