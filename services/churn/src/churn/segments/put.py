"""Storing a segment, and removing it: customers are brought under either in the background."""

from datetime import datetime
from typing import Final, NamedTuple

from churn import NAME
from churn.memberships.built_in import built_in_documents
from churn.memberships.definition_rows import (
    SEGMENTS,
    Stored,
    count_segments,
    find_segment,
    next_generation,
    write_segment,
)
from churn.memberships.document import read_segment
from mandegar.database import ShopConnection
from mandegar.documents.rows import take_lock
from mandegar.documents.versions import VersionRefused
from mandegar.events.churn import SegmentChanged
from mandegar.events.derived import Origin, derived_event
from mandegar.outbox import write_outbox

SEGMENTS_MAX: Final = 100
# Names stay known after their segments were removed, so that versions go on.
NAMES_MAX: Final = 1000


class Put(NamedTuple):
    """A version of a segment, and whether it is ``new`` or was stored before."""

    stored: Stored
    new: bool


async def put_segment(
    connection: ShopConnection, shop: str, name: str, document: str, now: datetime, *, announced: bool
) -> Put:
    """Store and publish a version of a segment; the newest document again makes no new version.

    Raises ``InvalidDocument`` and ``VersionRefused``.
    """
    read_segment(document)
    await take_lock(connection, SEGMENTS, shop)
    previous = await find_segment(connection, shop, name)
    if previous and previous.document == document and previous.announced == announced:
        return Put(previous, new=False)
    if previous is None or previous.document is None:
        counts = await count_segments(connection, shop)
        if counts.segments >= SEGMENTS_MAX:
            raise VersionRefused("too_many", f"A shop has at most {SEGMENTS_MAX} segments of its own", status=409)
        if previous is None and counts.names >= NAMES_MAX:
            raise VersionRefused("too_many", f"A shop uses at most {NAMES_MAX} names of segments", status=409)
    version = previous.version + 1 if previous else 1
    await _change(connection, shop, name, version, document, now, announced=announced)
    return Put(Stored(name, version, document, announced, now), new=True)


async def remove_segment(connection: ShopConnection, shop: str, name: str, now: datetime) -> None:
    """Remove a segment of the shop; a built-in one of this name is in force again. Its members leave silently.

    Raises ``VersionRefused`` if the shop has written none.
    """
    await take_lock(connection, SEGMENTS, shop)
    previous = await find_segment(connection, shop, name)
    if previous is None or previous.document is None:
        if name in built_in_documents():
            raise VersionRefused("built_in", "A built-in segment cannot be removed", status=409)
        raise VersionRefused("unknown_segment", "The shop has no such segment", status=404)
    await _change(connection, shop, name, previous.version + 1, None, now)


async def _change(
    connection: ShopConnection,
    shop: str,
    name: str,
    version: int,
    document: str | None,
    now: datetime,
    *,
    announced: bool = False,
) -> None:
    generation = await next_generation(connection, shop, now)
    changed = SegmentChanged(name=name, version=version, generation=generation, document=document, announced=announced)
    await write_segment(connection, shop, changed, now)
    id_from = f"segment|{shop}|{name}|{version}"
    event = derived_event(NAME, "segment.changed", changed, about=shop, cause=Origin(), now=now, id_from=id_from)
    await write_outbox(connection, [event])
