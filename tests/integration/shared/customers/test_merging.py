"""A customer who turns out to be another: the root takes over what the alias holds, and what comes of it later."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from msgspec import structs

from builders.acts import act
from builders.merges import split
from harness.databases import ServiceDatabase
from harness.locking import until_waiting
from harness.toy import NOW, READ, order_of, settle
from harness.toy_beside import beside, ids, journals, waiting
from harness.toy_merging import MERGING, both, deliver, held, letters, merge, roots, with_giants
from mandegar.clock import FrozenClock
from mandegar.customers.locking import lock_customers
from mandegar.customers.timer import Timer
from mandegar.customers.walk import next_page
from mandegar.database import is_transient, transaction
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import merge_id
from mandegar.lanes.inbox import claimed_among
from mandegar.lanes.release import release
from mandegar.stream import PermanentError, on, subscriptions

ROOT = CustomerKey("s", "root")


async def announced(toy: ServiceDatabase) -> int:
    return await toy.worker.fetchval("SELECT count(*) FROM outbox")


async def test_the_root_takes_over_what_was_and_what_comes(toy):
    before, later, own = order_of("alias"), order_of("alias"), order_of("root")
    (of_alias, _) = both("alias", "root")
    await deliver(toy, [before, own])
    await deliver(toy, [of_alias, later])

    assert await held(toy) == {"root": sorted(ids(before, later, own))}
    assert await roots(toy) == {"alias": "root"}
    row = await toy.worker.fetchrow("SELECT total, due_at, merge_version FROM customers WHERE customer_id = 'alias'")
    assert tuple(row) == (0, None, 1)


async def test_a_merge_counts_once_from_whichever_partition_it_is_heard_first(toy):
    of_alias, of_root = both("alias", "root")
    before, later = order_of("alias"), order_of("alias")
    await deliver(toy, [], [of_root])
    await deliver(toy, [before, of_alias, of_alias, later], [of_root])

    assert await held(toy) == {"root": sorted(ids(before, later))}
    assert await announced(toy) == 1 + 2


async def test_the_cause_of_what_a_merge_publishes_is_the_same_from_whichever_partition(toy):
    causes = []

    async def noting(some, connection, now):
        causes.extend((each.event.id, each.event.customer_id) for each in some)
        return await merge(some, connection, now)

    for alias, place in (("a", 0), ("b", 1)):
        await deliver(toy, [both(alias, "root")[place]], subscription=replace(MERGING, merge=noting))
    assert causes == [(merge_id(CustomerKey("s", alias), 1), alias) for alias in "ab"]


async def test_a_split_gives_back_what_comes_later_only(toy):
    first, second, third = (order_of("alias") for _ in range(3))
    (of_alias, _) = both("alias", "root")
    await deliver(toy, [first, of_alias, second, split("alias", "root"), third])

    assert await held(toy) == {"root": sorted(ids(first, second)), "alias": ids(third)}
    assert await roots(toy) == {}


async def test_a_merge_of_the_roots_partition_waits_for_what_the_alias_did_before(toy):
    """It is far ahead: the acts between the first merge and the split belong to the first root."""
    first, between, last = (order_of("alias") for _ in range(3))
    once, _ = both("alias", "r1", 1)
    again, ahead = both("alias", "r2", 3)
    await deliver(toy, [], [ahead])
    await deliver(toy, [first, once, split("alias", "r1", 2), between, again, last])

    assert await held(toy) == {"r1": ids(first), "r2": sorted(ids(between, last))}
    assert await roots(toy) == {"alias": "r2"}


async def test_an_old_merge_changes_nothing_after_a_split(toy):
    of_alias, of_root = both("alias", "root")
    await deliver(toy, [of_alias, split("alias", "root"), order_of("alias")])
    await deliver(toy, [], [of_root])

    assert set(await held(toy)) == {"alias"}


async def test_a_merge_that_is_released_after_a_later_split_changes_nothing(toy):
    of_alias, _ = both("alias", "root")
    await deliver(toy, [of_alias, split("alias", "root"), order_of("alias")])
    await deliver(toy, [structs.replace(of_alias, id=uuid4())])

    assert set(await held(toy)) == {"alias"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_chain_ends_at_its_root_and_no_root_is_an_alias(toy, order):
    events = [both("a", "b")[0], both("b", "c")[0]]
    orders = [order_of(name) for name in "abc"]
    await deliver(toy, orders)
    for place in order:
        await deliver(toy, [events[place], order_of("x", order_id="poison")])
    late = order_of("a")
    await deliver(toy, [late])

    assert await held(toy) == {"c": sorted(ids(*orders, late))}
    assert await roots(toy) == {"a": "c", "b": "c"}


async def test_a_chain_in_one_batch_ends_at_its_root(toy):
    orders = [order_of(name) for name in "abc"]
    await deliver(toy, [*orders, both("b", "c")[0], both("a", "b")[0]])
    assert await held(toy) == {"c": sorted(ids(*orders))}


async def test_a_circle_and_a_merge_with_oneself_end_at_one_root(toy):
    orders = [order_of(name) for name in "abcd"]
    circle = [both("a", "b")[0], both("b", "c")[0], both("c", "a")[0], both("d", "d")[0]]
    await deliver(toy, orders)
    for event in circle:
        await deliver(toy, [event])
    assert await held(toy) == {"a": sorted(ids(*orders[:3])), "d": ids(orders[3])}
    assert await roots(toy) == {"b": "a", "c": "a"}


async def test_two_thousand_aliases_of_one_root_become_its_roots(toy):
    names = [f"g{number}" for number in range(2_000)]
    await deliver(toy, [both(name, "a")[0] for name in names])
    await deliver(toy, [both("a", "b")[0], order_of("g7")])
    assert set((await roots(toy)).values()) == {"b"}
    assert set(await held(toy)) == {"b"}


async def test_a_poisonous_neighbour_undoes_no_merge(toy):
    """The batch is bisected: what it had merged is undone, and applied again in its parts."""
    events = [order_of("alias"), both("alias", "root")[0], order_of("alias"), order_of("alias", order_id="poison")]
    events += [split("alias", "root"), order_of("alias")]
    await deliver(toy, events)

    assert await held(toy) == {"root": sorted(ids(events[0], events[2])), "alias": ids(events[5])}
    assert await letters(toy) == ["poisonous"]


async def test_an_event_that_waits_for_the_lock_of_an_alias_goes_to_the_root_after_the_merge(toy):
    event = order_of("alias")
    await deliver(toy, [order_of("alias"), order_of("root")])
    async with transaction(toy.worker) as connection:
        await lock_customers(connection, [CustomerKey("s", "alias"), ROOT], 12)
        working = asyncio.create_task(deliver(toy, [], [event]))
        await until_waiting(toy.worker, 1)
        await connection.execute(
            "UPDATE customers SET merged_into = 'root', alias_of = 'root' WHERE customer_id = 'alias'"
        )
    await working
    assert str(event.id) in (await held(toy))["root"]


async def test_a_merge_that_two_workers_hear_at_once_counts_once(toy):
    of_alias, of_root = both("alias", "root")
    first, second = order_of("alias"), order_of("root")
    await deliver(toy, [first], [second])
    held_, go_on = asyncio.Event(), asyncio.Event()

    async def slow(some, connection, now):
        done = await merge(some, connection, now)
        held_.set()
        await go_on.wait()
        return done

    one = asyncio.create_task(deliver(toy, [of_alias], subscription=replace(MERGING, merge=slow)))
    await held_.wait()
    other = asyncio.create_task(deliver(toy, [], [of_root]))
    await until_waiting(toy.worker, 1)
    go_on.set()
    await asyncio.gather(one, other)

    assert await held(toy) == {"root": sorted(ids(first, second))}
    assert await announced(toy) == 2 + 1


async def test_an_alias_is_not_settled_although_the_timer_saw_it_due(toy):
    await deliver(toy, [order_of("alias"), order_of("root")])
    await toy.worker.execute("UPDATE customers SET due_at = $1", NOW)
    held_, go_on = asyncio.Event(), asyncio.Event()

    async def slow(some, connection, now):
        held_.set()
        await go_on.wait()
        return await merge(some, connection, now)

    merging = asyncio.create_task(deliver(toy, [both("alias", "root")[0]], subscription=replace(MERGING, merge=slow)))
    await held_.wait()
    settling = asyncio.create_task(Timer(toy.worker, FrozenClock(NOW), settle, 12).settle_due())
    await until_waiting(toy.worker, 1)
    go_on.set()
    await asyncio.gather(merging, settling)
    assert dict(await toy.worker.fetch("SELECT customer_id, settled FROM customers")) == {"alias": 0, "root": 1}


async def test_a_merge_that_could_not_be_applied_is_released_in_its_place(toy):
    async def refusing(some, connection, now):
        raise PermanentError("refused", "not now")

    first, later = order_of("alias"), order_of("alias")
    await deliver(toy, [first, both("alias", "root")[0], later], subscription=replace(MERGING, merge=refusing))
    assert (await letters(toy), await roots(toy), set(await held(toy))) == (["refused"], {}, {"alias"})
    (letter,) = await toy.worker.fetch("SELECT id FROM dead_letters")
    await release(toy.worker, act(), {"toy": MERGING}, letter["id"], NOW, 12)

    assert await held(toy) == {"root": sorted(ids(first, later))}
    assert await letters(toy) == []


async def test_a_read_behind_a_merge_waits_for_it(toy):
    of_alias, _ = both("alias", "root")
    await deliver(toy, [order_of("root"), of_alias], subscription=with_giants({ROOT}))
    assert await claimed_among(toy.worker, {of_alias.id}) == set()
    await beside(MERGING).drain(toy.worker)
    assert await claimed_among(toy.worker, {of_alias.id}) == {of_alias.id}


async def test_a_walk_over_a_shop_and_what_locks_for_it_leave_aliases_out(toy):
    await deliver(toy, [both("alias", "root")[0]])
    async with transaction(toy.worker) as connection:
        assert (await next_page(connection, "s", "", 10)).customer_ids == ["root"]
        keys = [CustomerKey("s", "alias"), ROOT]
        assert (await lock_customers(connection, keys, 12)).roots == {keys[0]: ROOT}


async def test_a_merge_too_big_for_a_batch_is_applied_beside_in_the_order_of_the_root(toy):
    giant = with_giants({ROOT})
    mine, theirs, later, last = order_of("root"), order_of("alias"), order_of("alias"), order_of("root")
    await deliver(toy, [theirs])
    await deliver(toy, [both("alias", "root")[0], later, mine, last, order_of("a")], subscription=giant)
    assert (set(await held(toy)), await waiting(toy)) == ({"alias", "a"}, 4)
    await beside(giant).drain(toy.worker)

    assert await waiting(toy) == 0
    found = (await journals(toy))["root"]
    assert sorted(found) == sorted(ids(mine, theirs, later, last))
    assert found.index(str(mine.id)) < found.index(str(last.id))


@pytest.mark.parametrize("waits", ["alias", "root"])
async def test_a_merge_and_a_split_keep_their_order_with_what_waits(toy, waits):
    giant = with_giants({CustomerKey("s", waits)})
    before, between, behind = (order_of("alias") for _ in range(3))
    await deliver(toy, [order_of(waits)], subscription=giant)
    await deliver(toy, [before, both("alias", "root")[0], between])
    await deliver(toy, [split("alias", "root"), behind])
    await beside(MERGING).drain(toy.worker)

    found = await held(toy)
    assert found["alias"] == ids(behind)
    assert {*ids(before, between)} <= {*found["root"]}


async def test_a_released_letter_of_an_alias_waits_behind_its_root(toy):
    poison = order_of("alias", order_id="poison")
    await deliver(toy, [poison, both("alias", "root")[0]])
    await deliver(toy, [order_of("root")], subscription=with_giants({ROOT}))
    (letter,) = await toy.worker.fetch("SELECT id FROM dead_letters")
    await release(toy.worker, act(), {"toy": MERGING}, letter["id"], NOW, 12)
    assert await waiting(toy) == 2


async def test_a_settling_that_waits_is_that_of_the_root(toy):
    await deliver(toy, [both("alias", "root")[0]])
    await toy.worker.execute(
        "INSERT INTO waiting_beside (shop, customer_id, consumer_group) VALUES ('s', 'alias', 'timer')"
    )
    await beside(MERGING).drain(toy.worker)
    assert dict(await toy.worker.fetch("SELECT customer_id, settled FROM customers")) == {"alias": 0, "root": 1}


async def test_a_group_with_rows_of_its_own_and_a_merge_keep_out_of_each_others_way(toy):
    """Its batch sees either the alias before the merge, and the merge its rows, or the root."""
    held_, go_on, seen = asyncio.Event(), asyncio.Event(), []

    async def slow(events, connection, now):
        seen.extend(event.customer_id for event in events)
        held_.set()
        await go_on.wait()
        return ()

    groups = subscriptions("toy", [READ, on({"order.paid"}, slow, group="card", locks_customers=False)], [merge])
    card = asyncio.create_task(deliver(toy, [order_of("alias")], subscription=groups["toy.card"], group="toy.card"))
    await held_.wait()
    merging = asyncio.create_task(deliver(toy, [both("alias", "root")[0]], subscription=groups["toy"]))
    await until_waiting(toy.worker, 1)
    assert await roots(toy) == {}
    go_on.set()
    await asyncio.gather(card, merging)
    await deliver(toy, [order_of("alias")], subscription=groups["toy.card"], group="toy.card")
    assert seen == ["alias", "root"]


async def test_merges_in_both_directions_at_once_end_as_if_one_after_the_other(toy):
    """Aliases and roots are locked out of key order: who is rolled back for a deadlock tries again."""
    names = [f"c{number}" for number in range(8)]
    orders = [order_of(name) for name in names for _ in range(3)]
    await deliver(toy, orders)
    pairs = [(names[place], names[-1 - place]) for place in range(4)]
    logs = [[*both(alias, root), order_of(alias), order_of(root)] for alias, root in pairs]
    chained = [both(root, names[4])[0] for _, root in pairs if root != names[4]]
    everything = [*orders, *(event for log in logs for event in log[2:])]

    async def deliver_until_applied(number: int, log: list[Event]) -> None:
        for _ in range(20):
            try:
                return await deliver(toy, *([[]] * number), log)
            except Exception as error:
                if not is_transient(error):
                    raise
        raise AssertionError("it was rolled back each time")

    await deliver(toy, *([[]] * 6))
    await asyncio.gather(*(deliver_until_applied(number, log) for number, log in enumerate([*logs, chained], start=1)))
    assert await held(toy) == {names[4]: sorted(ids(*everything))}
    assert set((await roots(toy)).values()) == {names[4]}
