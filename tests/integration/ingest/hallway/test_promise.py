"""A 2xx is a promise: it is given behind the commit, and writers of the same events never wait in a circle."""

import asyncio

import asyncpg
import pytest

from builders.bodies import order_body
from harness.in_process import PARTITIONS
from harness.ingest_service import Ingest
from harness.locking import is_free, until_waiting, waiting_behind
from harness.waiting import eventually
from ingest.hallway.accept import accept
from ingest.hallway.group_commit import Busy, GroupCommit
from mandegar.database import transaction


def arrivals(ingest: Ingest, *ids: str):
    return ingest.arrivals([order_body(id=id_) for id_ in ids])


async def kept(ingest: Ingest) -> int:
    """How many events everybody sees."""
    return await ingest.database.worker.fetchval("SELECT count(*) FROM events")


async def test_no_answer_is_given_before_what_it_promises_is_committed(ingest):
    submit = ingest.context.commits.submit
    async with transaction(ingest.database.worker) as blocking:
        await blocking.execute("LOCK TABLE outbox IN SHARE MODE")
        answer = asyncio.create_task(submit(arrivals(ingest, "a", "b")))
        await until_waiting(ingest.database.worker, 1)
        assert not answer.done()
        assert await kept(ingest) == 0
    assert [result.status for result in await answer] == ["accepted", "accepted"]
    assert await kept(ingest) == 2

    for number in range(10):
        await submit(arrivals(ingest, f"c{number}"))
        assert await kept(ingest) == 3 + number


async def test_a_commit_that_fails_is_no_answer_and_leaves_nothing_behind(ingest):
    """The database refuses at the very commit, as when it is shut down; the next try of the same flush succeeds."""
    owner = await asyncpg.connect(ingest.database.owner_url)
    await owner.execute(
        """
        CREATE SEQUENCE tries;
        GRANT USAGE ON SEQUENCE tries TO ingest_worker;
        CREATE FUNCTION refuse_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('tries') = 1 THEN
                RAISE EXCEPTION 'going down' USING ERRCODE = '57P01';
            END IF;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER refuse_once AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION refuse_once();
        """
    )
    assert await ingest.results(order_body()) == [("accepted", None)]
    assert await owner.fetchval("SELECT last_value FROM tries") == 2
    assert await kept(ingest) == 1
    assert len(await ingest.news()) == 1
    await owner.close()


@pytest.mark.parametrize("held", range(3))
async def test_events_are_claimed_in_the_order_of_their_ids_whatever_the_order_of_the_request(ingest, held):
    sent = {one.event.id: one for one in arrivals(ingest, "x", "y", "z")}
    ids, now = sorted(sent), ingest.clock.now()

    def take(*wanted):
        return lambda connection: accept(connection, [sent[id_] for id_ in wanted], now, PARTITIONS)

    async with waiting_behind(ingest.database.worker, take(ids[held]), take(*reversed(ids))):
        free = [id_ for id_ in ids if id_ != ids[held] and await is_free(ingest.database.worker, take(id_))]

    assert free == ids[held + 1 :]


async def test_a_full_queue_refuses_what_comes_next_and_accepts_what_it_holds(ingest):
    commits = GroupCommit(ingest.database.worker, ingest.clock.now, partitions=PARTITIONS, events_max=1)
    async with transaction(ingest.database.worker) as blocking:
        await blocking.execute("LOCK TABLE outbox IN SHARE MODE")
        flushed = asyncio.create_task(commits.submit(arrivals(ingest, "a")))
        await until_waiting(ingest.database.worker, 1)
        queued = asyncio.create_task(commits.submit(arrivals(ingest, "b")))
        await eventually(lambda: commits.room.held == 1, bool)
        with pytest.raises(Busy):
            await commits.submit(arrivals(ingest, "c"))

    assert [result.status for result in await flushed + await queued] == ["accepted"] * 2
    assert await kept(ingest) == 2
