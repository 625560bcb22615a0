"""The hallway: events from every door are accepted here, in the transaction of their caller.

New ids are claimed in the history, repeats are told from conflicts, profiles are updated, events about orders go to the
owners of their orders, and refused events to quarantine. The caller writes ``outgoing`` to the outbox in the same
transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ingest.domain.candidates import Arrival, Candidate, Refusal, refuse
from ingest.domain.outcomes import Result, suppressed
from ingest.domain.repeats import says_the_same
from ingest.domain.sources import Budget
from ingest.hallway.order_owners import publish_order_events
from ingest.hallway.profiles import publish_changes
from ingest.hallway.quarantine import UNLIMITED, quarantine
from ingest.hallway.rows.history import Stored, insert_events, load_stored
from ingest.hallway.rows.order_owners import serialise_orders
from ingest.identity.identify import News, as_published, find_new_links, identify
from ingest.identity.rows import Receiver
from ingest.sources.rows import closed_among
from mandegar.database import WorkerConnection
from mandegar.database.bisect import apply_or_bisect
from mandegar.events import Event

_MERGED = "published for the customer whom the one named was merged into"
_ORDER_OWNER = "published for the customer who owns the order, not for the one named"

# What became of an arrival: a new candidate, a refusal, or the result of an event that is not stored again or at all.
Outcome = Candidate | Refusal | Result


@dataclass(slots=True)
class Accepted:
    """One result for each arrival, in their order, and the events to publish."""

    results: list[Result]
    outgoing: list[Event]


async def accept(
    connection: WorkerConnection,
    arrivals: Sequence[Arrival],
    now: datetime,
    partitions: int,
    budget: Budget = UNLIMITED,
) -> Accepted:
    """Accept the arrivals. Those whose data the database refuses are found by bisection and quarantined alone.

    ``budget`` is that of the quarantine of shops without their own; what is above it has the status ``retry``.
    """

    async def together(part: Sequence[Arrival]) -> Sequence[Accepted]:
        return [await accept_together(connection, part, now, partitions, budget)]

    async def set_aside(arrival: Arrival, error: Exception) -> Sequence[Accepted]:
        return [await _set_aside(connection, arrival, error, now, budget)]

    accepted = await apply_or_bisect(arrivals, together, set_aside, connection)
    return Accepted(
        [result for part in accepted for result in part.results],
        [event for part in accepted for event in part.outgoing],
    )


async def accept_together(
    connection: WorkerConnection, arrivals: Sequence[Arrival], now: datetime, partitions: int, budget: Budget
) -> Accepted:
    """Accept the arrivals; raises the error of the database if it refuses the data of one of them."""
    arrivals = await _refuse_new_events_of_closed(connection, arrivals)
    candidates = [arrival for arrival in arrivals if isinstance(arrival, Candidate)]
    orders = [candidate for candidate in candidates if candidate.order_id is not None]
    news = await find_new_links(connection, candidates)
    records = await serialise_orders(connection, orders, _locks(candidates, news))
    for order in orders:
        # the role moved after the door had looked the source up
        if order.waited_since is None and order.published != (order.source.id in records):
            order.count_order(counts=not order.published)
    outcomes, aliases = await _claim(connection, arrivals)
    new = [outcome for outcome in outcomes if isinstance(outcome, Candidate)]
    identified = await identify(connection, new, aliases, news, now, partitions)
    receivers = identified.receivers
    others = [candidate.event for candidate in new if candidate.published and candidate.order_id is None]
    outgoing = [*identified.outgoing, *(as_published(event, receivers) for event in others)]
    about_orders = await publish_order_events(connection, new, receivers, now)
    outgoing += about_orders
    outgoing += await publish_changes(connection, new, receivers, now, partitions)
    for candidate, code, detail in identified.notes:
        candidate.note(code, detail)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Refusal) and outcome.status == "quarantined"]
    unstored = await quarantine(connection, refusals, now, budget)
    owners = {event.id: event.customer_id for event in about_orders}
    return Accepted([_result(outcome, receivers, owners, unstored) for outcome in outcomes], outgoing)


def _locks(candidates: Iterable[Candidate], news: News) -> dict[str, bool]:
    """The shops whose lock on orders is taken because of who is who, and whether exclusively.

    The first act of a guest excludes the event that makes their address known as an account's: one of the two has to
    see the other. Merges need no lock but that of their customers' rows.
    """
    locks = {candidate.event.shop: False for candidate, link in news if link.by == "address"}
    return locks | {candidate.event.shop: True for candidate in candidates if candidate.names_guest}


def _result(
    outcome: Outcome,
    receivers: Mapping[UUID, Receiver],
    owners: Mapping[UUID, str | None],
    unstored: Mapping[int, Result],
) -> Result:
    """``owners``: for whom the events about orders were published. ``unstored``: as ``quarantine`` returns it."""
    if isinstance(outcome, Result):
        return outcome
    if isinstance(outcome, Refusal):
        return unstored.get(id(outcome)) or outcome.result()
    named, owner = outcome.event.customer_id, owners.get(outcome.event.id)
    if named is None and owner is not None:
        return outcome.result("accepted")
    receiver = receivers.get(outcome.event.id)
    if outcome.code is None and owner not in (None, named if receiver is None else receiver.customer_id):
        return outcome.result("accepted", "order_owner", _ORDER_OWNER)
    if outcome.code is None and receiver is not None and outcome.is_read:
        return outcome.result("accepted", "merged_customer", _MERGED)
    return outcome.result("accepted", outcome.code, outcome.detail)


async def _refuse_new_events_of_closed(connection: WorkerConnection, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """A closed source may repeat an accepted event, which is a duplicate; its new events are refused.

    A historical source may have been closed after its events were read. Row locks keep the open ones open until this
    transaction ends. What comes out of quarantine is new only if it came there after its source was closed.
    """
    historical = {arrival.source.id for arrival in arrivals if arrival.source.historical}
    closed = await closed_among(connection, historical) if historical else set()
    late = {
        arrival.event.id
        for arrival in arrivals
        if isinstance(arrival, Candidate)
        and (is_late(arrival) or (arrival.source.id in closed and arrival.waited_since is None))
    }
    if not late:
        return arrivals
    late -= (await load_stored(connection, late)).keys()
    return [
        refuse(arrival, "source_closed", "the source is closed")
        if isinstance(arrival, Candidate) and arrival.event.id in late
        else arrival
        for arrival in arrivals
    ]


def is_late(candidate: Candidate) -> bool:
    """Whether the event is a new one of a closed source."""
    closed_at, since = candidate.source.closed_at, candidate.waited_since
    return closed_at is not None and (since is None or since >= closed_at)


async def _claim(connection: WorkerConnection, arrivals: Sequence[Arrival]) -> tuple[list[Outcome], frozenset[UUID]]:
    """Claim the candidates' ids in the history; the outcome of each arrival, in order, and what names an alias."""
    outcomes: list[Outcome] = list(arrivals)
    candidates = {place: arrival for place, arrival in enumerate(arrivals) if isinstance(arrival, Candidate)}
    firsts: dict[UUID, int] = {}
    for place, candidate in candidates.items():
        firsts.setdefault(candidate.event.id, place)
    if not firsts:
        return outcomes, frozenset()
    # Sorted, so that two writers of the same ids wait for each other in one direction only.
    new, aliases, erased = await insert_events(connection, [candidates[firsts[id_]] for id_ in sorted(firsts)])
    if len(new) == len(candidates):
        return outcomes, aliases
    stored = await load_stored(connection, firsts.keys() - new)
    for place, candidate in candidates.items():
        id_ = candidate.event.id
        first = candidates[firsts[id_]]
        if id_ in erased and id_ not in stored:
            outcomes[place] = suppressed(candidate.index, candidate.native_id)
        elif id_ not in new:
            outcomes[place] = repeated(candidate, stored[id_])
        elif place != firsts[id_]:
            outcomes[place] = repeated(candidate, Stored(first.body_hash, first.body))
    return outcomes, aliases


def repeated(candidate: Candidate, before: Stored) -> Result | Refusal:
    """A duplicate if the event says the same as before, or its content was erased since; a conflict otherwise."""
    if candidate.body_hash == before.body_hash or before.body is None or says_the_same(candidate, before.body):
        return candidate.result("duplicate")
    return refuse(candidate, "id_conflict", "an event with this id that says something else was accepted before")


async def _set_aside(
    connection: WorkerConnection, arrival: Arrival, error: Exception, now: datetime, budget: Budget
) -> Accepted:
    """Quarantine an event that cannot be stored. The detail names the kind of error: messages quote values."""
    reason = getattr(error, "sqlstate", None) or type(error).__name__
    detail = f"the database refused the event ({reason})"
    refusal = arrival if isinstance(arrival, Refusal) else refuse(arrival, "unstorable", detail)
    quarantined = [refusal] if refusal.status == "quarantined" else []
    unstored = await quarantine(connection, quarantined, now, budget)
    return Accepted([unstored.get(id(refusal)) or refusal.result()], [])
