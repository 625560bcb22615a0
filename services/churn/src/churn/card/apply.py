"""Applies ``loyalty.events`` and ``notify.events`` to cards, in a consumer group of their own."""

from collections.abc import Sequence
from datetime import datetime

from churn.card.rows import load_messages, merge_points, save_messages
from churn.card.rules import MESSAGE_TYPES, TYPES, points_by_customer
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.stream import on


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Apply a batch to the cards concerned. Nothing follows from a card."""
    await merge_points(connection, points_by_customer(events))
    about_messages = [event for event in events if event.type in MESSAGE_TYPES]
    if about_messages:
        messages = await load_messages(connection, {event.customer for event in about_messages})
        for event in about_messages:
            messages[event.customer].take_in(event)
        await save_messages(connection, list(messages.values()))
    return ()


READS = (on(TYPES, apply, group="card", locks_customers=False),)
