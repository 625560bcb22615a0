"""What the history has of orders: their events, read as the door read them, and what they come to."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ingest.domain.candidates import Candidate
from ingest.domain.comparison import Ours, fold
from ingest.domain.normalise import Reading
from ingest.domain.sources import Source
from ingest.doors.native.form import NATIVE
from ingest.doors.read_events import read_event
from ingest.hallway.rows.history import SNAPSHOTS
from ingest.reconciling.history_rows import load_order_events, sizes_of
from ingest.reconciling.rules import Past
from ingest.sources.rows import load_sources
from mandegar.database import Connection, Row
from mandegar.events import Event, decode

# An order with more is not read: nobody has changed one as often, and its bodies would fill the memory.
EVENTS_MAX = 500
BYTES_MAX = 4 * 1024 * 1024
SLICE = 25


class Known(NamedTuple):
    """An order in the history. ``ours`` is None if its content cannot be read; ``why`` says why."""

    past: tuple[Past, ...]
    holder: str | None
    ours: Ours | None
    why: str | None

    @property
    def came(self) -> bool:
        """Whether the other services received it."""
        return any(each.is_snapshot and each.published for each in self.past)


async def read_history(
    connection: Connection, shop: str, order_ids: Collection[str], identity_key: bytes
) -> dict[str, Known]:
    """Those of the orders of which the history has an event, with what was published of them."""
    sizes = await sizes_of(connection, shop, order_ids)
    readable = {row["order_id"] for row in sizes if row["events"] <= EVENTS_MAX and row["bytes"] <= BYTES_MAX}
    known: dict[str, Known] = {}
    for part in _parts(sizes):
        rows = await load_order_events(connection, shop, part, readable & set(part))
        sources = await load_sources(connection, {row["source_id"] for row in rows})
        of_order: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            of_order[row["order_id"]].append(row)
        for place, (order_id, events) in enumerate(of_order.items()):
            if place % SLICE == 0:
                await asyncio.sleep(0)  # requests of others go on
            known[order_id] = _known(events, sources, identity_key, order_id in readable)
    return known


def _parts(sizes: Sequence[Row]) -> list[list[str]]:
    """The orders in parts whose bodies fit into memory."""
    parts: list[list[str]] = []
    room = 0
    for row in sizes:
        size = row["bytes"] if row["bytes"] <= BYTES_MAX else 0
        if not parts or size > room:
            parts.append([])
            room = BYTES_MAX
        parts[-1].append(row["order_id"])
        room -= size
    return parts


def _known(rows: Sequence[Row], sources: Mapping[str, Source], key: bytes, is_readable: bool) -> Known:
    past = tuple(Past(row["type"] in SNAPSHOTS, row["published"], row["code"]) for row in rows)
    published = [row for row in rows if row["published"]]
    snapshots = [row for row in published if row["type"] in SNAPSHOTS]
    holder = snapshots[-1]["holder"] if snapshots else None
    if not snapshots:
        return Known(past, holder, None, None)
    if not is_readable:
        return Known(past, holder, None, "too_many_events")
    events = [_event(row, sources, key) for row in published]
    if all(event is not None for event in events):
        return Known(past, holder, fold(event for event in events if event is not None), None)
    gone = [row for row, event in zip(published, events, strict=True) if event is None]
    if any(row["native_id"] == "" for row in gone):
        return Known(past, holder, None, "erased")
    return Known(past, holder, None, "body_deleted" if all(row["body"] is None for row in gone) else "unreadable")


def _event(row: Row, sources: Mapping[str, Source], key: bytes) -> Event | None:
    """An event of the history as it was published, under the present settings of its source."""
    if row["body"] is None:
        return None if row["held"] is None else decode(row["held"])
    source = sources.get(row["source_id"])
    if source is None:
        return None
    reading = Reading(source, row["recorded_time"], key, sent_at=row["time"])
    arrival = read_event(NATIVE, row["body"], 0, reading, fallback_id=row["native_id"])
    return arrival.event if isinstance(arrival, Candidate) else None
