"""Customers who need longer than a batch: their events are applied beside, once, in order, while neighbours go on."""

import asyncio
from dataclasses import replace

import pytest

from builders.acts import act
from harness import toy as service
from harness.databases import ServiceDatabase
from harness.failing import failing_at
from harness.locking import until_waiting
from harness.toy import NOW, order_of, records
from harness.toy_beside import GIANT, beside, ids, journals, waiting, with_giants
from mandegar.clock import FrozenClock
from mandegar.customers.timer import Timer
from mandegar.customers.waiting import add_events
from mandegar.database import transaction
from mandegar.events import CustomerKey, Event
from mandegar.failpoints import StreamFailpoint
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.beside import Beside
from mandegar.lanes.inbox import claimed_among
from mandegar.lanes.offsets import stored_offsets
from mandegar.lanes.release import release
from mandegar.stream import Subscription, needs_longer

TOY = with_giants({GIANT})


async def deliver(toy: ServiceDatabase, events: list[Event], *, start: int = 0, subscription: Subscription = TOY):
    process = as_process(subscription, "toy", 12)
    async with transaction(toy.worker) as connection:
        await stored_offsets(connection, "toy", [("ingest.events", 0)])
    chunks = {("ingest.events", 0): Chunk(start, records(events, start=start))}
    return await apply_batch(toy.worker, "toy", process, chunks, NOW)


async def outbox(toy: ServiceDatabase) -> int:
    return await toy.worker.fetchval("SELECT count(*) FROM outbox")


async def test_a_batch_leaves_out_who_needs_longer_and_applies_the_others(toy):
    first, a, second = order_of("giant"), order_of("a"), order_of("giant")
    await deliver(toy, [first, a, second])

    assert await journals(toy) == {"a": ids(a)}
    assert (await waiting(toy), await outbox(toy)) == (2, 1)

    await beside(TOY).drain(toy.worker)
    assert await journals(toy) == {"a": ids(a), "giant": ids(first, second)}
    assert (await waiting(toy), await outbox(toy)) == (0, 3)
    assert await toy.worker.fetchval("SELECT sum(events)::int FROM applied") == 3


async def test_later_events_wait_behind_what_waits_although_they_would_fit(toy):
    """The service says so of the first batch alone: what overtook it would be applied in another order."""
    first, second = order_of("giant"), order_of("giant")
    await deliver(toy, [first])
    await deliver(toy, [second, order_of("a")], start=1, subscription=service.SUBSCRIPTION)

    assert set(await journals(toy)) == {"a"}
    await beside(TOY).drain(toy.worker)
    assert (await journals(toy))["giant"] == ids(first, second)


async def test_an_event_delivered_again_while_the_first_one_waits_counts_once(toy):
    event = order_of("giant", 5)
    await deliver(toy, [event, event])
    await deliver(toy, [event], start=2)
    await beside(TOY).drain(toy.worker)
    await deliver(toy, [event], start=3)
    await beside(TOY).drain(toy.worker)

    assert await journals(toy) == {"giant": ids(event)}


async def test_a_bisected_batch_sets_an_event_aside_once(toy):
    events = [order_of("giant"), order_of("a", order_id="poison"), order_of("giant"), order_of("b")]
    await deliver(toy, events)
    await beside(TOY).drain(toy.worker)

    assert await journals(toy) == {"giant": ids(events[0], events[2]), "b": ids(events[3])}
    assert await toy.worker.fetchval("SELECT count(*) FROM dead_letters") == 1


async def test_what_cannot_be_applied_beside_becomes_a_dead_letter_and_the_rest_of_the_customer_goes_on(toy):
    events = [order_of("giant"), order_of("giant", order_id="poison"), order_of("giant")]
    await deliver(toy, events)
    await beside(TOY).drain(toy.worker)

    (letter,) = await toy.worker.fetch("SELECT code, event_id, topic, record_offset FROM dead_letters")
    assert tuple(letter) == ("poisonous", events[1].id, "ingest.events", 1)
    assert (await journals(toy))["giant"] == ids(events[0], events[2])


async def test_a_released_dead_letter_goes_behind_what_waits(toy):
    poison, later = order_of("giant", order_id="poison"), order_of("giant")
    await deliver(toy, [poison], subscription=service.SUBSCRIPTION)
    await deliver(toy, [later], start=1)
    (letter,) = await toy.worker.fetch("SELECT id FROM dead_letters")
    await release(toy.worker, act(), {"toy": TOY}, letter["id"], NOW, 12)

    assert await waiting(toy) == 2

    async def forgiving(events, connection, now):
        return [event for event in events if not await connection.execute(
            "UPDATE customers SET journal = journal || $2::text WHERE customer_id = $1",
            event.customer.customer_id, str(event.id),
        )]  # fmt: skip

    await beside(replace(TOY, apply=forgiving)).drain(toy.worker)
    assert (await journals(toy))["giant"] == ids(later, poison)


