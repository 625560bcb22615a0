"""Refused events are stored in the quarantine, as far as their shop has room there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from ingest.domain.candidates import Refusal
from ingest.domain.outcomes import Result, status_of, suppressed
from ingest.domain.sources import Budget
from ingest.hallway.rows.quarantine import (
    Quarantined,
    existing,
    find_erased,
    insert_quarantined,
    open_of_shops,
    to_quarantine,
)
from mandegar.database import WorkerConnection

UNLIMITED = Budget()
# Of events that are in quarantine already: those that still cannot be accepted stay there as they are.
ALREADY_THERE = Budget(0, 0)
FULL = "quarantine_full"


async def quarantine(
    connection: WorkerConnection, refusals: Sequence[Refusal], now: datetime, budget: Budget
) -> Mapping[int, Result]:
    """Store the refused events; the answers about those that are not stored, by the ``id`` of their refusal.

    Those are events of erased customers, and those for which their shop had no room.
    Another process that stores events of the shop at the same moment is not seen: it may then have a batch too much.
    """
    if not refusals or budget is ALREADY_THERE:
        return {}
    entries = {id(refusal): to_quarantine(refusal) for refusal in refusals}
    unstored: dict[int, Result] = {}
    erased = await find_erased(connection, [*entries.values()])
    for refusal in refusals:
        if entries[id(refusal)] in erased:
            unstored[id(refusal)] = suppressed(refusal.index, refusal.native_id)
    if budget is not UNLIMITED:
        rest = [refusal for refusal in refusals if id(refusal) not in unstored]
        unstored |= {id(refusal): _full(refusal) for refusal in await _above_budget(connection, rest, entries, budget)}
    await insert_quarantined(connection, [entry for of, entry in entries.items() if of not in unstored], now)
    return unstored


def _full(refusal: Refusal) -> Result:
    """The answer about an event for which there was no room."""
    detail = f"it cannot be accepted ({refusal.code}), and the shop's quarantine is full: release or drop events there"
    return Result(refusal.index, refusal.native_id, status_of(FULL), FULL, detail)


async def _above_budget(
    connection: WorkerConnection, refusals: Sequence[Refusal], entries: Mapping[int, Quarantined], budget: Budget
) -> list[Refusal]:
    by_shop: dict[str, list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        by_shop[refusal.source.shop.id].append(refusal)
    held = await open_of_shops(connection, by_shop.keys())
    above: list[Refusal] = []
    for shop, mine in by_shop.items():
        own = mine[0].source.shop.budget
        events, size = held.get(shop, (0, 0))
        events_max = own.events if own.events is not None else budget.events
        bytes_max = own.bytes if own.bytes is not None else budget.bytes
        for refusal in mine:
            fits = events_max is None or events < events_max
            if fits and (bytes_max is None or size + len(refusal.body) <= bytes_max):
                events, size = events + 1, size + len(refusal.body)
            else:
                above.append(refusal)
    if not above:
        return []
    stored = await existing(connection, [entries[id(refusal)].id for refusal in above])
    return [refusal for refusal in above if entries[id(refusal)].id not in stored]
