"""Events that start journeys: the intent to send is written down; what is too late is withheld right away."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from mandegar.database import Connection
from mandegar.events import Event
from notify.domain.journey import Journey, deadline_of, send_id
from notify.journeys import built_in
from notify.sends.events import decided_events
from notify.sends.intent_rows import Intent, insert_intents


async def start_journeys(connection: Connection, events: Sequence[Event], now: datetime) -> list[Event]:
    """Write an intent for each journey that each event starts; the events of those that are already withheld."""
    wanted = {journey.event for journey in built_in().values()}
    intents: dict[bool, list[Intent]] = {False: [], True: []}
    for event in events:
        if event.type in wanted:
            data = msgspec.structs.asdict(event.data)
            intents[event.backfill] += [
                _intent(journey, event, data, now)
                for journey in built_in().values()
                if journey.starts(event.type, data)
            ]
    withheld = []
    for backfill, group in intents.items():
        if group:
            rows = await insert_intents(connection, group)
            withheld += decided_events(rows, now, backfill=backfill)
    return withheld


def _intent(journey: Journey, event: Event, data: Mapping[str, Any], now: datetime) -> Intent:
    no_later_than = deadline_of(journey, data)
    too_late = no_later_than <= now
    return Intent(
        send_id=send_id(journey.name, event.id, journey.channel),
        shop=event.shop,
        customer_id=event.customer.customer_id,
        journey=journey.name,
        journey_version=journey.version,
        channel=journey.channel,
        template=journey.template,
        cause_type=event.type,
        cause_id=event.id,
        correlation_id=event.correlation_id or event.id,
        hops=event.hops,
        payload=msgspec.to_builtins(event.data),
        triggered_at=data[journey.since] if journey.since else event.time,
        created_at=now,
        no_later_than=no_later_than,
        state="withheld" if too_late else "ready",
        reason="too_late" if too_late else None,
        not_before=now,
        decided_at=now if too_late else None,
    )