async def test_a_released_dead_letter_that_cannot_be_applied_beside_either_is_open_again(toy):
    """Its row stands there already, as a released one: it must not be taken for this failure's."""
    await deliver(toy, [order_of("giant", order_id="poison")], subscription=service.SUBSCRIPTION)
    await deliver(toy, [order_of("giant")], start=1)
    (letter,) = await toy.worker.fetch("SELECT id FROM dead_letters")
    await release(toy.worker, act(), {"toy": TOY}, letter["id"], NOW, 12)
    opened = "SELECT id, code FROM dead_letters WHERE released_at IS NULL AND value IS NOT NULL"
    assert await toy.worker.fetch(opened) == []

    await beside(TOY).drain(toy.worker)
    assert [tuple(row) for row in await toy.worker.fetch(opened)] == [(letter["id"], "poisonous")]


async def test_a_released_dead_letter_of_who_needs_longer_is_applied_beside(toy):
    await deliver(toy, [order_of("giant", order_id="poison")], subscription=service.SUBSCRIPTION)
    (letter,) = await toy.worker.fetch("SELECT id FROM dead_letters")

    async def slow(events, connection, now):
        needs_longer({GIANT})
        return ()

    await release(toy.worker, act(), {"toy": replace(TOY, apply=slow)}, letter["id"], NOW, 12)
    assert await waiting(toy) == 1


async def test_an_event_that_waits_is_not_told_to_be_applied(toy):
    event = order_of("giant")
    await deliver(toy, [event])
    assert await claimed_among(toy.worker, {event.id}) == set()

    await beside(TOY).drain(toy.worker)
    assert await claimed_among(toy.worker, {event.id}) == {event.id}


async def test_two_workers_never_have_one_customer_and_neither_waits(toy):
    """The second finds nothing to do, at once, although the first holds the customer."""
    await deliver(toy, [order_of("giant")])
    held = asyncio.Event()
    go_on = asyncio.Event()

    async def slow(events, connection, now):
        held.set()
        await go_on.wait()
        return await service.apply(events, connection, now)

    working = asyncio.create_task(beside(replace(TOY, apply=slow)).turn(toy.worker))
    await held.wait()
    async with asyncio.timeout(2):
        assert await beside(TOY).turn(toy.worker) is False
    go_on.set()
    assert await working is True
    assert len((await journals(toy))["giant"]) == 1


async def test_a_lane_does_not_wait_for_a_customer_whom_the_lane_beside_has(toy):
    """The events of this customer go behind what waits; the batch takes none of the customer's locks."""
    await toy.worker.execute(
        "INSERT INTO customers (shop, customer_id, partition, due_at) VALUES ('s', 'giant', 0, $1)", NOW
    )
    await deliver(toy, [order_of("giant")])
    held, go_on = asyncio.Event(), asyncio.Event()

    async def slow(events, connection, now):
        held.set()
        await go_on.wait()
        return await service.apply(events, connection, now)

    working = asyncio.create_task(beside(replace(TOY, apply=slow)).turn(toy.worker))
    await held.wait()
    async with asyncio.timeout(2):
        await deliver(toy, [order_of("giant"), order_of("a")], start=1)
        await Timer(toy.worker, FrozenClock(NOW), service.settle, 12).settle_due()
    assert set(await journals(toy)) == {"a"}
    go_on.set()
    await working
    await beside(TOY).drain(toy.worker)
    assert len((await journals(toy))["giant"]) == 2


async def test_who_has_much_waiting_does_not_hold_up_others(toy, monkeypatch):
    monkeypatch.setattr("mandegar.lanes.beside.ROWS_MAX", 2)
    giants = {GIANT, CustomerKey("s", "other")}
    events = [*(order_of("giant") for _ in range(6)), order_of("other")]
    await deliver(toy, events, subscription=with_giants(giants))
    worker = beside(with_giants(giants))
    await worker.turn(toy.worker)
    await worker.turn(toy.worker)

    assert {name: len(done) for name, done in (await journals(toy)).items()} == {"giant": 2, "other": 1}


