"""What happens at the same moment as an erasure, on this replica or on another."""

import asyncio
from typing import Any

import asyncpg
import pytest

from builders.people import MAIL, guest, identified, viewed
from builders.planted import NAME, NOTE
from harness.in_process import PARTITIONS
from harness.ingest_service import SHOP, Ingest
from harness.locking import until_waiting
from ingest.erasure.finish import finish_some
from ingest.hallway.accept import accept
from mandegar.customers.locking import lock_customers
from mandegar.database import transaction
from mandegar.events import CustomerKey
from mandegar.outbox.rows import write_outbox


def act(id_: str, minute: int = 1, **customer: Any) -> dict[str, Any]:
    return {**viewed(id_, {"id": "c-1", **customer}, minute), "note": NOTE}


async def unfinished(ingest: Ingest) -> int:
    count: int = await ingest.database.worker.fetchval("SELECT count(*) FROM unfinished_erasures")
    return count


async def at_the_door(ingest: Ingest, body: dict[str, Any]) -> str:
    """The status of an event that is accepted in a transaction of its own."""
    async with transaction(ingest.database.worker) as connection:
        accepted = await accept(connection, ingest.arrivals([body]), ingest.clock.now(), PARTITIONS)
        await write_outbox(connection, accepted.outgoing)
    return accepted.results[0].status


async def test_an_event_that_is_committed_behind_the_erasure_is_erased_once_its_transaction_has_ended(
    ingest, erase, places
):
    await ingest.send(viewed("first", {"id": "c-1"}))
    async with transaction(ingest.database.worker) as connection:
        accepted = await accept(connection, ingest.arrivals([act("planted-event")]), ingest.clock.now(), PARTITIONS)
        assert accepted.results[0].status == "accepted"
        assert (await erase("c-1", finish=False)).status_code == 202
        for _ in range(3):
            assert await finish_some(ingest.context) is False
        assert await unfinished(ingest) == 1
    assert {place for place, _ in await places(NOTE)} == {"events.body"}

    while await unfinished(ingest):  # transactions on other databases of the server are waited for as well
        await finish_some(ingest.context)
    assert await places(NOTE, "planted-event") == set()


@pytest.mark.parametrize("first", ["door", "erasure"])
async def test_a_profile_that_changes_at_the_same_moment_is_not_kept_or_told(ingest, erase, places, first):
    """Both wait for the customer's row, in either order."""
    pool = ingest.database.worker
    await ingest.send(viewed("first", {"id": "c-1"}))
    await ingest.news()
    work = {
        "door": lambda: at_the_door(ingest, act("planted-event", name=NAME, email=MAIL)),
        "erasure": lambda: erase("c-1", finish=False),
    }
    async with transaction(pool) as connection:
        await lock_customers(connection, [CustomerKey(SHOP, "c-1")], PARTITIONS)
        tasks = []
        for waiting, name in enumerate([first, *(work.keys() - {first})], start=1):
            tasks.append(asyncio.create_task(work[name]()))
            await until_waiting(pool, waiting)
    await asyncio.gather(*tasks)
    await erase("c-1")

    assert await places(NOTE, NAME, MAIL, "planted-event") == set()
    types = [event.type for event in await ingest.news() if event.customer_id == "c-1"]
    assert "contact.updated" not in types[types.index("customer.erased") :]


async def test_a_door_that_has_waited_for_an_erasure_changes_no_profile(ingest):
    """It had looked who is erased before it waited."""
    pool = ingest.database.worker
    await ingest.send(viewed("first", {"id": "c-1"}))
    await ingest.news()
    async with transaction(pool) as connection:
        await lock_customers(connection, [CustomerKey(SHOP, "c-1")], PARTITIONS)
        door = asyncio.create_task(at_the_door(ingest, act("planted-event", name=NAME, email=MAIL)))
        await until_waiting(pool, 1)
        await connection.execute(
            """
            UPDATE customers SET erased_at = now(), erased_before = now(), erased_by = gen_random_uuid(),
                erasure_version = 1, erased_profile = 0
            """
        )
    assert await door == "accepted"
    assert {event.type for event in await ingest.news()} == {"product.viewed"}
    assert await pool.fetchval("SELECT profile FROM customers WHERE customer_id = 'c-1'") == {}


