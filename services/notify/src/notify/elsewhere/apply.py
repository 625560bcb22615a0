"""Stores messages that another system sent. Nothing is published because of them, and nothing is sent."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import on
from notify.elsewhere.rows import ElsewhereRow, save_messages


async def store(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store each message once; of several events about one the latest stands, in any order of arrival."""
    latest: dict[tuple[CustomerKey, str], Event] = {}
    for event in events:
        message = (event.customer, event.data.message_id)
        latest[message] = max(latest.get(message, event), event, key=lambda each: (each.time, each.id))
    await save_messages(connection, [_row(event) for event in latest.values()])
    return ()


def _row(event: Event) -> ElsewhereRow:
    data = event.data
    return ElsewhereRow(
        *event.customer,
        message_id=data.message_id,
        event_id=event.id,
        channel=data.channel,
        marketing=data.marketing,
        journey=data.journey,
        sent_at=event.time,
        address_id=data.address_id,
        sent_as=event.alias,
    )


READS = (on({"message.sent_elsewhere"}, store),)
