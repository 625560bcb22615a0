"""Builds the events that a service publishes because of an event, a due instant or a command.

The id of a derived event is computed from its cause, so a retry, a replica or a replay builds the same event.
"""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from mandegar.events.envelope import CustomerKey, Event, derived_id
from mandegar.events.registry import ERASED, MERGED


class Due(NamedTuple):
    """A due instant as the cause of an event; ``kind`` is what was due, such as ``expiring``."""

    kind: str
    at: datetime


class Origin(NamedTuple):
    """The envelope fields that an event takes over from its cause. The defaults are those of a command."""

    hops: int = 0
    causation_id: UUID | None = None
    correlation_id: UUID | None = None
    backfill: bool = False
    traceparent: str | None = None


BY_TIME = Origin(hops=1)


def origin_of(cause: Event | None) -> Origin:
    """The origin of an event that ``cause`` causes; None: that time alone causes."""
    if cause is None:
        return BY_TIME
    return Origin(cause.hops + 1, cause.id, cause.correlation_id or cause.id, cause.backfill, cause.traceparent)


def snapshots_of(event_id: UUID) -> tuple[UUID, UUID]:
    """The ids under which ingest publishes snapshots of a customer that the event of a shop changed."""
    cause = str(event_id)
    return derived_id("ingest", cause, "contact.updated"), derived_id("ingest", cause, "customer.updated")


def cause_of_merge(alias: CustomerKey, version: int) -> str:
    """From what the ids of the events about one merge or split are derived."""
    return f"{alias.shop}|{alias.customer_id}|{version}"


def merge_id(alias: CustomerKey, version: int, type_: str = MERGED) -> UUID:
    """The id under which ingest publishes a merge or split under the alias's own key."""
    return derived_id("ingest", cause_of_merge(alias, version), type_)


def erasure_event_id(customer: CustomerKey, version: int, type_: str = ERASED) -> UUID:
    """The id under which ingest publishes an erasure or readmission under one key of the person."""
    return derived_id("ingest", f"{customer.shop}|{customer.customer_id}|{version}", type_)


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
    """An event of type ``type_`` that ``service`` publishes ``about`` a customer or a shop because of ``cause``.

    ``id_from`` is the text from which the id is computed, or the id itself. It defaults to the id of the causing event,
    or to the kind, customer and instant of a ``Due``; with an ``Origin`` it is required (else ``ValueError``).
    ``time`` defaults to the cause's, and to ``now`` with an ``Origin``. ``index`` distinguishes events of one type
    and cause.
    """
    shop, customer_id = (about, None) if isinstance(about, str) else about
    if isinstance(cause, Event):
        origin, text, happened = origin_of(cause), "" if id_from else str(cause.id), cause.time
    elif isinstance(cause, Due):
        text = f"{cause.kind}|{shop}:{customer_id}|{cause.at.astimezone(UTC).isoformat()}"
        origin, happened = BY_TIME, cause.at
    else:
        origin, text, happened = cause, "", now
    if id_from is None and not text:
        raise ValueError(f"{type_}: an event without a causing event or due instant needs id_from")
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
