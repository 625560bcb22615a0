"""Events that a service derives: from an event, from an instant that came due, or from a command.

``derived_event`` is the one place that fills in an envelope. The id of a derived event follows from its cause, so a
retry, a replica or a replay makes the same event.
"""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from mandegar.events.envelope import CustomerKey, Event, derived_id


class Due(NamedTuple):
    """An instant that came due: ``kind`` says what for, such as ``expiring``."""

    kind: str
    at: datetime


class Origin(NamedTuple):
    """What an envelope tells of its event's cause; the default is that of a command."""

    hops: int = 0
    causation_id: UUID | None = None
    correlation_id: UUID | None = None
    backfill: bool = False
    traceparent: str | None = None


BY_TIME = Origin(hops=1)


def origin_of(cause: Event) -> Origin:
    """The origin of what follows from ``cause``."""
    return Origin(cause.hops + 1, cause.id, cause.correlation_id or cause.id, cause.backfill, cause.traceparent)


def derived_event(
    service: str,
    type_: str,
    data: Struct,
    *,
    about: CustomerKey | str,
    cause: Event | Due | Origin,
    now: datetime,
    id_from: str | UUID | None = None,
    time: datetime | None = None,
    index: int = 0,
    source: str | None = None,
) -> Event:
    """The event ``type_`` that ``service`` publishes ``about`` a customer or a whole shop because of ``cause``.

    ``id_from`` is the text from which the id is derived, or the id itself; by default it is the cause's id or due
    instant, and an ``Origin`` needs one. ``time`` defaults to the cause's, and for an ``Origin`` to ``now``.
    ``index`` tells apart several events of one type and cause. Raises ``ValueError`` where the id cannot be derived.
    """
    customer_id = None if isinstance(about, str) else about.customer_id
    shop = about if isinstance(about, str) else about.shop
    match cause:
        case Event():
            origin, text, happened = origin_of(cause), str(cause.id), cause.time
        case Due(kind, at):
            subject = f"{shop}:{customer_id}"
            origin, text, happened = BY_TIME, f"{kind}|{subject}|{at.astimezone(UTC).isoformat()}", at
        case Origin():
            origin, text, happened = cause, "", now
    if id_from is None and not text:
        raise ValueError(f"{type_} has no cause that its id could be derived from: give id_from")
    return Event(
        id=id_from if isinstance(id_from, UUID) else derived_id(service, id_from or text, type_, index),
        source=source or f"urn:mandegar:service:{service}",
        type=type_,
        time=time or happened,
        shop=shop,
        recorded_time=now,
        data=data,
        customer_id=customer_id,
        hops=origin.hops,
        causation_id=origin.causation_id,
        correlation_id=origin.correlation_id,
        backfill=origin.backfill,
        traceparent=origin.traceparent,
    )
