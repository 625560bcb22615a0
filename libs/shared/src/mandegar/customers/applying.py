"""Applies events whose customers are locked: who is erased and who is whom first, the others then to the roots."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mandegar.customers.erasing import apply_erasures
from mandegar.customers.merging import about, merge_customers
from mandegar.customers.standings import Standings
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import ERASURE_TYPES, IDENTITY_TYPES, SPLIT
from mandegar.stream import Subscription


@dataclass(slots=True)
class _Segment:
    """Erasures, then merges and splits, then the other events, in the order in which they are applied."""

    erasures: list[Event] = field(default_factory=list)
    identities: list[Event] = field(default_factory=list)
    rest: list[Event] = field(default_factory=list)
    # The customers of the other events, and their roots.
    customers: set[CustomerKey] = field(default_factory=set)


async def apply_to_roots(
    subscription: Subscription,
    events: Sequence[Event],
    connection: WorkerConnection,
    now: datetime,
    standings: Standings,
) -> Sequence[Event]:
    """Apply events whose customers are locked, and have these ``standings``, which this function keeps up to date.

    Events of erased customers are dropped, and noted in ``standings.dropped``.
    """
    if subscription.merge is None and subscription.erase is None:
        return await _apply(subscription, events, connection, now, standings)
    if not any(event.type in IDENTITY_TYPES or event.type in ERASURE_TYPES for event in events):
        return await _apply(subscription, events, connection, now, standings)
    outgoing: list[Event] = []
    for segment in _segments(events, standings):
        await apply_erasures(
            segment.erasures, subscription.erase, connection, now, standings, excluded=subscription.excluded
        )
        if segment.identities and subscription.merge is not None:
            outgoing += await merge_customers(
                segment.identities,
                subscription.merge,
                connection,
                now,
                standings,
                erase=subscription.erase,
                excluded=subscription.excluded,
            )
        outgoing += await _apply(subscription, segment.rest, connection, now, standings)
    return outgoing


async def _apply(
    subscription: Subscription,
    events: Sequence[Event],
    connection: WorkerConnection,
    now: datetime,
    standings: Standings,
) -> Sequence[Event]:
    if standings.erasures and not subscription.sees_erased:
        dropped = [event for event in events if standings.drops(event)]
        events = [event for event in events if not standings.drops(event)]
        standings.dropped += [event.id for event in dropped]
        if dropped and subscription.of_erased is not None:
            await subscription.of_erased(dropped, connection, now)
    if not events:
        return ()
    return await subscription.apply(routed(events, standings.roots), connection, now)


def _segments(events: Sequence[Event], standings: Standings) -> Iterator[_Segment]:
    """The events in parts, each of which is applied in the order of ``_Segment``.

    The order of merges and acts has no influence on the state. That of a split has: what stands before it is the
    root's. So has that of an erasure or readmission: what the customer did before it, or their alias, is erased; and
    that of a merge, if the root was erased since: what the alias did before is not the root's any more.
    """
    erasing = bool(standings.erasures) or any(event.type in ERASURE_TYPES for event in events)
    segment = _Segment()
    for event in events:
        if event.type == SPLIT:
            begins = bool(segment.identities or segment.rest)
        elif event.type in ERASURE_TYPES:
            begins = bool(segment.identities) or event.customer in segment.customers
        else:
            begins = erasing and event.type in IDENTITY_TYPES and bool(segment.rest)
        if begins:
            yield segment
            segment = _Segment()
        if event.type in ERASURE_TYPES:
            segment.erasures.append(event)
        elif event.type in IDENTITY_TYPES:
            segment.identities.append(event)
        else:
            segment.rest.append(event)
            if event.customer_id is not None:
                segment.customers |= {event.customer, standings.root(event.customer)}
    yield segment


def routed(events: Sequence[Event], roots: Mapping[CustomerKey, CustomerKey]) -> Sequence[Event]:
    """The events, those of aliases as events of their roots."""
    if not roots:
        return events
    return [
        event if event.customer_id is None else about(event, roots.get(event.customer, event.customer))
        for event in events
    ]
