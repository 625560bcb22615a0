"""Events about orders are published for the owner of their order; what went to another before moves to the owner.

Only orders whose owner may be somebody else than the customer named are looked at: those of guests, of browsers and of
nobody, and cancellations and refunds that name a customer without a snapshot of the order.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import structs

from ingest.domain.candidates import Candidate
from ingest.domain.order_owner import ACCOUNT, Claims, owner_of, receiver
from ingest.hallway.rows.history import mark_published
from ingest.hallway.rows.order_owners import (
    Order,
    UnsettledEvent,
    find_contested,
    find_missed,
    load_claims,
    save_unclaimed,
    take_unsettled,
)
from ingest.hallway.rows.refunds import insert_waiting
from ingest.identity.identify import as_published
from ingest.identity.order_locks import exclude_orders
from ingest.identity.rows import Receiver
from mandegar.customers.alias_rows import roots_of
from mandegar.customers.locking import root_of
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import derived_event
from mandegar.events.envelope import derived_id
from mandegar.events.ingest import OrderMoved

# No transaction of a door takes as long.
MISSED_WITHIN = timedelta(minutes=10)
MISSED_AT_ONCE = 500


class _Delivery(NamedTuple):
    """An event of an order, the customer who had it so far, the one who gets it now, and the claims to the order.

    None of these customers is an alias; only the event is as it was accepted.
    """

    event: Event
    before: str | None
    to: str | None
    claims: Claims


async def publish_order_events(
    connection: WorkerConnection, new: Sequence[Candidate], receivers: Mapping[UUID, Receiver], now: datetime
) -> list[Event]:
    """The new events about orders, each for the owner of its order, and earlier ones whose owner became known.

    Those of which nobody is known are stored until their order arrives.
    """
    about_orders = [candidate for candidate in new if candidate.order_id is not None and candidate.published]
    if not about_orders:
        return []
    contested = await _contested(connection, about_orders, receivers)
    outgoing = [
        as_published(candidate.event, receivers) for candidate in about_orders if candidate.order not in contested
    ]
    if contested:
        deliveries = await _deliveries(connection, about_orders, receivers, contested)
        await _keep(connection, deliveries, now)
        # What comes out of quarantine claimed its order when it was received.
        claimed_at = {each.order: each.waited_since for each in about_orders if each.waited_since is not None}
        outgoing += _published(deliveries, now, claimed_at)
    return outgoing


async def move_missed(connection: WorkerConnection, now: datetime) -> list[Event]:
    """Events that missed the order of another account, which was accepted at the same time, for the order's owner.

    Accounts share the lock on orders: one that excludes the others at each cancellation before its order would hold up
    every door.
    """
    missed = await find_missed(connection, now - MISSED_WITHIN, MISSED_AT_ONCE)
    if not missed:
        return []
    await exclude_orders(connection, {shop for shop, _ in missed})
    deliveries = await _deliveries(connection, (), {}, missed)
    await _keep(connection, deliveries, now)
    return _published(deliveries, now, {})


async def _contested(
    connection: WorkerConnection, candidates: Sequence[Candidate], receivers: Mapping[UUID, Receiver]
) -> set[Order]:
    """The orders whose owner has to be looked for."""
    contested = {candidate.order for candidate in candidates if candidate.names_no_account}
    others = [candidate for candidate in candidates if candidate.order not in contested]
    if others:
        contested |= await find_contested(
            connection, [as_published(candidate.event, receivers) for candidate in others]
        )
    return contested


async def _deliveries(
    connection: WorkerConnection,
    candidates: Sequence[Candidate],
    receivers: Mapping[UUID, Receiver],
    orders: Collection[Order],
) -> list[_Delivery]:
    claims = await load_claims(connection, orders)
    unsettled = await take_unsettled(connection, claims.keys())
    keys = {CustomerKey(event.shop, id_) for event, before in unsettled for id_ in (event.customer_id, before) if id_}
    roots = await roots_of(connection, keys)
    owners = {order: owner_of(of_order) for order, of_order in claims.items()}
    deliveries: list[_Delivery] = []

    def deliver(event: Event, had: str | None, named: str | None) -> None:
        order = (event.shop, event.data.order_id)
        of_order = claims.get(order, {})
        deliveries.append(_Delivery(event, had, receiver(named, of_order, owners.get(order)), of_order))

    for candidate in candidates:
        if candidate.order in orders:
            deliver(candidate.event, None, as_published(candidate.event, receivers).customer_id)
    for event, before in unsettled:
        ids = (event.customer_id, before)
        named, had = (id_ and root_of(CustomerKey(event.shop, id_), roots).customer_id for id_ in ids)
        deliver(event, had, named)
    return deliveries


async def _keep(connection: WorkerConnection, deliveries: Sequence[_Delivery], now: datetime) -> None:
    """Store what may have to go to another customer later, and in the history whom events that named nobody concern."""
    waiting: list[Event] = []
    unclaimed: list[UnsettledEvent] = []
    found: dict[UUID, str] = {}
    for event, _, to, claims in deliveries:
        if to is None:
            waiting.append(event)
            continue
        if to not in claims or claims[to].rank < ACCOUNT:
            unclaimed.append(UnsettledEvent(event, to))
        if event.customer_id is None:
            found[event.id] = to
    await insert_waiting(connection, waiting, now)
    await save_unclaimed(connection, unclaimed, now)
    await mark_published(connection, list(found), list(found.values()))


def _published(deliveries: Sequence[_Delivery], now: datetime, claimed_at: Mapping[Order, datetime]) -> list[Event]:
    outgoing: list[Event] = []
    left: dict[UUID, Event] = {}
    for event, before, to, claims in deliveries:
        if to is None or to == before:
            continue
        if before is None:
            outgoing.append(structs.replace(event, customer_id=to))
            continue
        outgoing.append(_moved(event, to, now))
        if before in claims and claims[before].rank < claims[to].rank:
            farewell = _left(event, before, to, now, claimed_at.get((event.shop, event.data.order_id), now))
            left.setdefault(farewell.id, farewell)
    return [*outgoing, *left.values()]


def _left(event: Event, before: str, to: str, now: datetime, at: datetime) -> Event:
    """That the order of ``event`` is no longer one of ``before``. Its id is that of the order and the customer."""
    order_id = event.data.order_id
    return derived_event(
        "ingest",
        "order.moved",
        OrderMoved(order_id=order_id, to=to),
        about=CustomerKey(event.shop, before),
        cause=event,
        now=now,
        time=at,
        id_from=f"{event.shop}|{order_id}|{before}",
    )


def _moved(event: Event, to: str, now: datetime) -> Event:
    """The event once more, for another customer: under an id of its own, because its first one has been applied."""
    return structs.replace(
        event,
        id=derived_id("ingest", f"{event.id}|{to}", event.type),
        customer_id=to,
        recorded_time=now,
        hops=event.hops + 1,
        causation_id=event.id,
        correlation_id=event.correlation_id or event.id,
    )
