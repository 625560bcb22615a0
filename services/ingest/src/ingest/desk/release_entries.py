"""Accepts events out of quarantine as if they had been accepted when they were received."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ingest.domain.candidates import Arrival, Candidate, Refusal
from ingest.domain.normalise import Reading
from ingest.domain.outcomes import Result
from ingest.domain.sources import Source
from ingest.doors.native.form import NATIVE
from ingest.doors.read_events import read_event
from ingest.hallway.accept import accept
from ingest.hallway.quarantine import ALREADY_THERE
from ingest.hallway.rows.quarantine import add_names, resolve
from ingest.sources.events import publish_to_every_partition, source_closed
from ingest.sources.rows import load_sources
from mandegar.database import Row, WorkerConnection
from mandegar.outbox.rows import write_outbox
from mandegar.service.context import Context

SETTLED = frozenset({"accepted", "duplicate"})


def read_entry(entry: Row, body: bytes, source: Source, identity_key: bytes, now: datetime) -> Arrival:
    """The event of an entry with another body, or its own, under the present settings of its source.

    It is read as of the time when it was received: that decides when it happened, if it states no time or one ahead of
    our clock. Whether its source is the record of orders was decided then, too.
    """
    if entry["record_of_orders"] is not None:
        source = replace(source, record_of_orders=entry["record_of_orders"])
    reading = Reading(source, entry["received_at"], identity_key, sent_at=entry["sent_at"], released_at=now)
    return read_event(NATIVE, body, 0, reading, fallback_id=entry["native_id"])


async def release_entries(
    connection: WorkerConnection, entries: Sequence[tuple[Row, bytes]], now: datetime, context: Context
) -> list[Result]:
    """Accept locked, open entries, each with the body to accept; the results, in their order.

    What is accepted, or was before, is marked as released, with the customers whom it turned out to name. What cannot
    be accepted stays as it is.
    """
    sources = await load_sources(connection, {entry["source_id"] for entry, _ in entries})
    arrivals = [
        read_entry(entry, body, sources[entry["source_id"]], context.identity_key, now) for entry, body in entries
    ]
    results: list[Result | None] = [each.result() if isinstance(each, Refusal) else None for each in arrivals]
    candidates = [each for each in arrivals if not isinstance(each, Refusal)]
    accepted = await accept(connection, candidates, now, context.settings.partitions, ALREADY_THERE)
    await write_outbox(connection, accepted.outgoing)
    of_candidates = iter(accepted.results)
    settled = [result or next(of_candidates) for result in results]
    released = {
        entry["id"]: arrival.names
        for (entry, _), arrival, result in zip(entries, arrivals, settled, strict=True)
        if isinstance(arrival, Candidate) and result.status in SETTLED
    }
    await resolve(connection, released.keys(), "released", now)
    await add_names(connection, released)
    return settled


async def complete_again(
    connection: WorkerConnection, source_id: str, because: UUID, now: datetime, context: Context
) -> None:
    """Announce once more that a historical source is complete, behind what was released of it after it was closed."""
    source = (await load_sources(connection, [source_id]))[source_id]
    if source.historical and source.closed_at is not None:
        events = source_closed(source.shop.id, source_id, now, context.settings.partitions, because)
        await publish_to_every_partition(connection, events)
