"""The events that publish what became of a send."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from mandegar.events import Event, derived_id
from mandegar.events.notify import MessageDecided
from notify.domain.send_states import State
from notify.sends.rows import Send

TYPES: dict[State, str] = {
    "sent": "message.sent",
    "refused": "message.refused",
    "unknown": "message.unknown",
    "withheld": "message.withheld",
}


def decided_id(send_id: UUID, attempt: int, type_: str) -> UUID:
    """The id of the event that publishes the end of an attempt."""
    return derived_id("notify", f"{send_id}|{attempt}", type_)


def decided_events(sends: Iterable[Send], now: datetime, *, backfill: bool = False) -> list[Event]:
    """One event per send in a state that others care about; sends that merely wait have none."""
    return [_event(send, TYPES[send.state], now, backfill) for send in sends if send.state in TYPES]


def _event(send: Send, type_: str, now: datetime, backfill: bool) -> Event:
    return Event(
        id=decided_id(send.send_id, send.attempt, type_),
        source="urn:mandegar:service:notify",
        type=type_,
        time=now,
        shop=send.shop,
        recorded_time=now,
        data=MessageDecided(
            message_id=send.send_id,
            journey=send.journey,
            channel=send.channel,
            template=send.template,
            locale=send.locale or "",
            reason=send.reason,
        ),
        customer_id=send.customer_id,
        hops=send.hops + 1,
        causation_id=send.cause_id,
        correlation_id=send.correlation_id,
        backfill=backfill,
    )
