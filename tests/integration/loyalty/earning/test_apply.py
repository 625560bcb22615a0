"""Orders become points: once, in any order of arrival, and the ledger adds up."""

from random import Random

import pytest

from builders.orders import cancelled, order, paid, refund
from builders.shops import shop_updated, source_closed
from harness.loyalty_service import Loyalty, kinds, loyalty_service
from mandegar.database.invariants import Violation


async def sums(loyalty: Loyalty) -> list[tuple[object, ...]]:
    """Net points per lot and key, over all customers."""
    rows = await loyalty.database.worker.fetch(
        """
        SELECT customer_id, order_id, kind, bucket, cause, sum(points) AS points FROM entries
        GROUP BY customer_id, order_id, lot_id, kind, bucket, cause HAVING sum(points) <> 0 ORDER BY 1, 2, 3, 4, 5
        """
    )
    return [tuple(row) for row in rows]


async def broken(loyalty: Loyalty) -> list[Violation]:
    return await loyalty.invariant_violations()


async def test_a_paid_order_earns_pending_points_that_are_published_with_the_balance(loyalty):
    (posted,) = await loyalty.deliver(paid("o", 12_500_000))

    (entry,) = posted.data.entries
    assert (posted.type, posted.id, posted.shop, posted.customer_id) == ("points.posted", entry.entry_id, "s", "c")
    assert (entry.kind, entry.points, entry.order_id) == ("earn", 125, "o")
    assert (posted.data.balance.pending, posted.data.version, posted.data.tier) == (125, 1, "bronze")
    assert posted.causation_id == paid("o").id
    assert (await loyalty.balance())["pending"] == 125


async def test_a_placed_order_earns_nothing_until_it_is_paid(loyalty):
    assert await loyalty.deliver(order("placed", "o", 10_000_000)) == []
    assert (await loyalty.balance())["lifetime"] == 0


async def test_an_event_that_comes_again_changes_nothing(loyalty):
    await loyalty.deliver(paid("o"), paid("o"))
    before = await loyalty.balance()

    assert await loyalty.deliver(paid("o")) == []
    assert await loyalty.balance() == before


async def test_a_refund_in_the_same_batch_as_its_order_is_posted_with_it(loyalty):
    events = await loyalty.deliver(paid("o", days=-2), refund("o", 4_000_000, days=-1))

    assert kinds(events) == [("earn", 100), ("reverse", -40)]
    assert [event.data.balance.pending for event in events] == [60]


async def test_points_become_usable_and_expire_when_their_time_comes(loyalty):
    await loyalty.deliver(paid("o"))

    assert kinds(await loyalty.pass_time(days=14)) == [("activate", 100)]
    (warning,) = await loyalty.pass_time(days=353)
    assert (warning.type, warning.data.points) == ("points.expiring", 100)
    assert kinds(await loyalty.pass_time(days=14)) == [("expire", -100)]
    assert await loyalty.pass_time(days=1000) == []
    assert await broken(loyalty) == []


async def test_a_tier_is_announced_when_it_is_reached_and_when_it_ends(loyalty):
    up = [event for event in await loyalty.deliver(paid("o", 25_000_000)) if event.type == "tier.changed"]
    down = [event for event in await loyalty.pass_time(days=365) if event.type == "tier.changed"]

    assert [(event.data.tier, event.data.previous) for event in up + down] == [
        ("silver", "bronze"),
        ("bronze", "silver"),
    ]
    versions = [event.data.version for event in loyalty.published if event.type != "points.expiring"]
    assert versions == list(range(1, len(versions) + 1))


HISTORY = [
    order("placed", "a", 25_000_000, days=-50),
    paid("a", 25_000_000, days=-49),
    paid("b", 8_000_000, days=-30),
    refund("b", 8_000_000, days=-10),
    paid("x", 5_000_000, days=-420),
    refund("x", 5_000_000, days=-5),
    order("updated", "a", 21_000_000, version=2, days=-20),
    paid("d", 33_300_000, days=-15),
    cancelled("d", version=2, days=-14),
    order("updated", "d", 30_000_000, version=3, days=-3),
]


