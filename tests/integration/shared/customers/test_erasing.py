"""A customer who is erased: nothing of them stays or comes back, in any order of partitions, until readmitted."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from msgspec import structs

from builders.acts import act
from builders.erasures import erasure_id
from builders.merges import merged, split
from harness.databases import ServiceDatabase
from harness.locking import is_free, until_waiting
from harness.toy import NOW, READ, order_of, settle
from harness.toy_beside import beside, ids, waiting
from harness.toy_erasing import ERASE, ERASING, add_visits, erased, erased_customers, readmitted, visits
from harness.toy_merging import both, deliver, held, letters, merge, roots
from mandegar.clock import FrozenClock
from mandegar.customers.locking import lock_customers
from mandegar.customers.timer import Timer
from mandegar.customers.walk import next_page
from mandegar.database import transaction
from mandegar.events import CustomerKey, Event, encode
from mandegar.events.ingest import LatestErasure
from mandegar.lanes.inbox import claimed_among
from mandegar.lanes.release import release
from mandegar.outbox import write_outbox
from mandegar.stream import Removed, Subscription, needs_longer, on, subscriptions

C = CustomerKey("s", "c")


async def apply(toy: ServiceDatabase, *logs: list[Event], subscription: Subscription = ERASING) -> None:
    await deliver(toy, *logs, subscription=subscription)


def gone(customer: str, at: datetime) -> Event:
    """One of both records of an erasure of two ids, recorded at an instant."""
    return erased(customer, ids=2, recorded_time=at)


async def told(toy: ServiceDatabase, customer: str = "c") -> list[dict[str, object]]:
    return await toy.worker.fetchval("SELECT removed FROM erasures WHERE customer_id = $1", customer)


async def test_an_erased_customer_holds_nothing_and_stays_as_a_tombstone(toy):
    await apply(toy, [order_of("c"), order_of("other")])
    await add_visits(toy, "c", 3)
    await add_visits(toy, "other", 1)
    await toy.worker.execute("UPDATE customers SET due_at = $1", NOW)
    await apply(toy, [erased("c", profile_version=4, keep_books=True)])

    row = await toy.worker.fetchrow("SELECT * FROM customers WHERE customer_id = 'c'")
    assert (row["total"], row["journal"], row["due_at"]) == (0, [], None)
    assert (row["erased_by"], row["erasure_version"], row["erased_profile"]) == (erasure_id(), 1, 4)
    assert (await erased_customers(toy), await visits(toy)) == ({"c"}, {"other": 1})
    assert set(await held(toy)) == {"other"}
    told_ = {each["what"]: (each["removed"], each["kept"]) for each in await told(toy)}
    assert told_ == {"visits": (3, 0), "amounts": (0, 1), "customers": (1, 0)}


async def test_columns_that_held_nothing_are_not_told_to_be_removed(toy):
    await apply(toy, [order_of("c"), erased("c"), erased("d", 2)])

    assert [each["what"] for each in await told(toy)] == ["customers"]
    assert await told(toy, "d") == []


class Walked(list[Removed]):
    """What was removed, and how often it was walked through."""

    times = 0

    def __iter__(self) -> Iterator[Removed]:
        self.times += 1
        return super().__iter__()


async def test_many_erasures_of_one_batch_are_told_in_one_walk(toy):
    """A shop that erases everybody holds its neighbours up no longer than with as many other events."""
    removed = Walked(Removed(CustomerKey("s", f"c{number}"), "visits", number + 1) for number in range(20))

    async def erase(erased, connection, now):
        return removed

    subscription = replace(ERASING, erase=erase)
    events = [erased(f"c{number}", number=number + 1) for number in range(20)]
    await apply(toy, events, subscription=subscription)

    rows = await toy.worker.fetch("SELECT customer_id, removed FROM erasures")
    assert {row["customer_id"]: row["removed"][0]["removed"] for row in rows} == {
        f"c{number}": number + 1 for number in range(20)
    }
    assert removed.times == 1


async def test_what_comes_of_an_erased_customer_is_dropped_claimed_and_no_dead_letter(toy):
    late, poison = order_of("c"), order_of("c", order_id="poison")
    await apply(toy, [order_of("c"), erased("c"), late, poison])

    assert (await held(toy), await letters(toy)) == ({}, [])
    assert await claimed_among(toy.worker, {late.id, poison.id}) == {late.id, poison.id}
    assert await toy.worker.fetchval("SELECT sum(events)::int FROM applied WHERE type = 'order.paid'") == 3


async def test_what_stands_before_an_erasure_is_erased_and_what_stands_behind_a_readmission_counts(toy):
    again = order_of("c")
    await apply(toy, [order_of("c"), erased("c"), order_of("c"), readmitted("c"), again, order_of("other")])
    assert (await held(toy))["c"] == ids(again)
    assert await erased_customers(toy) == set()

    await apply(toy, [erased("c", 3, number=2), readmitted("c", 4, number=2)])
    assert "c" not in await held(toy)
    assert await erased_customers(toy) == set()


async def test_an_erasure_between_the_acts_of_others_changes_nothing_of_theirs(toy):
    some = [order_of("other") for _ in range(3)]
    await apply(toy, [some[0], order_of("c"), some[1], erased("c"), some[2]])
    assert await held(toy) == {"other": sorted(ids(*some))}


@pytest.mark.parametrize("old", [erased("c", 1), readmitted("c", 2)], ids=["erasure", "readmission"])
async def test_what_is_older_than_the_stored_version_changes_nothing(toy, old):
    await apply(toy, [erased("c", 1), readmitted("c", 2), erased("c", 3, number=2)])
    await apply(toy, [structs.replace(old, id=uuid4())])
    assert await erased_customers(toy) == {"c"}

    await apply(toy, [readmitted("c", 4, number=2), again := order_of("c")])
    await apply(toy, [structs.replace(old, id=uuid4())])
    assert await held(toy) == {"c": ids(again)}


async def test_a_readmission_of_somebody_who_was_not_erased_changes_nothing(toy):
    await apply(toy, [order_of("c"), readmitted("c", 2)])
    await apply(toy, [erased("c", 1)])
    assert await erased_customers(toy) == {"c"}


async def test_an_event_from_before_the_erasure_does_not_count_for_a_customer_who_was_readmitted(toy):
    """Another topic may bring it late."""
    at = NOW + timedelta(hours=1)
    await apply(toy, [erased("c", recorded_time=at), readmitted("c", recorded_time=at)])
    await apply(toy, [order_of("c"), again := order_of("c", recorded=at)])
    assert await held(toy) == {"c": ids(again)}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_person_of_two_ids_is_erased_whichever_partition_is_read_first(toy, order):
    logs = [
        [order_of("alias"), both("alias", "c")[0], order_of("alias"), erased("alias", ids=2), order_of("alias")],
        [order_of("c"), both("alias", "c")[1], erased("c", ids=2), order_of("c")],
    ]
    for place in order:
        await apply(toy, *([[]] * place), logs[place])
    assert (await held(toy), await erased_customers(toy)) == ({}, {"alias", "c"})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("known", [True, False], ids=["the next merge", "one behind a split"])
async def test_what_an_alias_did_before_does_not_count_for_a_root_who_was_readmitted_meanwhile(toy, order, known):
    """The partition of the root may be far ahead, as in a rebuild."""
    version, at = 1 if known else 3, NOW + timedelta(hours=1)
    before, of_root, again = order_of("alias"), order_of("c", recorded=at), order_of("alias", recorded=at)
    first = [] if known else [both("alias", "other", 1)[0], split("alias", "other", 2)]
    logs = [
        [*first, before, both("alias", "c", version)[0], gone("alias", at), readmitted("alias"), again],
        [order_of("c"), both("alias", "c", version)[1], gone("c", at), readmitted("c"), of_root],
    ]
    for place in order:
        await apply(toy, *([[]] * place), logs[place])
    assert await held(toy) == {"c": sorted(ids(again, of_root))}


async def test_who_is_merged_into_an_erased_root_is_erased_and_told_with_the_root(toy):
    await apply(toy, [order_of("alias"), order_of("c"), erased("c")])
    await add_visits(toy, "alias", 2)
    await apply(toy, [both("alias", "c")[0], order_of("alias")])

    assert (await held(toy), await visits(toy), await roots(toy)) == ({}, {}, {"alias": "c"})
    assert [each for each in await told(toy) if each["what"] == "visits"] == [
        {"what": "visits", "removed": 2, "kept": 0, "why": ""}
    ]


async def test_who_was_split_before_the_root_was_erased_keeps_what_is_theirs(toy):
    """The partition of the root is ahead: it has marked the alias with the root."""
    own = order_of("alias")
    await apply(toy, [], [both("alias", "c")[1], order_of("c"), erased("c")])
    assert await erased_customers(toy) == {"alias", "c"}
    await apply(toy, [order_of("alias"), both("alias", "c")[0], split("alias", "c"), own])
    assert (await held(toy), await erased_customers(toy)) == ({"alias": ids(own)}, {"c"})


async def test_who_is_merged_into_a_readmitted_root_brings_what_they_hold(toy):
    theirs, mine = order_of("alias"), order_of("c")
    await apply(toy, [erased("c"), readmitted("c"), mine, theirs])
    await apply(toy, [merged("alias", "c", under="alias", erasures=2)])
    assert await held(toy) == {"c": sorted(ids(mine, theirs))}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the alias is ahead", "the root is ahead"])
@pytest.mark.parametrize("was_erased", ["alias", "c"])
async def test_an_erasure_before_a_merge_takes_what_was_before_it_alone(toy, order, was_erased):
    """Whichever partition is behind, neither what the other did nor what came since is erased with it."""
    at = NOW + timedelta(hours=1)
    logs = {"alias": [order_of("alias", recorded=at)], "c": [order_of("c", recorded=at)]}
    stays = [event for log in logs.values() for event in log]
    erasure = [order_of(was_erased), erased(was_erased, recorded_time=at), readmitted(was_erased, recorded_time=at)]
    logs[was_erased][:0] = erasure
    latest = LatestErasure(erasure_id=erasure_id(), recorded_time=at)
    tells = {"erasures": 2, "root_erasure": latest} if was_erased == "c" else {"alias_erasures": 2}
    for key, log in logs.items():
        log.append(merged("alias", "c", under=key, **tells))
    for place in order:
        await apply(toy, *([[]] * place), [*logs.values()][place])

    assert (await held(toy), await erased_customers(toy)) == ({"c": sorted(ids(*stays))}, set())
    assert await roots(toy) == {"alias": "c"}
    assert await told(toy, was_erased) is not None
    marked = await toy.worker.fetch("SELECT customer_id FROM customers WHERE erasure_version IS NOT NULL")
    assert [row["customer_id"] for row in marked] == [was_erased]


async def test_what_an_alias_did_before_its_root_was_erased_is_erased_though_it_comes_late(toy):
    """The partition of the root is ahead; that of the alias has not told yet that the alias was erased with it."""
    at = NOW + timedelta(hours=1)
    await apply(toy, [], [gone("c", at), readmitted("c", recorded_time=at), both("alias", "c")[1]])
    late = [order_of("alias"), gone("alias", at), readmitted("alias", recorded_time=at)]
    await apply(toy, [both("alias", "c")[0], *late, again := order_of("alias", recorded=at)])

    assert (await held(toy), await erased_customers(toy)) == ({"c": ids(again)}, set())


async def test_a_poisonous_neighbour_undoes_no_erasure(toy):
    await apply(toy, [order_of("c"), order_of("other", order_id="poison"), erased("c"), order_of("c")])
    assert (await held(toy), await erased_customers(toy), await letters(toy)) == ({}, {"c"}, ["poisonous"])


async def test_dead_letters_of_the_person_are_deleted_those_of_the_same_batch_too(toy):
    await apply(toy, [order_of("c", order_id="poison"), order_of("other", order_id="poison")])
    assert await letters(toy) == ["poisonous"] * 2
    await apply(toy, [order_of("c", order_id="poison"), erased("c"), order_of("c", order_id="poison")])

    keys = await toy.worker.fetch("SELECT key FROM dead_letters")
    assert [row["key"] for row in keys] == [b"s:other"]


async def test_an_unreadable_record_of_an_erased_customer_is_not_stored(toy):
    await apply(toy, [erased("c")])
    await apply(toy, [structs.replace(order_of("c"), hops=9), structs.replace(order_of("other"), hops=9)])
    assert [row["key"] for row in await toy.worker.fetch("SELECT key FROM dead_letters")] == [b"s:other"]


async def test_a_released_dead_letter_of_an_erased_customer_has_no_effect(toy):
    event = order_of("c")
    await apply(toy, [erased("c")])
    letter = await toy.worker.fetchval(
        """
        INSERT INTO dead_letters
            (consumer_group, topic, partition, record_offset, value, event_id, code, detail, received_at)
        VALUES ('toy', 'ingest.events', 0, 7, $1, $2, 'not_applicable', '', $3) RETURNING id
        """,
        encode(event),
        event.id,
        NOW,
    )
    await release(toy.worker, act(), {"toy": ERASING}, letter, NOW, 12)
    assert (await held(toy), await letters(toy)) == ({}, [])


async def test_the_timer_and_walks_over_the_shop_leave_erased_customers_out(toy):
    await apply(toy, [order_of("c"), order_of("other")])
    await toy.worker.execute("UPDATE customers SET due_at = $1", NOW)
    await apply(toy, [erased("c")])
    await Timer(toy.worker, FrozenClock(NOW), settle, 12).settle_due()

    assert dict(await toy.worker.fetch("SELECT customer_id, settled FROM customers")) == {"c": 0, "other": 1}
    async with transaction(toy.worker) as connection:
        assert (await next_page(connection, "s", "", 10)).customer_ids == ["other"]
        standings = await lock_customers(connection, [C], 12)
    assert standings.is_erased(C)


async def test_a_settling_that_waits_of_an_erased_customer_is_left_out(toy):
    await apply(toy, [order_of("c"), erased("c")])
    await toy.worker.execute(
        "INSERT INTO waiting_beside (shop, customer_id, consumer_group) VALUES ('s', 'c', 'timer')"
    )
    await beside(ERASING).drain(toy.worker)
    assert await toy.worker.fetchval("SELECT settled FROM customers WHERE customer_id = 'c'") == 0


async def test_a_person_with_more_rows_than_a_batch_deletes_is_erased_beside(toy, monkeypatch):
    monkeypatch.setattr("mandegar.customers.erasing.ROWS_AT_ONCE", 10)
    await apply(toy, [order_of("c"), order_of("other")])
    await add_visits(toy, "c", 35)
    await add_visits(toy, "small", 2)
    await apply(toy, [erased("c"), order_of("c"), erased("small")])

    assert (await visits(toy), await waiting(toy)) == ({"c": 35}, 2)
    await beside(ERASING).drain(toy.worker)
    assert (await visits(toy), set(await held(toy)), await erased_customers(toy)) == ({}, {"other"}, {"c", "small"})
    assert {"what": "visits", "removed": 35, "kept": 0, "why": ""} in await told(toy)


async def test_an_erasure_waits_behind_what_waits_of_the_person(toy):
    async def leaving(events, connection, now):
        done = await READ.apply(events, connection, now)
        needs_longer({event.customer for event in events})
        return done

    await apply(toy, [order_of("c")], subscription=replace(ERASING, apply=leaving))
    await apply(toy, [erased("c"), order_of("c")])
    assert (await waiting(toy), await erased_customers(toy)) == (3, set())
    await beside(ERASING).drain(toy.worker)
    assert (await held(toy), await erased_customers(toy)) == ({}, {"c"})


async def test_a_group_with_rows_of_its_own_and_an_erasure_keep_out_of_each_others_way(toy):
    """Its batch is either over when the erasure begins, or sees that the customer is erased."""
    begun, go_on, seen = asyncio.Event(), asyncio.Event(), []

    async def slow(events, connection, now):
        seen.extend(event.id for event in events)
        begun.set()
        await go_on.wait()
        return ()

    reads = [READ, on({"order.paid"}, slow, group="card", locks_customers=False)]
    groups = subscriptions("toy", reads, [merge], ERASE)
    first, second = order_of("c"), order_of("c")
    card = asyncio.create_task(deliver(toy, [first], subscription=groups["toy.card"], group="toy.card"))
    await begun.wait()
    erasing = asyncio.create_task(deliver(toy, [erased("c")], subscription=groups["toy"]))
    await until_waiting(toy.worker, 1)
    locking = partial(lock_customers, keys=[C], partitions=12)
    assert await is_free(toy.worker, locking), "that group may still lock the customer"
    assert await erased_customers(toy) == set()
    go_on.set()
    await asyncio.gather(card, erasing)
    await deliver(toy, [second], subscription=groups["toy.card"], group="toy.card")
    assert seen == [first.id]


async def test_an_event_that_waits_for_the_lock_of_a_customer_is_dropped_after_the_erasure(toy):
    await apply(toy, [order_of("c")])
    async with transaction(toy.worker) as connection:
        await lock_customers(connection, [C], 12)
        working = asyncio.create_task(apply(toy, [], [order_of("c")]))
        await until_waiting(toy.worker, 1)
        await connection.execute(
            "UPDATE customers SET erased_at = $1, erasure_version = 1, erased_before = $1, journal = '{}', total = 0",
            NOW,
        )
    await working
    assert await held(toy) == {}


async def test_the_audit_forgets_the_customer_and_keeps_its_lines(toy):
    insert = "INSERT INTO audit (shop, key_id, action, target, result, subject) VALUES ('s', 'k', 'a', $1, 'done', $2)"
    await toy.worker.executemany(insert, [("customers/c/preferences", "c"), ("customers/d", "d"), ("keys/k", None)])
    await apply(toy, [erased("c")])

    lines = await toy.worker.fetch("SELECT target, subject FROM audit ORDER BY id")
    assert [tuple(line) for line in lines] == [
        ("customers/erased/preferences", "erased"), ("customers/d", "d"), ("keys/k", None),
    ]  # fmt: skip


async def test_events_that_are_not_yet_published_stay_because_readers_drop_them(toy):
    async with transaction(toy.worker) as connection:
        await write_outbox(connection, [order_of("c")])
    await apply(toy, [erased("c")])
    assert await toy.worker.fetchval("SELECT count(*) FROM outbox") == 1
