"""What a repair would do: reads the oldest events of a group with the mapping, and changes nothing."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ingest.context import IngestContext
from ingest.desk.release_entries import SETTLED, read_entry
from ingest.desk.repairs.group_rows import BODY_MAX, count_group, erased_among, first_of, load_entries, next_entries
from ingest.desk.repairs.require_group import unknown_group
from ingest.domain.candidates import Arrival, Candidate, Refusal, refuse
from ingest.domain.mapping import Step, repaired
from ingest.domain.outcomes import Result, suppressed
from ingest.hallway.accept import is_late, repeated
from ingest.hallway.rows.history import Stored, load_stored
from ingest.sources.rows import load_sources
from mandegar.database import Connection, Row, as_shop_reporting

TRIED_MAX = 1_000
BYTES_MAX = 4 * 1024 * 1024
SLICE = 25


async def preview(
    context: IngestContext, shop: str, group_id: UUID, steps: Sequence[Step], examples: int
) -> dict[str, Any]:
    """The answer of a dry run; raises ``Problem`` 404."""
    now = context.clock.now()
    async with as_shop_reporting(context.reporting, shop) as connection:
        entries = await _oldest(connection, shop, group_id)
        if not entries:
            raise unknown_group()
        source = (await load_sources(connection, [entries[0]["source_id"]]))[entries[0]["source_id"]]
        bodies: list[bytes] = []
        arrivals: list[Arrival] = []
        for place, entry in enumerate(entries):
            if place % SLICE == 0:
                await asyncio.sleep(0)
            bodies.append(repaired(entry["body"], steps))
            arrivals.append(read_entry(entry, bodies[-1], source, context.identity_key, now))
        results = await _results(connection, shop, arrivals)
        events = await count_group(connection, shop, group_id)
    return {
        "events": events,
        "tried": len(entries),
        "accepted": sum(result.status == "accepted" for result in results),
        "duplicates": sum(result.status == "duplicate" for result in results),
        "remaining": Counter(result.code or "refused" for result in results if result.status not in SETTLED),
        "examples": _examples(entries, bodies, results, examples),
    }


async def _oldest(connection: Connection, shop: str, group_id: UUID) -> list[Row]:
    places = await next_entries(connection, shop, group_id, after=None, limit=TRIED_MAX)
    return await load_entries(connection, shop, first_of(places, BYTES_MAX))


async def _results(connection: Connection, shop: str, arrivals: Sequence[Arrival]) -> list[Result]:
    """What would become of each, in their order: an id is accepted once."""
    candidates = [each for each in arrivals if isinstance(each, Candidate)]
    met = await load_stored(connection, {each.event.id for each in candidates})
    erased = await erased_among(connection, shop, {each.event.customer_id or "" for each in candidates})
    results: list[Result] = []
    for each in arrivals:
        if isinstance(each, Refusal):
            results.append(each.result())
        elif each.event.id in met:
            again = repeated(each, met[each.event.id])
            results.append(again if isinstance(again, Result) else again.result())
        elif each.event.customer_id in erased:
            results.append(suppressed(each.index, each.native_id))
        elif is_late(each):
            results.append(refuse(each, "source_closed", "the source was closed before").result())
        else:
            met[each.event.id] = Stored(each.body_hash, each.body)
            results.append(each.result("accepted", each.code, each.detail))
    return results


def _examples(
    entries: Sequence[Row], bodies: Sequence[bytes], results: Sequence[Result], of_each: int
) -> list[dict[str, Any]]:
    """The first of each outcome."""
    shown: Counter[tuple[str, str | None]] = Counter()
    chosen: list[dict[str, Any]] = []
    for entry, body, result in zip(entries, bodies, results, strict=True):
        outcome = (result.status, None if result.status in SETTLED else result.code)
        shown[outcome] += 1
        if shown[outcome] <= of_each:
            chosen.append(
                {
                    "quarantine_id": entry["id"],
                    "before": entry["body"][:BODY_MAX].decode(errors="replace"),
                    "after": body[:BODY_MAX].decode(errors="replace"),
                    "status": result.status,
                    "code": result.code,
                    "detail": result.detail,
                }
            )
    return chosen
