"""Applying ``loyalty.events`` and ``notify.events`` to cards, in a consumer group of their own."""

from collections.abc import Sequence
from datetime import datetime

from churn.card.parts import take_in
from churn.card.rows import lock_cards, write_cards
from shared.database import Connection
from shared.events import Event


async def apply(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Apply a batch to the cards concerned. Nothing follows from a card."""
    about = [event for event in events if event.customer_id is not None]
    cards = await lock_cards(connection, {event.customer for event in about})
    for event in about:
        take_in(cards[event.customer], event)
    await write_cards(connection, list(cards.values()))
    return ()
