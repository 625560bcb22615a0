"""The hallway: every event of every door passes through here, in the transaction of whoever brought it.

New ids are claimed in the history, repeats are told from conflicts, contacts are folded, refunds find their orders,
and what is refused goes to quarantine. The caller writes ``outgoing`` to the outbox of the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from ingest.domain.candidates import Arrival, Candidate, Refusal, refuse
from ingest.domain.outcomes import Result
from ingest.domain.repeats import same_document
from ingest.hallway.profiles import publish_changes
from ingest.hallway.rows.history import Remembered, insert_events, remembered
from ingest.hallway.rows.quarantine import kept, quarantine
from ingest.hallway.rows.refunds import serialise_orders
from ingest.hallway.waiting_refunds import resolve_by_order
from ingest.sources.rows import closed_among
from mandegar.database import Connection, is_weather
from mandegar.events import Event


@dataclass(slots=True)
class Accepted:
    """One result per arrival, in their order, and the events that are to be published."""

    results: list[Result] = field(default_factory=list)
    outgoing: list[Event] = field(default_factory=list)


async def accept(connection: Connection, arrivals: Sequence[Arrival], now: datetime, partitions: int) -> Accepted:
    """Accept what can be accepted; arrivals whose data the database refuses are quarantined alone."""
    if not arrivals:
        return Accepted()
    try:
        async with connection.transaction():  # a savepoint
            return await _accept_together(connection, arrivals, now, partitions)
    except (ValueError, LookupError, ArithmeticError, TypeError, asyncpg.PostgresError) as error:
        if is_weather(error):
            raise
        if len(arrivals) == 1:
            return await _set_aside(connection, arrivals[0], error, now)
    half = len(arrivals) // 2
    first = await accept(connection, arrivals[:half], now, partitions)
    second = await accept(connection, arrivals[half:], now, partitions)
    return Accepted(first.results + second.results, first.outgoing + second.outgoing)


async def _accept_together(
    connection: Connection, arrivals: Sequence[Arrival], now: datetime, partitions: int
) -> Accepted:
    closed = await _closed_sources(connection, arrivals)
    arrivals = await _refuse_news_of_closed(connection, arrivals, closed)
    candidates = [arrival for arrival in arrivals if isinstance(arrival, Candidate)]
    await serialise_orders(connection, candidates)
    fresh, repeats = await _claim(connection, candidates)
    outgoing = [candidate.event for candidate in fresh if candidate.published and not candidate.waits]
    resolved = await resolve_by_order(connection, fresh, now)
    outgoing += resolved
    outgoing += await publish_changes(connection, fresh, now, partitions)
    found = {event.id for event in resolved}
    accepted, refusals = Accepted(outgoing=outgoing), []
    for arrival in arrivals:
        outcome = arrival if isinstance(arrival, Refusal) else repeats.get(id(arrival)) or _accepted(arrival, found)
        if isinstance(outcome, Refusal):
            if outcome.status == "quarantined":
                refusals.append(outcome)
            outcome = outcome.result()
        accepted.results.append(outcome)
    await quarantine(connection, [kept(refusal) for refusal in refusals], now)
    return accepted


def _accepted(candidate: Candidate, found: set[UUID]) -> Result:
    if candidate.waits and candidate.event.id in found:
        return Result(candidate.index, candidate.native_id, "accepted")
    return Result(candidate.index, candidate.native_id, "accepted", candidate.code, candidate.detail)


async def _closed_sources(connection: Connection, arrivals: Sequence[Arrival]) -> set[str]:
    """Historical sources that were closed since their events were read; the others cannot be closed before us."""
    historical = {arrival.source.id for arrival in arrivals if arrival.source.historical}
    return await closed_among(connection, historical) if historical else set()


async def _refuse_news_of_closed(
    connection: Connection, arrivals: Sequence[Arrival], closed: set[str]
) -> list[Arrival]:
    """A closed source may repeat what it sent, which is a duplicate; what it sends for the first time is refused."""
    late = {
        arrival.event.id
        for arrival in arrivals
        if isinstance(arrival, Candidate) and (arrival.source.id in closed or arrival.source.closed_at is not None)
    }
    late -= (await remembered(connection, late)).keys() if late else set()
    return [
        refuse(arrival, "source_closed", "this source is closed")
        if isinstance(arrival, Candidate) and arrival.event.id in late
        else arrival
        for arrival in arrivals
    ]


async def _claim(
    connection: Connection, candidates: Sequence[Candidate]
) -> tuple[list[Candidate], dict[int, Result | Refusal]]:
    """The events that nobody had accepted before, and by identity the outcome of each repeat."""
    firsts: dict[UUID, Candidate] = {}
    for candidate in candidates:
        firsts.setdefault(candidate.event.id, candidate)
    if not firsts:
        return [], {}
    # Sorted, so that two writers with the same ids wait for each other in one direction only.
    new = await insert_events(connection, [firsts[id_] for id_ in sorted(firsts)])
    fresh = [candidate for id_, candidate in firsts.items() if id_ in new]
    if len(fresh) == len(candidates):
        return fresh, {}
    known = await remembered(connection, firsts.keys() - new)
    for candidate in fresh:
        known[candidate.event.id] = Remembered(candidate.body_hash, candidate.body)
    taken = {id(candidate) for candidate in fresh}
    repeats = {
        id(candidate): _repeat(candidate, known[candidate.event.id])
        for candidate in candidates
        if id(candidate) not in taken
    }
    return fresh, repeats


def _repeat(candidate: Candidate, before: Remembered) -> Result | Refusal:
    """A repeat of what we have is a duplicate; another event under the same id is a conflict."""
    same = candidate.body_hash == before.body_hash or before.body is None
    if same or same_document(candidate.body, before.body or b""):
        return Result(candidate.index, candidate.native_id, "duplicate")
    return refuse(candidate, "id_conflict", "another event was accepted under this id")


async def _set_aside(connection: Connection, arrival: Arrival, error: Exception, now: datetime) -> Accepted:
    """Quarantine the one event that cannot be stored; why stands in its detail as the kind of error, without values."""
    reason = getattr(error, "sqlstate", None) or type(error).__name__
    refusal = arrival if isinstance(arrival, Refusal) else refuse(arrival, "unstorable", f"refused with {reason}")
    async with connection.transaction():  # a savepoint
        if refusal.status == "quarantined":
            await quarantine(connection, [kept(refusal)], now)
    return Accepted([refusal.result()])
