"""Erased customers leave nothing in loyalty, or amounts without a person; whatever comes in whatever order."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import asyncpg
import pytest

from builders.erasures import erased, erasure_id, readmitted
from builders.merges import merged, merges
from builders.opening import granted, opened
from builders.orders import cancelled, paid, refund
from harness.looking import Found, look_for, rows_of
from harness.loyalty_rebuilding import compare, interleaved, rebuilt
from harness.loyalty_service import Loyalty, kinds, loyalty_service
from mandegar.events import Event

TIERS = """
version: 1
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 3}
expiry: {days: 30, warn_days: 5}
tiers:
  window_days: 40
  levels:
    - {name: bronze, spend: 0}
    - {name: planted-tier, spend: 10000000, multiplier: 1.5}
"""
ORDERS = [f"planted-order-{number}" for number in range(7)]
# What orders, refunds and moves leave in rows: their ids, and amounts that nobody else has.
PLANTED = [*ORDERS, "planted-refund", "planted-tier", "guest-of-planted", "73100077", "1700023"]
PLANTED += ["planted-lot"]


@pytest.fixture(autouse=True)
async def programme(loyalty):
    assert (await loyalty.put_programme(TIERS, effective_from="2026-01-01T00:00:00Z")).status_code == 201


async def live(loyalty: Loyalty, root: str = "c", alias: str = "guest-of-planted") -> list[Event]:
    """Somebody with two ids, many orders, points on hold, usable, expired, taken back and owed, a tier and warnings."""
    heard = [
        paid(ORDERS[0], 73_100_077, customer=alias, days=-28),
        *(paid(order, 3_000_000, customer=root, days=-20 + day) for day, order in enumerate(ORDERS[1:5])),
        paid(ORDERS[5], 4_000_000, customer=root, days=-45),
        paid(ORDERS[6], 5_000_000, customer=root, days=-1),
        opened("planted-lot", 9_001_700, until=30, customer=alias, days=-12),
        opened("planted-lot", 8_001_700, until=30, customer=root, days=-8),
        granted("planted-tier", until=-2, customer=alias, days=-12),
    ]
    await loyalty.deliver(*heard)
    await loyalty.pass_time(days=4)
    later = [
        *merges(alias, root),
        refund(ORDERS[0], 1_700_023, "planted-refund", customer=root, days=3),
        cancelled(ORDERS[5], version=2, customer=root, days=3),
    ]
    await loyalty.deliver(*later)
    return [*heard, *later]


async def others(loyalty: Loyalty) -> list[Event]:
    heard = [
        paid("other-order", 9_000_000, customer="other", days=-9),
        refund("other-order", 500_000, customer="other"),
    ]
    await loyalty.deliver(*heard)
    return heard


def erasures(*ids: str, **more: object) -> list[Event]:
    """What ingest publishes of an erasure: the same under the key of every id."""
    return [erased(id_, ids=len(ids), **more) for id_ in ids]


async def without(admin: str, loyalty: Loyalty, *customers: str) -> dict[str, list[dict[str, object]]]:
    """All rows about customers but those of these."""
    rows = await rows_of(admin, loyalty.database)
    return {
        table: [row for row in rows[table] if row["customer_id"] not in customers]
        for table in ("customers", "orders", "entries")
    }


async def traces(admin: str, loyalty: Loyalty, planted: Sequence[str] = PLANTED) -> set[Found]:
    """Where something of the person stands; the name of a tier is the shop's, and an id that is a pseudonym stays."""
    found = await look_for(planted, admin, loyalty.database)
    ids = {(table, "guest-of-planted") for table in ("customers", "erasures")}
    return {each for each in found if each.table != "programmes" and (each.table, each.planted) not in ids}


async def liability(loyalty: Loyalty) -> dict[tuple[str, object, str], int]:
    """The points that a shop owes, by the day on which each entry takes effect."""
    rows = await loyalty.database.worker.fetch(
        """
        SELECT shop, effective_at::date, kind || bucket, sum(points)::bigint FROM entries GROUP BY 1, 2, 3 ORDER BY 1, 2
        """
    )
    return {(shop, day, kind): points for shop, day, kind, points in rows}


