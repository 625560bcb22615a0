"""A purchase takes back what still waits to be said about its absence."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import Connection
from mandegar.events import Event
from notify.journeys import built_in
from notify.sends.events import decided_events
from notify.sends.intent_rows import withdraw_exited


async def withdraw_after_purchase(connection: Connection, paid: Sequence[Event], now: datetime) -> list[Event]:
    """Withhold waiting sends of journeys that a purchase ends, and say so."""
    journeys = [journey.name for journey in built_in().values() if "order.paid" in journey.exits]
    if not paid or not journeys:
        return []
    rows = await withdraw_exited(connection, {event.customer for event in paid}, journeys, now)
    return decided_events(rows, now)