@pytest.mark.parametrize(
    "place",
    [
        StreamFailpoint.BESIDE_AFTER_TAKE,
        StreamFailpoint.BESIDE_BEFORE_COMMIT,
        StreamFailpoint.BESIDE_AFTER_COMMIT,
    ],
)
async def test_a_worker_that_ends_anywhere_leaves_all_of_it_or_none(toy, place):
    events = [order_of("giant", 5), order_of("giant", 7)]
    await deliver(toy, events)
    with failing_at(place):
        await beside(TOY).turn(toy.worker)
    await beside(TOY).drain(toy.worker)

    assert await journals(toy) == {"giant": ids(*events)}
    assert await outbox(toy) == 2


async def test_a_batch_that_ends_after_setting_aside_leaves_nothing(toy):
    events = [order_of("giant", 5)]
    with failing_at(StreamFailpoint.BESIDE_SET_ASIDE):
        await deliver(toy, events)
    assert await waiting(toy) == 0
    await deliver(toy, events)
    await beside(TOY).drain(toy.worker)
    assert await journals(toy) == {"giant": ids(*events)}


async def test_an_owner_that_was_cut_off_has_no_effect_after_another_took_over(toy):
    """Its session is gone: PostgreSQL ends one that rests too long in a transaction, and with it the locks."""
    event = order_of("giant")
    await deliver(toy, [event])
    held, go_on = asyncio.Event(), asyncio.Event()

    async def frozen(events, connection, now):
        applied = await service.apply(events, connection, now)
        held.set()
        await go_on.wait()
        return applied

    first = asyncio.create_task(beside(replace(TOY, apply=frozen)).turn(toy.worker))
    await held.wait()
    await toy.worker.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND state = 'idle in transaction'"
    )
    await beside(TOY).drain(toy.worker)
    go_on.set()
    await first
    assert await journals(toy) == {"giant": ids(event)}


async def test_the_session_of_a_frozen_owner_ends(toy):
    """A minute of computing is allowed; for ever is not: nobody could take over."""
    seen = []
    setting = "SELECT current_setting('idle_in_transaction_session_timeout')"

    async def asking(events, connection, now):
        seen.append(await connection.fetchval(setting))
        return await service.apply(events, connection, now)

    await deliver(toy, [order_of("giant")])
    await beside(replace(TOY, apply=asking)).turn(toy.worker)
    assert (seen, await toy.worker.fetchval(setting)) == (["1min"], "4s")


async def test_the_timer_leaves_who_needs_longer_to_the_lane_beside(toy):
    due = "INSERT INTO customers (shop, customer_id, partition, due_at) VALUES ('s', $1, 0, $2)"
    for name in ("giant", "a"):
        await toy.worker.execute(due, name, NOW)
    woken = []

    async def settle(keys, connection, now):
        done = await service.settle(keys, connection, now)
        needs_longer(set(keys) & {GIANT})
        return done

    timer = Timer(toy.worker, FrozenClock(NOW), settle, 12, on_set_aside=lambda: woken.append(1))
    assert await timer.settle_due() == 2
    settled = "SELECT customer_id, settled FROM customers"
    assert dict(await toy.worker.fetch(settled)) == {"giant": 0, "a": 1}
    assert (await waiting(toy), await timer.settle_due(), woken) == (1, 0, [1])

    await Beside(FrozenClock(NOW), {"toy": TOY}, settle, 12).drain(toy.worker)
    assert dict(await toy.worker.fetch(settled)) == {"giant": 1, "a": 1}


async def test_the_lane_beside_waits_for_who_holds_the_customer(toy):
    """A command, or a batch that began before: what they read must not change under them."""
    await deliver(toy, [order_of("giant")])
    async with transaction(toy.worker) as connection:
        await connection.execute("SELECT 1 FROM customers WHERE customer_id = 'giant' FOR UPDATE")
        await connection.execute("INSERT INTO customers VALUES ('s', 'giant', 0) ON CONFLICT DO NOTHING")
        working = asyncio.create_task(beside(TOY).turn(toy.worker))
        await until_waiting(toy.worker, 1)
        assert await waiting(toy) == 1
    assert await working is True
    assert len((await journals(toy))["giant"]) == 1


async def test_events_of_a_group_that_is_gone_become_dead_letters(toy):
    async with transaction(toy.worker) as connection:
        event = order_of("giant")
        await add_events(connection, "toy.gone", [(event, records([event])[0])])
    await beside(TOY).drain(toy.worker)

    assert await toy.worker.fetchval("SELECT code FROM dead_letters") == "not_read"