async def test_nothing_is_left_of_a_planted_customer(loyalty, postgres):
    await others(loyalty)
    await live(loyalty)
    before = await without(postgres, loyalty, "c", "guest-of-planted")
    found = await look_for(PLANTED, postgres, loyalty.database)
    assert {each.planted for each in found} == set(PLANTED)
    assert {each.table for each in found} >= {"customers", "orders", "entries"}

    assert await loyalty.deliver(*erasures("c", "guest-of-planted")) == []

    assert await traces(postgres, loyalty) == set()
    assert await without(postgres, loyalty, "c", "guest-of-planted") == before
    rows = await rows_of(postgres, loyalty.database)
    assert not [row for table in ("orders", "entries") for row in rows[table] if row["customer_id"] != "other"]
    tombstone = next(row for row in rows["customers"] if row["customer_id"] == "c")
    blank = await blank_customer(loyalty, postgres)
    changed = {name for name, value in tombstone.items() if value != blank[name]}
    assert changed <= {
        "customer_id", "partition", "version", "erased_at", "erased_by", "erased_before", "erased_profile",
        "erasure_version",
    }  # fmt: skip
    for path in ("balance", "ledger"):
        assert (await loyalty.get(f"/v1/customers/c/{path}")).status_code == 404
    assert not [one for one in await loyalty.pass_time(days=400) if one.customer_id != "other"]
    assert await loyalty.invariant_violations() == []


async def test_an_export_holds_it_all_in_words_of_the_api(loyalty):
    await live(loyalty)
    answer = await loyalty.ask("GET", "/v1/customers/guest-of-planted/export", "customers:export")
    exported = answer.json()

    assert all(each in answer.text for each in [*ORDERS, "planted-refund", "planted-tier", "guest-of-planted"])
    assert (exported["ids"], exported["currency"]) == (["c", "guest-of-planted"], "IRR")
    rows = exported["rows"]
    (order,) = [row for row in rows["orders"] if row["order_id"] == ORDERS[0] and row["facts"]]
    paid_fact, refunded = order["facts"]
    assert (paid_fact["kind"], paid_fact["total"], paid_fact["at"]) == ("paid", "73100077", "2026-10-25T08:30:00Z")
    assert (refunded["kind"], refunded["refund_id"], refunded["amount"]) == ("refund", "planted-refund", "1700023")
    assert {"kind", "bucket", "points", "effective_at"} <= set(order["posted"][0])
    (customer,) = [row for row in rows["customers"] if row["customer_id"] == "c"]
    assert customer["remembered"]["balance"]["available"] == customer["available"]
    assert len(rows["entries"]) == await loyalty.database.worker.fetchval("SELECT count(*) FROM entries")

    await loyalty.deliver(*erasures("c", "guest-of-planted"))
    again = await loyalty.ask("GET", "/v1/customers/c/export", "customers:export")
    assert not [each for each in PLANTED if each != "guest-of-planted" and each in again.text]


async def blank_customer(loyalty: Loyalty, admin: str) -> dict[str, object]:
    """The row of somebody of whom nothing is known."""
    await loyalty.database.worker.execute("INSERT INTO customers (shop, customer_id, partition) VALUES ('s', 'new', 0)")
    return next(row for row in (await rows_of(admin, loyalty.database))["customers"] if row["customer_id"] == "new")


async def test_amounts_stay_for_the_books_without_a_person(loyalty, postgres):
    await others(loyalty)
    await live(loyalty)
    before = await without(postgres, loyalty, "c", "guest-of-planted")
    owed = await liability(loyalty)
    ids = {row["entry_id"] for row in (await rows_of(postgres, loyalty.database))["entries"]}

    await loyalty.deliver(*erasures("c", "guest-of-planted", keep_books=True))

    assert await liability(loyalty) == owed
    rows = await rows_of(postgres, loyalty.database)
    kept = [row for row in rows["entries"] if row["customer_id"] != "other"]
    assert len(kept) + len(before["entries"]) == len(ids)
    assert not ids & {row["entry_id"] for row in kept}
    prefix = f"erased:{erasure_id()}:"
    assert all(str(row["customer_id"]).startswith(prefix) and row["lot_id"] == erasure_id() for row in kept)
    assert {(row["order_id"], row["cause"], row["triggered_by"], row["earned_as"]) for row in kept} == {
        ("", None, None, None)
    }
    assert await traces(postgres, loyalty) == set()
    assert {
        name: some
        for name, some in (await without(postgres, loyalty, "c", "guest-of-planted")).items()
        if name != "entries"
    } == {name: some for name, some in before.items() if name != "entries"}
    assert await loyalty.invariant_violations() == []


