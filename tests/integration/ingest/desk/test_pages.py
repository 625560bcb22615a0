"""A page has at most 1 MiB, whatever its limit, and the next one begins exactly behind it."""

import json

import pytest

from builders.bodies import order_body
from mandegar.database import transaction
from mandegar.lanes.deadletters import DETAIL_MAX, DeadLetter, keep
from mandegar.stream import Record

MEBIBYTE = 1024 * 1024
NOTE = "x" * 60_000
HISTORY = "/v1/customers/c-42/events"
RAW = "customers:read events:raw"


async def pages(ingest, path: str, field: str, key: str, scope: str, *, limit: int = 500):
    """The keys of all items, and the size of each page."""
    keys, sizes, before = [], [], None
    while before is not None or not sizes:
        query = {"limit": limit, **({"before": before} if before else {})}
        answer = await ingest.ask("GET", path, scope, params=query)
        assert answer.status_code == 200, answer.text
        sizes.append(len(answer.content))
        page = json.loads(answer.content)
        keys += [item[key] for item in page[field]]
        before = page["next_before"]
    return keys, sizes


async def test_a_history_of_large_events_comes_in_pages_of_a_mebibyte(ingest):
    names = [f"e-{number:02}" for number in range(40)]
    for name in names:
        assert (await ingest.send(order_body({"order_id": name}, id=name, note=NOTE))).status_code == 202
    seen, sizes = await pages(ingest, HISTORY, "events", "id", RAW)

    assert sorted(seen) == names
    assert len(sizes) == 3
    assert max(sizes) <= MEBIBYTE
    without_bodies, sizes = await pages(ingest, HISTORY, "events", "id", "customers:read")
    assert (without_bodies, len(sizes)) == (seen, 1)


async def test_a_page_that_is_full_in_both_ways_loses_nothing(ingest):
    names = [f"e-{number:02}" for number in range(20)]
    for name in names:
        await ingest.send(order_body({"order_id": name}, id=name, note=NOTE))
    for limit in (1, 16, 17, 18, 20):
        seen, sizes = await pages(ingest, HISTORY, "events", "id", RAW, limit=limit)
        assert sorted(seen) == names
        assert max(sizes) <= MEBIBYTE


@pytest.mark.parametrize("text", ["\x01", "ی", '"'], ids=["escaped", "persian", "quotes"])
async def test_dead_letters_with_long_details_come_in_pages_of_a_mebibyte(ingest, text):
    letters = [
        DeadLetter(Record("raw.x", 0, offset, None, b"v"), "not_applicable", text * DETAIL_MAX, shop="atlas")
        for offset in range(500)
    ]
    async with transaction(ingest.database.worker) as connection:
        await keep(connection, "g" * 100, letters, ingest.clock.now())
    seen, sizes = await pages(ingest, "/v1/deadletters", "dead_letters", "record_offset", "ops")

    assert sorted(seen) == list(range(500))
    assert max(sizes) <= MEBIBYTE
