"""A rebuild from ingest's topics ends erased, whichever partition and topic it reads first, and knows the ids again."""

from collections.abc import Sequence

import pytest

from builders.people import viewed
from builders.planted import ACCOUNT, BROWSER, PLANTED, as_a_guest, as_an_account
from harness.ingest_rebuilding import rebuild
from harness.ingest_service import Ingest, ingest_service
from harness.looking import look_for
from mandegar.events import Event

STATE = """
    SELECT customer_id, erased_at IS NOT NULL, erased_by, erasure_version, merged_into, profile, version
    FROM customers WHERE erasure_version IS NOT NULL ORDER BY 1
"""


async def state(ingest: Ingest) -> Sequence[tuple[object, ...]]:
    return [tuple(row) for row in await ingest.database.worker.fetch(STATE)]


@pytest.mark.parametrize("partition_order", [0, 1])
@pytest.mark.parametrize("at_once", [1, 3, 100])
async def test_a_rebuild_ends_erased(ingest, make_database, erase, postgres, partition_order, at_once):
    await ingest.send(as_a_guest())
    await ingest.send(as_an_account())
    events = await ingest.news()
    await erase(ACCOUNT)
    events += await ingest.news()
    async with ingest_service(await make_database("ingest")) as other:
        await rebuild(other, events, partition_order, at_once)
        assert await state(other) == await state(ingest)
        assert await look_for(PLANTED, postgres, other.database) == set()
        ids = "SELECT event_id FROM events WHERE published ORDER BY 1"
        assert await other.database.worker.fetch(ids) == await ingest.database.worker.fetch(ids)
        late = [viewed("late", {"id": ACCOUNT}, 40), viewed("late-too", {"anonymous_id": BROWSER}, 40)]
        key = (await other.make_source(record_of_orders=False))["key"]
        assert await other.results(late, key=key) == [("suppressed", "customer_erased")] * 2


@pytest.mark.parametrize("partition_order", [0, 1])
@pytest.mark.parametrize("compacted", [False, True])
async def test_whoever_came_again_is_there_without_their_past(
    ingest, make_database, erase, readmit, postgres, partition_order, compacted
):
    await ingest.send(as_an_account())
    events = await ingest.news()
    await erase(ACCOUNT)
    await readmit(ACCOUNT)
    await ingest.send(viewed("anew", {"id": ACCOUNT, "name": "New Name", "zone": "Asia/Tehran"}, 40))
    events += await ingest.news()
    if compacted:  # all that compaction leaves of a contact is its latest record
        events = [event for at, event in enumerate(events) if not is_stale(event, events[at + 1 :])]
    async with ingest_service(await make_database("ingest")) as other:
        await rebuild(other, events, partition_order, 100)
        assert await look_for(PLANTED, postgres, other.database) == set()
        rebuilt, before = await state(other), await state(ingest)
        assert [row[:5] + row[6:] for row in rebuilt] == [row[:5] + row[6:] for row in before]
        (profile,) = [row[5] for row in rebuilt if row[0] == ACCOUNT]
        assert profile["name"][0] == "New Name"


async def test_the_next_snapshot_is_above_those_that_compaction_has_removed(ingest, make_database, erase):
    await ingest.send(viewed("1", {"id": "c-1", "name": "Sara"}))
    events = await ingest.news()
    await erase("c-1")
    events += await ingest.news()
    left = [event for at, event in enumerate(events) if not is_stale(event, events[at + 1 :])]
    async with ingest_service(await make_database("ingest")) as other:
        await rebuild(other, left, 0, 100)
        version = "SELECT version FROM customers WHERE customer_id = 'c-1'"
        assert await other.database.worker.fetchval(version) == await ingest.database.worker.fetchval(version) == 1


def is_stale(event: Event, later: Sequence[Event]) -> bool:
    contacts = {"contact.updated", "contact.erased"}
    return event.type in contacts and any(each.type in contacts and each.customer == event.customer for each in later)