async def test_the_worker_may_change_no_entry_but_those_of_erased_customers_and_these_only_as_told(loyalty):
    await others(loyalty)
    await live(loyalty)
    worker = loyalty.database.worker
    entries = await worker.fetchval("SELECT count(*) FROM entries")
    take_out = (
        "UPDATE entries SET customer_id = 'erased:x', order_id = '', cause = NULL, triggered_by = NULL,"
        " earned_as = NULL WHERE customer_id = $1"
    )
    assert await worker.execute("DELETE FROM entries") == "DELETE 0"
    assert await worker.execute(take_out, "c") == "UPDATE 0"
    for column in ("shop", "points", "kind", "bucket", "effective_at", "posted_at", "version", "programme_version"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await worker.execute(f"UPDATE entries SET {column} = {column}")

    await loyalty.database.worker.execute("UPDATE customers SET erased_at = now() WHERE customer_id = 'c'")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await worker.execute("UPDATE entries SET customer_id = 'other' WHERE customer_id = 'c'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await worker.execute(take_out.replace("order_id = '', ", ""), "c")
    assert await worker.fetchval("SELECT count(*) FROM entries") == entries
    changed = await worker.execute(take_out, "c")
    assert changed not in {"UPDATE 0", f"UPDATE {entries}"}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await loyalty.database.web.execute("DELETE FROM entries")


async def test_what_comes_of_an_erased_customer_brings_nothing_back(loyalty, postgres):
    await live(loyalty)
    await loyalty.deliver(*erasures("c", "guest-of-planted"))
    await loyalty.news()

    late = [
        paid("planted-order-1", 8_000_000, name="late", days=-3),
        paid("planted-order-9", 8_000_000, name="later", customer="guest-of-planted", days=30),
        refund("planted-order-2", 1, name="lately"),
        merged("another", version=2, under="another"),
    ]
    await loyalty.deliver(paid("planted-order-5", customer="another", days=-2))
    for event in late:
        await loyalty.deliver(event)

    assert await traces(postgres, loyalty, PLANTED[:-3]) == set()
    assert await loyalty.pass_time(days=60) == []
    assert await loyalty.invariant_violations() == []


async def test_a_readmitted_customer_begins_anew_above_what_was_published(loyalty):
    await live(loyalty)
    newest = max(
        one.data.version for one in loyalty.published if one.customer_id == "c" and hasattr(one.data, "version")
    )
    ids = {one.id for one in loyalty.published}
    entries = {entry.entry_id for one in loyalty.published if one.type == "points.posted" for entry in one.data.entries}
    await loyalty.deliver(*erasures("c", "guest-of-planted", keep_books=True))
    now = loyalty.clock.now()
    later = {"recorded_time": now + timedelta(hours=1)}
    await loyalty.deliver(*(readmitted(id_, **later) for id_ in ("c", "guest-of-planted")))

    again = paid(ORDERS[1], 3_000_000, name="paid again", days=-20, **later)
    posted = [*await loyalty.deliver(again), *await loyalty.pass_time(days=1)]

    assert kinds(posted)[:2] == [("earn", 30), ("activate", 30)]
    assert all(one.data.version > newest for one in posted if one.type != "points.expiring")
    assert not ids & {one.id for one in posted}
    assert not entries & {entry.entry_id for one in posted if one.type == "points.posted" for entry in one.data.entries}
    assert (await loyalty.balance())["lifetime"] == 30
    assert await loyalty.invariant_violations() == []


LARGE = 10_500


@pytest.mark.parametrize("keep_books", [False, True])
async def test_a_customer_of_many_entries_is_erased_beside_the_lane(loyalty, postgres, keep_books):
    await loyalty.deliver(paid())
    await loyalty.database.worker.execute(
        """
        INSERT INTO entries (entry_id, shop, customer_id, version, lot_id, order_id, kind, bucket, points, effective_at,
            posted_at)
        SELECT gen_random_uuid(), 's', 'c', 1000 + number, gen_random_uuid(), 'o' || number, 'earn', 'pending', 1,
            now(), now() FROM generate_series(1, $1) number
        """,
        LARGE,
    )
    entries = await loyalty.database.worker.fetchval("SELECT count(*) FROM entries")
    await loyalty.deliver(*erasures("c", keep_books=keep_books))

    rows = await rows_of(postgres, loyalty.database)
    assert len(rows["entries"]) == (entries if keep_books else 0)
    assert not [row for row in rows["entries"] if row["customer_id"] == "c"]
    assert not rows["orders"]
    beside = [row for row in rows["applied"] if row["type"] == "customer.erased"]
    assert [row["partition"] < 0 for row in beside] == [True]


def story(random: Random) -> tuple[list[Event], list[Event]]:
    """What is heard of two ids that become one person and are erased, and of somebody else."""
    person: list[Event] = []
    for number in range(random.randrange(6, 14)):
        who = random.choice("ab")
        order_id, days = f"planted-{random.randrange(5)}", random.uniform(-60, -1)
        kind = random.random()
        if kind < 0.7:
            total = 1_000_000 * random.randrange(1, 9)
            person.append(paid(order_id, total, name=f"p{number}", customer=who, days=days))
        elif kind < 0.85:
            person.append(refund(order_id, 500_000, f"planted-r{number}", customer=who, days=days))
        else:
            person.append(cancelled(order_id, name=f"x{number}", version=2, customer=who, days=days))
    person[random.randrange(len(person)) : 0] = merges("b", "a")
    place = random.randrange(len(person) // 2, len(person))
    person[place:place] = erasures("a", "b", keep_books=random.random() < 0.3)
    other = [
        paid(f"other-{number}", 2_000_000 + number, customer="x", days=-40 + number)
        for number in range(random.randrange(1, 9))
    ]
    return person, other


@pytest.mark.parametrize("seed", range(12))
async def test_in_whatever_order_it_comes_a_person_ends_erased_and_others_as_if_alone(
    loyalty, make_database, postgres, seed
):
    random = Random(seed)
    person, other = story(random)
    for batch in interleaved(random, [*person, *other]):
        await loyalty.deliver(*batch)
        if random.random() < 0.2:
            again = random.choice(batch)
            await loyalty.deliver(again)

    planted = [*(f"planted-{number}" for number in range(5)), "planted-r"]
    assert await look_for(planted, postgres, loyalty.database) == set()
    assert await loyalty.invariant_violations() == []
    async with loyalty_service(await make_database("loyalty")) as alone:
        await alone.put_programme(TIERS, effective_from="2026-01-01T00:00:00Z")
        for batch in interleaved(random, other):
            await alone.deliver(*batch)
        assert (await loyalty.balance("x")) == (await alone.balance("x"))
        ledgers = [
            Counter(
                (row["entry_id"], row["points"])
                for row in (await without(postgres, one, "a", "b"))["entries"]
                if row["customer_id"] == "x"
            )
            for one in (loyalty, alone)
        ]
        assert ledgers[0] == ledgers[1]


@pytest.mark.parametrize("lag", [timedelta(), timedelta(hours=12)], ids=["at once", "when loyalty hears of it late"])
@pytest.mark.parametrize("comes_again", [False, True])
async def test_a_rebuild_ends_erased_with_the_versions_that_were_published(
    loyalty, make_database, postgres, lag, comes_again
):
    heard = [*await others(loyalty), *await live(loyalty)]
    now = loyalty.clock.now()
    gone = erasures("c", "guest-of-planted", recorded_time=now - lag)
    if comes_again:
        later = {"recorded_time": now + timedelta(hours=1)}
        gone += [readmitted(id_, **later) for id_ in ("c", "guest-of-planted")]
        gone.append(paid(ORDERS[1], 3_000_000, name="paid again", days=-20, **later))
    await loyalty.deliver(*gone)
    async with rebuilt(make_database, loyalty, [*heard, *gone], Random(1)) as again:
        await compare(loyalty, again)
        assert await traces(postgres, again, [ORDERS[2], "planted-refund", "73100077"]) == set()