async def tell(loyalty: Loyalty, seed: int) -> None:
    """The history in some order with repeats, in batches of some size."""
    random = Random(seed)
    events = [*HISTORY, *random.sample(HISTORY, 4)]
    random.shuffle(events)
    while events:
        size = random.randint(1, 5)
        await loyalty.deliver(*events[:size])
        events = events[size:]


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_arrival_ends_in_the_same_ledger(loyalty, make_database, seed):
    await loyalty.deliver(*HISTORY)
    async with loyalty_service(await make_database("loyalty")) as other:
        await tell(other, seed)

        assert await sums(other) == await sums(loyalty)
        ignored = {"version"}
        assert {k: v for k, v in (await other.balance()).items() if k not in ignored} == {
            k: v for k, v in (await loyalty.balance()).items() if k not in ignored
        }
        assert await broken(other) == []
    assert await broken(loyalty) == []


async def test_a_reader_of_the_topic_comes_to_the_same_balance(loyalty):
    await tell(loyalty, 7)
    await loyalty.pass_time(days=400)
    posted = [event.data for event in loyalty.published if event.type == "points.posted"]
    answer = await loyalty.balance()

    last = max(posted, key=lambda data: data.version).balance
    assert (last.available, last.pending, last.debt) == (answer["available"], answer["pending"], answer["debt"])
    entries = [entry for data in posted for entry in data.entries]
    kept = sum(entry.points for entry in entries if entry.kind in {"earn", "reverse", "expire"})
    assert kept == last.available + last.pending - last.debt


async def test_history_builds_points_at_once_and_announces_the_tier_when_all_is_told(loyalty):
    told = await loyalty.deliver(*(paid(f"o{n}", 15_000_000, days=-100 + n, backfill=True) for n in range(5)))
    quiet = await loyalty.pass_time(seconds=29)
    settled = await loyalty.pass_time(seconds=1)

    assert {event.type for event in told} == {"points.posted"}
    assert all(event.backfill for event in told)
    assert quiet == []
    assert [(event.type, event.data.tier, event.backfill) for event in settled] == [("tier.changed", "gold", False)]
    assert settled[0].time == paid("o3", days=-97).time


async def test_a_closed_source_ends_the_wait_at_once(loyalty):
    await loyalty.deliver(paid("o", 25_000_000, days=-3, backfill=True))
    partition = await loyalty.database.worker.fetchval("SELECT partition FROM customers")
    await loyalty.deliver(source_closed(partition))

    assert [event.type for event in await loyalty.pass_time()] == ["tier.changed"]


async def test_nobody_hears_of_points_that_were_about_to_expire_long_ago(loyalty):
    await loyalty.deliver(paid("o", days=-375, backfill=True))

    assert await loyalty.pass_time(seconds=30) == []
    assert kinds(await loyalty.pass_time(days=10)) == [("expire", -100)]


async def test_an_order_of_a_shop_that_was_never_announced_is_a_dead_letter(loyalty):
    events = await loyalty.deliver(paid("o"), paid("p", shop="stranger"))

    assert kinds(events) == [("earn", 100)]
    letters = await loyalty.database.worker.fetch("SELECT code, shop FROM dead_letters")
    assert [tuple(letter) for letter in letters] == [("unknown_shop", "stranger")]


async def test_shops_have_customers_of_their_own(loyalty):
    await loyalty.deliver(shop_updated(shop="t"), paid("o", 10_000_000), paid("o", 20_000_000, name="other", shop="t"))

    assert (await loyalty.balance())["pending"] == 100
    assert (await loyalty.get("/v1/customers/c/balance", shop="t")).json()["pending"] == 200


async def test_a_batch_of_many_customers_is_written_at_once(loyalty):
    await loyalty.deliver(*(paid(f"o{n}", days=-n / 7, customer=f"c{n % 300}") for n in range(1_500)))

    row = await loyalty.database.worker.fetchrow("SELECT count(*), sum(lifetime) FROM customers")
    assert row["count"] == 300
    assert row["sum"] >= 150_000
    assert await broken(loyalty) == []


async def test_the_ledger_cannot_be_changed_by_who_serves(loyalty):
    await loyalty.deliver(paid("o"))

    with pytest.raises(Exception, match="permission denied"):
        await loyalty.database.worker.execute("UPDATE entries SET points = 0")
    # the right to delete is for entries of erased customers alone
    assert await loyalty.database.worker.execute("DELETE FROM entries") == "DELETE 0"
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM entries") > 0
    with pytest.raises(Exception, match="permission denied"):
        await loyalty.database.web.execute("DELETE FROM entries")
