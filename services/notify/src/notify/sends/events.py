"""The events that publish what became of a send."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from mandegar.events import Event, derived_id
from mandegar.events.derived import Origin, derived_event
from mandegar.events.notify import MessageDecided
from notify import NAME
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
    return derived_id(NAME, f"{send_id}|{attempt}", type_)


def decided_events(sends: Iterable[Send], now: datetime, *, backfill: bool = False) -> list[Event]:
    """One event per send in a state that others care about; none for sends that wait, or are unknown once more."""
    return [
        _event(send, TYPES[send.state], now, backfill) for send in sends if send.state in TYPES and not _again(send)
    ]


def _again(send: Send) -> bool:
    """Whether the send was unknown before, was then tried again, and is unknown once more."""
    return send.state == "unknown" and send.unknown_at != send.decided_at


def _event(send: Send, type_: str, now: datetime, backfill: bool) -> Event:
    decided = MessageDecided(
        message_id=send.send_id,
        journey=send.journey,
        channel=send.channel,
        template=send.template,
        locale=send.locale or "",
        reason=send.reason,
        address_id=send.address_id,
    )
    cause = Origin(send.hops + 1, send.cause_id, send.correlation_id, backfill)
    id_ = decided_id(send.send_id, send.attempt, type_)
    return derived_event(NAME, type_, decided, about=send.customer, cause=cause, now=now, id_from=id_)
