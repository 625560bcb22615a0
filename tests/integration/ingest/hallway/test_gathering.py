"""Requests share the transactions in which they are stored, as long as nobody waits for somebody who does not come."""

import asyncio

from builders.bodies import order_body
from harness.ingest_service import Ingest
from ingest.hallway import group_commit

SENDERS, EACH = 12, 25


async def transactions(ingest: Ingest) -> int:
    """How many transactions stored the events of the history."""
    return await ingest.database.worker.fetchval("SELECT count(DISTINCT xmin::text) FROM events")


async def send_in_turn(ingest: Ingest, sender: int, requests: int = EACH) -> None:
    for number in range(requests):
        arrivals = ingest.arrivals([order_body(id=f"{sender}-{number}")])
        assert [result.status for result in await ingest.context.commits.submit(arrivals)] == ["accepted"]
        await asyncio.sleep(sender / 1_000)  # its answer and its next request are on their way, to each differently far


async def test_senders_who_come_back_at_once_share_their_transactions(ingest, monkeypatch):
    monkeypatch.setattr(group_commit, "GATHER_SECONDS", 60)
    await asyncio.gather(*(send_in_turn(ingest, sender) for sender in range(SENDERS)))
    assert await transactions(ingest) <= EACH + 5


async def test_nobody_on_a_single_connection_waits_for_others(ingest, monkeypatch):
    monkeypatch.setattr(group_commit, "GATHER_SECONDS", 60)
    async with asyncio.timeout(30):
        await send_in_turn(ingest, 1)
        # Of two who come back at once, neither waits longer than for the other.
        await asyncio.gather(send_in_turn(ingest, 2), send_in_turn(ingest, 3))


async def test_who_came_with_others_soon_waits_for_nobody_any_more(ingest, monkeypatch):
    """Each flush that waited in vain expects fewer requests."""
    await asyncio.gather(*(send_in_turn(ingest, sender, 2) for sender in range(SENDERS)))
    await send_in_turn(ingest, 98, 15)
    monkeypatch.setattr(group_commit, "GATHER_SECONDS", 60)
    async with asyncio.timeout(30):
        await send_in_turn(ingest, 99, 5)
