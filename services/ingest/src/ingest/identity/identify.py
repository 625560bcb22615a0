"""Applies what accepted events say about who is who, and tells for whom each of them is published."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import structs

from ingest.domain.candidates import Candidate
from ingest.domain.links import Link
from ingest.domain.order_owner import GUEST, rank
from ingest.identity.merge import Decided, Wish, merge_customers
from ingest.identity.rows import (
    LinkRow,
    Receiver,
    find_news,
    load_receivers,
    load_standings,
    note_receivers,
    save_addresses,
    save_browsers,
)
from ingest.identity.rules import Standing
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event

_NOTES = {
    "shared": (
        "address_shared",
        "the address is that of several customers, so what a guest did under it is given to none of them",
    ),
    "taken": (
        "identity_kept",
        "an id that it names is another customer's already, and stays so; split it first if that is wrong",
    ),
    "apart": (
        "identity_kept",
        "an id that it names was split from a customer by hand, and stays apart until it is merged by hand",
    ),
}
# A browser that was somebody else's before is this customer's from now on, which is as it should be.
_TOLD: Mapping[str, frozenset[str]] = {
    "browser": frozenset(),
    "address": frozenset({"shared"}),
    "statement": frozenset({"taken", "apart"}),
}


class Note(NamedTuple):
    """What the sender of an event is told."""

    candidate: Candidate
    code: str
    detail: str


class Identified(NamedTuple):
    """The receivers of those events that name aliases, what is published because of new ones, and notes of events."""

    receivers: Mapping[UUID, Receiver]
    outgoing: list[Event]
    notes: list[Note]


News = list[tuple[Candidate, Link]]


def receiver_of(event: Event, receivers: Mapping[UUID, Receiver]) -> CustomerKey:
    """The customer for whom an event is published that names somebody."""
    receiver = receivers.get(event.id)
    return event.customer if receiver is None else CustomerKey(event.shop, receiver.customer_id)


def as_published(event: Event, receivers: Mapping[UUID, Receiver]) -> Event:
    """The event as it is published: for its receiver."""
    receiver = receivers.get(event.id)
    return event if receiver is None else structs.replace(event, customer_id=receiver.customer_id)


async def find_new_links(connection: WorkerConnection, candidates: Iterable[Candidate]) -> News:
    """The links that candidates state and that are not known yet. Statements count as new, because they are rare."""
    links = [(candidate, link) for candidate in candidates for link in candidate.links]
    usual = [(candidate, link) for candidate, link in links if link.by != "statement"]
    news = [(candidate, link) for candidate, link in links if link.by == "statement"]
    if usual:
        news += [usual[place] for place in await find_news(connection, [_row(*each) for each in usual])]
    return news


async def identify(
    connection: WorkerConnection,
    new: Sequence[Candidate],
    aliases: frozenset[UUID],
    news: News,
    now: datetime,
    partitions: int,
) -> Identified:
    """Store the links of new events, merge whom they show to be one, and find the receivers of the new events.

    ``aliases`` are the events that named one before.
    """
    accepted = {candidate.event.id for candidate in new}
    links = [(candidate, link) for candidate, link in news if candidate.event.id in accepted]
    links.sort(key=lambda each: (each[0].event.time, each[0].event.id))
    guests = [candidate for candidate in new if candidate.names_guest and candidate.event.id not in aliases]
    if not links and not guests and not aliases:
        return Identified({}, [], [])
    decided, outgoing, notes = await _merge(connection, new, links, guests, now, partitions)
    if not aliases and not any(each.verdict == "merge" for each in decided):
        return Identified({}, outgoing, notes)
    receivers = await load_receivers(connection, [candidate.event for candidate in new])
    await note_receivers(
        connection, {id_: each.customer_id for id_, each in receivers.items() if each.customer_id != each.root}
    )
    return Identified(receivers, outgoing, notes)


async def _merge(
    connection: WorkerConnection,
    new: Sequence[Candidate],
    links: News,
    guests: Sequence[Candidate],
    now: datetime,
    partitions: int,
) -> tuple[list[Decided], list[Event], list[Note]]:
    if not links and not guests:
        return [], [], []
    rows = [(_row(candidate, link), rank(link.alias) == GUEST) for candidate, link in links]
    await save_addresses(connection, [row for row, is_guest in rows if is_guest])
    await save_browsers(connection, [row for row, is_guest in rows if not is_guest])
    keys = {CustomerKey(row.shop, id_) for row, _ in rows for id_ in (row.alias, row.customer_id)}
    standings = await load_standings(connection, keys | {candidate.event.customer for candidate in guests})
    wishes = [
        (
            candidate,
            Wish(CustomerKey(candidate.event.shop, link.alias), candidate.event.customer, link.by, candidate.event),
        )
        for candidate, link in links
    ]
    for candidate in guests:
        key = candidate.event.customer
        for account in sorted(standings[key].accounts)[:1]:
            customer = CustomerKey(key.shop, account)
            wishes.append((candidate, Wish(key, customer, "address", candidate.event)))
            standings.setdefault(customer, Standing())
    if not wishes:
        return [], [], []
    patched = {candidate.event.customer for candidate in new if candidate.patch and candidate.event.customer_id}
    decided, outgoing = await merge_customers(
        connection, [wish for _, wish in wishes], now, partitions, standings=standings, others=patched
    )
    notes = [
        Note(candidate, *_NOTES[each.verdict])
        for (candidate, wish), each in zip(wishes, decided, strict=True)
        if each.verdict in _TOLD[wish.by]
    ]
    return decided, outgoing, notes


def _row(candidate: Candidate, link: Link) -> LinkRow:
    event = candidate.event
    return LinkRow(event.shop, link.alias, event.customer.customer_id, link.by, event.time)
