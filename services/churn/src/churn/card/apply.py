"""Applying ``loyalty.events`` and ``notify.events`` to cards, in a consumer group of their own."""

from collections.abc import Sequence
from datetime import datetime

from churn.card.parts import MESSAGE_TYPES, POINTS_TYPES, PointsPart
from churn.card.rows import load_messages, merge_points, save_messages
from mandegar.database import Connection
from mandegar.events import CustomerKey, Event


async def apply(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Apply a batch to the cards concerned. Nothing follows from a card."""
    points: dict[CustomerKey, PointsPart] = {}
    for event in events:
        part = points.get(event.customer)
        if part is None:
            part = points[event.customer] = PointsPart(*event.customer)
        if event.type in POINTS_TYPES:
            part.take_in(event)
    await merge_points(connection, points)
    told = [event for event in events if event.type in MESSAGE_TYPES]
    if told:
        messages = await load_messages(connection, {event.customer for event in told})
        for event in told:
            messages[event.customer].take_in(event)
        await save_messages(connection, list(messages.values()))
    return ()