@pytest.mark.parametrize("first", ["merge", "erasure"])
async def test_a_merge_at_the_same_moment_is_erased_with_the_person_or_does_not_happen(ingest, erase, places, first):
    pool = ingest.database.worker
    await ingest.send([viewed("first", {"id": "c-1"}), {**viewed("g", {"email": MAIL}), "note": NOTE}])
    work = {
        "merge": lambda: at_the_door(ingest, identified("planted-event", {"id": "c-1"}, 1, email=MAIL)),
        "erasure": lambda: erase("c-1", finish=False),
    }
    async with transaction(pool) as connection:
        await lock_customers(connection, [CustomerKey(SHOP, "c-1")], PARTITIONS)
        tasks = []
        for waiting, name in enumerate([first, *(work.keys() - {first})], start=1):
            tasks.append(asyncio.create_task(work[name]()))
            await until_waiting(pool, waiting)
    await asyncio.gather(*tasks)
    await erase("c-1")

    mine = guest(ingest.context.identity_key)
    rows = await pool.fetch("SELECT customer_id, merged_into, erased_at IS NOT NULL AS erased FROM customers")
    standing = {row["customer_id"]: (row["merged_into"], row["erased"]) for row in rows}
    assert standing["c-1"] == (None, True)
    # Whoever gets the row first decides; who has begun first has no influence on that.
    merged = standing.get(mine, (None, False)) == ("c-1", True)
    assert merged or standing.get(mine, (None, False)) == (None, False)
    assert (await places(NOTE) == set()) == merged
    assert await places("planted-event") == set()


async def test_two_erasures_at_once_are_one(ingest, erase):
    await ingest.send(act("first", email=MAIL, anonymous_id="b-7"))
    await ingest.news()
    answers = await asyncio.gather(*(erase(id_, finish=False) for id_ in ("c-1", MAIL, "c-1")))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["erasure_id"] for answer in answers}) == 1
    assert sorted(answer.json()["status"] for answer in answers) == ["already_erased", "already_erased", "erased"]
    published = [event.customer_id for event in await ingest.news() if event.type == "customer.erased"]
    assert sorted(published) == sorted(set(published))


async def test_two_replicas_finish_one_erasure_once(ingest, erase, places):
    await ingest.send([act(f"planted-event-{number}", number) for number in range(10)])
    answer = await erase("c-1", finish=False)
    while await unfinished(ingest):
        await asyncio.gather(*(finish_some(ingest.context) for _ in range(3)))
    assert await places(NOTE, "planted-event") == set()
    rows = await ingest.database.worker.fetch("SELECT erasure_id::text, removed FROM erasures")
    assert {row["erasure_id"] for row in rows} == {answer.json()["erasure_id"]}
    counted = [each["removed"] for row in rows for each in row["removed"] if each["what"] == "events"]
    assert sum(counted) == 10


async def test_an_erasure_that_fails_has_no_effect(ingest, erase, places):
    """The outbox takes nothing: what was erased before in the transaction is there again."""
    await ingest.send(act("planted-event", name=NAME))
    await ingest.news()
    owner = await asyncpg.connect(ingest.database.owner_url)
    await owner.execute("ALTER TABLE outbox ADD CONSTRAINT is_full CHECK (topic = 'nowhere') NOT VALID")
    await owner.close()
    assert (await erase("c-1", finish=False)).status_code == 500
    assert {text for _, text in await places(NOTE, NAME)} == {NOTE, NAME}
    assert await unfinished(ingest) == 0
    assert await ingest.database.worker.fetchval("SELECT count(*) FROM customers WHERE erased_at IS NOT NULL") == 0
