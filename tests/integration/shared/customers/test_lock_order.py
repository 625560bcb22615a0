"""Everybody takes customers, claims and offsets in one order, whatever the order they were asked for: no deadlocks."""

import asyncio
from functools import partial
from uuid import UUID

import pytest

from harness.databases import ServiceDatabase
from harness.locking import is_free, until_waiting, waiting_behind
from harness.toy import order_of
from mandegar.customers.locking import lock_customers
from mandegar.database import transaction
from mandegar.events import CustomerKey
from mandegar.lanes import inbox, offsets

# In the order of their bytes, which is not that of a dictionary; given and stored in two other orders.
NAMES = ["B", "a", "c", "ä"]
GIVEN = ["c", "ä", "a", "B"]
STORED = ["ä", "c", "B", "a"]


def lock(names):
    return partial(lock_customers, keys=[CustomerKey("s", name) for name in names], partitions=12)


@pytest.mark.parametrize("held", NAMES)
@pytest.mark.parametrize("known", [True, False])
async def test_customers_are_locked_in_the_order_of_their_keys_known_or_new(toy: ServiceDatabase, held, known):
    for name in STORED if known else []:
        async with transaction(toy.worker) as connection:
            await lock([name])(connection)
    async with waiting_behind(toy.worker, lock([held]), lock(GIVEN)):
        free = [name for name in NAMES if name != held and await is_free(toy.worker, lock([name]))]

    assert free == NAMES[NAMES.index(held) + 1 :]


@pytest.mark.parametrize("held", range(3))
async def test_events_are_claimed_in_the_order_of_their_ids(toy, held):
    events = sorted((order_of("c") for _ in range(3)), key=lambda event: event.id)

    def claim(*claimed):
        return lambda connection: inbox.claim(connection, "toy", claimed)

    async with waiting_behind(toy.worker, claim(events[held]), claim(*reversed(events))):
        free = [event for event in events if event is not events[held] and await is_free(toy.worker, claim(event))]

    assert free == events[held + 1 :]


@pytest.mark.parametrize("held", range(3))
async def test_offsets_are_moved_in_the_order_of_their_partitions(toy, held):
    moves = [offsets.Move("ingest.events", partition, 0, 1) for partition in range(3)]
    async with transaction(toy.worker) as connection:
        for move in reversed(moves):
            await offsets.stored_offsets(connection, "toy", [move[:2]])

    def advance(*wanted):
        return lambda connection: offsets.advance(connection, "toy", wanted)

    async with waiting_behind(toy.worker, advance(moves[held]), advance(*reversed(moves))):
        free = [move for move in moves if move is not moves[held] and await is_free(toy.worker, advance(move))]

    assert free == moves[held + 1 :]


async def test_a_claim_waits_for_whoever_may_still_take_the_event_back_and_believes_them(toy):
    event = order_of("c")

    async def claimed_before() -> set[UUID]:
        async with transaction(toy.worker) as connection:
            return (await inbox.claim(connection, "toy", [event])).repeated

    for kept in (False, True):
        async with toy.worker.acquire() as connection:
            first = connection.transaction()
            await first.start()
            assert (await inbox.claim(connection, "toy", [event])).repeated == set()
            second = asyncio.create_task(claimed_before())
            await until_waiting(toy.worker, 1)
            await (first.commit() if kept else first.rollback())
        assert await second == ({event.id} if kept else set())
        await toy.worker.execute("DELETE FROM inbox")
