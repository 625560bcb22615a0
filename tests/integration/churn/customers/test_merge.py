"""Customers who turn out to be one are as if there had only ever been the one, and readers are told once."""

import pytest

from builders.customers import viewed
from builders.events import event
from builders.merges import merges, split
from builders.orders import cancelled, historic, order, paid, refund
from builders.shops import shop_updated, source_closed
from churn.customers import merge as merging
from churn.domain import packed
from harness.churn_service import Churn, of_bands
from harness.in_process import PARTITIONS
from harness.waiting import eventually
from mandegar.events.ingest import OrderMoved

NOT_OF_THE_STATE = {
    "customer_id", "partition", "version", "changed_in", "merged_into", "merge_version", "remembered", "turnover",
    "stage_version", "stage_since", "won_back_at",  # what was told, and of whom
}  # fmt: skip


async def row(churn: Churn, customer: str = "c"):
    return await churn.database.worker.fetchrow("SELECT * FROM customers WHERE customer_id = $1", customer)


async def state(churn: Churn, customer: str = "c"):
    """All that follows from the facts."""
    return {name: value for name, value in (await row(churn, customer)).items() if name not in NOT_OF_THE_STATE}


def told(events):
    return [(each.customer_id, each.type, getattr(each.data, "band", None)) for each in of_bands(events)]


def of(name: str, *facts):
    """The acts of one customer."""
    return [fact(name) for fact in facts]


FACTS = (
    lambda c: paid("a", 50, days=-200, customer=c, name=f"{c}a"),
    lambda c: paid("b", 70, days=-170, customer=c, name=f"{c}b"),
    lambda c: refund("b", 20, days=-160, customer=c, name=f"{c}rb"),
    lambda c: paid("d", 30, days=-120, customer=c, name=f"{c}d"),
    lambda c: cancelled("d", version=2, days=-119, customer=c, name=f"{c}cd"),
    lambda c: paid("e", 90, days=-60, customer=c, name=f"{c}e"),
    lambda c: paid("f", 10, days=-20, customer=c, name=f"{c}f"),
    lambda c: viewed(f"{c}v", days=-3, customer=c),
    lambda c: viewed(f"{c}w", days=-2, customer=c),
)


async def test_a_merged_customer_is_as_one_who_always_was_one(churn):
    await churn.deliver(*of("always", *FACTS))
    await churn.deliver(*of("alias", *FACTS[::2]))
    await churn.deliver(*of("root", *FACTS[1::2]))
    await churn.deliver(*merges("alias", "root"))
    one, other = await churn.risk("always"), await churn.risk("root")

    assert await state(churn, "root") == await state(churn, "always")
    assert other.pop("customer_id") == "root"
    assert one.pop("customer_id") == "always"
    assert other["risk"] == pytest.approx(one["risk"], abs=1e-9)
    assert other == one
    assert await churn.invariant_violations() == []


async def test_an_alias_has_nothing_afterwards_and_each_route_answers_for_its_root(churn):
    await churn.deliver(*of("alias", *FACTS), paid("z", days=-300, customer="root"))
    await churn.deliver(*merges("alias", "root"))
    stored = await row(churn, "alias")
    counts = (await churn.get("/v1/bands")).json()["bands"]
    batch = (await churn.ask("GET", "/v1/customers:batch", params={"id": ["alias", "root", "nobody"]})).json()

    assert (stored["orders"], stored["remembered"], stored["due_at"], stored["band"]) == (b"", None, None, None)
    assert (stored["interactions"], stored["last_event_at"], stored["x"]) == (0, None, None)
    assert (stored["merged_into"], stored["merge_version"]) == ("root", 1)
    assert sum(counts.values()) == 1
    for path in ("/v1/customers/{}", "/v1/customers/{}/risk", "/v1/customers/{}/risk?at=2026-11-01T00:00:00Z",
                 "/v1/customers/{}/visits"):  # fmt: skip
        one, other = await churn.get(path.format("alias")), await churn.get(path.format("root"))
        assert (one.status_code, one.json()) == (200, other.json())
        assert one.json()["customer_id"] == "root"
    assert [(card["id"], card["customer_id"]) for card in batch["customers"]] == [("alias", "root"), ("root", "root")]
    assert batch["unknown"] == ["nobody"]
    assert {name: value for name, value in batch["customers"][0].items() if name != "id"} == (
        await churn.get("/v1/customers/root")
    ).json()


async def test_an_order_of_both_counts_once_by_the_law_of_an_order(churn):
    await churn.deliver(paid("o", 50, days=-10, customer="alias"), refund("o", 5, days=-9, customer="alias"))
    await churn.deliver(order("updated", "o", 40, version=2, days=-5, customer="root"))
    await churn.deliver(refund("o", 5, days=-9, customer="root"), refund("o", 3, "s", days=-8, customer="root"))
    await churn.deliver(*merges("alias", "root"))
    card = (await churn.get("/v1/customers/root")).json()

    assert (card["orders"]["orders"], card["orders"]["total"]) == (1, "32.00")


async def test_late_facts_of_an_alias_go_to_the_root(churn):
    await churn.deliver(*of("always", *FACTS))
    await churn.deliver(*of("root", *FACTS[:3]))
    await churn.deliver(*merges("alias", "root"))
    for fact in FACTS[3:]:
        await churn.deliver(fact("alias"))

    assert await state(churn, "root") == await state(churn, "always")
    assert (await row(churn, "alias"))["last_event_at"] is None


async def test_a_band_that_neither_was_in_is_crossed_into_once_and_dated_truly(churn):
    """Each bought every ten days, so both together every five: for them these eight weeks are a silence."""
    for name, first in (("alias", -249), ("root", -244)):
        days = range(first, first + 200, 10)
        await churn.deliver(*(paid(f"{name}{day}", 50, days=day, customer=name, name=f"{name}{day}") for day in days))
    news = await churn.deliver(*merges("alias", "root"))
    left, crossed = of_bands(news)
    answer = await churn.risk("root")

    assert told(news) == [("alias", "band.left", "cooling"), ("root", "band.crossed", "cooling")]
    assert (crossed.data.previous, left.data.previous, left.data.merged_into) == ("healthy", "healthy", "root")
    assert crossed.data.crossed_at.isoformat().replace("+00:00", "Z") == answer["band_since"]
    assert crossed.time == crossed.data.crossed_at < churn.clock.now() == left.data.left_at
    assert 1 < left.data.version < crossed.data.version == (await row(churn, "root"))["version"]
    assert (await row(churn, "alias"))["version"] == left.data.version
    assert await churn.pass_time() == []


async def test_a_band_that_the_alias_was_in_was_told_of_and_is_only_restated(churn):
    await churn.deliver(paid("a", 50, days=-1, customer="alias"), paid("b", 50, days=-90, customer="root"))
    news = await churn.deliver(*merges("alias", "root"))
    restated = of_bands(news)[-1]
    answer = await churn.risk("root")

    assert told(news) == [("alias", "band.left", "healthy"), ("root", "band.restated", "healthy")]
    assert restated.data.since.isoformat().replace("+00:00", "Z") == answer["band_since"]
    assert (str(restated.data.value_at_risk), restated.data.currency) == (answer["value_at_risk"], "IRR")
    assert (restated.data.version, restated.data.last_order_at) == (
        (await row(churn, "root"))["version"], paid("a", days=-1).time,
    )  # fmt: skip


async def test_readers_are_told_nothing_of_an_alias_without_a_band(churn):
    await churn.deliver(viewed("v", customer="alias"), paid("b", 50, days=-9, customer="root"))

    assert await churn.deliver(*merges("alias", "root")) == []
    assert (await row(churn, "root"))["interactions"] == 1


async def test_the_root_stays_in_its_band_under_a_version_above_both(churn):
    await churn.deliver(paid("a", 50, days=-120, customer="alias"), paid("b", 50, days=-1, customer="root"))
    await churn.pass_time()
    news = await churn.deliver(*merges("alias", "root"))

    assert told(news) == [("alias", "band.left", "healthy"), ("root", "band.restated", "healthy")]
    (next_one,) = [each for each in of_bands(await churn.pass_time(days=200)) if each.data.band == "cooling"]
    assert next_one.data.version == of_bands(news)[-1].data.version + 1


async def test_several_aliases_and_chains_in_one_batch_end_in_one_root(churn):
    await churn.deliver(*of("always", *FACTS))
    names = ("a_1", "g_2", "c3", "root")
    for number, fact in enumerate(FACTS):
        await churn.deliver(fact(names[number % 4]))
    news = await churn.deliver(*merges("a_1", "g_2"), *merges("g_2", "root"), *merges("c3", "root"))

    assert await state(churn, "root") == await state(churn, "always")
    assert len([each for each in of_bands(news) if each.customer_id == "root"]) <= 1
    assert {each.customer_id for each in news} <= {*names}
    assert (await churn.risk("a_1"))["customer_id"] == "root"
    assert await churn.invariant_violations() == []


async def test_a_chain_of_two_merges_moves_what_the_first_root_had(churn):
    await churn.deliver(*of("always", *FACTS))
    for number, fact in enumerate(FACTS):
        await churn.deliver(fact(("a_1", "g_2", "root")[number % 3]))
    await churn.deliver(*merges("a_1", "g_2"))
    await churn.deliver(*merges("g_2", "root"))

    assert await state(churn, "root") == await state(churn, "always")
    assert (await row(churn, "a_1"))["merged_into"] == "root"


async def test_after_a_split_acts_are_the_aliass_own_until_it_merges_again(churn):
    await churn.deliver(paid("a", 50, days=-9, customer="alias"), paid("b", 50, days=-8, customer="root"))
    news = await churn.deliver(*merges("alias", "root"))
    await churn.deliver(split("alias", "root"), paid("n", 70, customer="alias"))
    own, others = await row(churn, "alias"), await row(churn, "root")

    assert (own["x"], others["x"]) == (0, 1)
    assert own["version"] > max(each.data.version for each in of_bands(news) if each.customer_id == "alias")
    assert (await churn.risk("alias"))["customer_id"] == "alias"
    assert await churn.invariant_violations() == []

    await churn.deliver(*merges("alias", "root", version=3))
    assert (await row(churn, "root"))["x"] == 2
    assert await churn.invariant_violations() == []


def moved(order_id: str, to: str, customer: str, **more):
    return event("order.moved", OrderMoved(order_id=order_id, to=to), customer=customer, **more)


@pytest.mark.parametrize("after", range(4))
async def test_an_order_that_moved_to_the_same_person_stays_in_any_order(churn, after):
    """The guest's order moves to the account, whose partition tells of it by itself; then both turn out to be one."""
    story = [
        [paid("o", 50, days=-3, customer="g_1", name="guest's")],
        [moved("o", "root", "g_1")],
        [paid("o", 50, days=-3, customer="root", name="account's")],
    ]
    for events in [*story[:after], merges("g_1", "root"), *story[after:]]:
        await churn.deliver(*events)
    card = (await churn.get("/v1/customers/root")).json()

    assert (card["orders"]["orders"], card["orders"]["total"]) == (1, "50.00")


async def test_an_order_moves_between_two_aliases_of_one_person(churn):
    await churn.deliver(*merges("g_1", "root"), *merges("c2", "root"))
    await churn.deliver(paid("o", 50, days=-3, customer="g_1"), moved("o", "c2", "g_1"))

    assert (await churn.risk("root"))["band"] == "healthy"


async def test_an_order_that_moved_to_another_person_does_not_come_back(churn):
    await churn.deliver(paid("o", 50, days=-3, customer="g_1"), moved("o", "other", "g_1"))
    await churn.deliver(*merges("g_1", "root"))
    await churn.deliver(paid("p", 50, days=-3, customer="g_2"), *merges("g_2", "root"), moved("p", "other", "g_2"))

    assert (await churn.risk("root"))["band"] is None


async def test_history_of_either_defers_the_bands_of_both(churn):
    await churn.deliver(paid("a", 50, days=-1, customer="root"), historic("h", 50, days=-9, customer="alias"))
    assert await churn.deliver(*merges("alias", "root")) == []
    stored = await row(churn, "root")

    assert stored["backfill_until"] is not None
    assert stored["due_at"] <= stored["backfill_until"]
    await churn.pass_time(minutes=1)
    assert (await row(churn, "root"))["backfill_until"] is None
    assert (await row(churn, "root"))["x"] == 1
    assert await churn.invariant_violations() == []


async def test_a_customer_with_a_band_keeps_it_when_they_merge_into_one_whose_history_comes_in(churn):
    await churn.deliver(paid("a", 50, days=-1, customer="alias"), historic("h", 50, days=-9, customer="root"))
    news = await churn.deliver(*merges("alias", "root"))

    assert told(news) == [("alias", "band.left", "healthy"), ("root", "band.restated", "healthy")]
    assert of_bands(await churn.pass_time(minutes=1)) == []


async def test_older_orders_go_along(churn):
    for name in ("always", "alias", "root"):
        mine = [n for n in range(200) if name == "always" or (n % 3 == 0) == (name == "alias")]
        await churn.deliver(*(paid(f"o{n}", 10 + n, days=n - 200, customer=name, name=f"{name}{n}") for n in mine))
    await churn.deliver(*merges("alias", "root"))
    whole = (await churn.get("/v1/customers/always")).json()["orders"]

    assert (await churn.get("/v1/customers/root")).json()["orders"] == whole
    assert len((await row(churn, "root"))["orders"]) <= packed.RECENT_BYTES_MAX + 5
    left = await churn.database.worker.fetch("SELECT DISTINCT customer_id FROM older_orders")
    assert {each["customer_id"] for each in left} == {"always", "root"}
    assert await churn.invariant_violations() == []


async def test_a_browser_that_only_looked_costs_a_customer_of_many_orders_nothing(churn, monkeypatch):
    await churn.deliver(*(paid(f"o{n}", 10, days=n - 200, customer="root", name=f"o{n}") for n in range(200)))
    await churn.deliver(viewed("v", customer="a_1"), shop_updated(2, zone="America/Los_Angeles"))
    monkeypatch.setattr(packed.Packed, "complete", None)
    await churn.deliver(*merges("a_1", "root"))

    assert await churn.database.worker.fetchval("SELECT count(*) FROM dead_letters") == 0
    assert (await row(churn, "root"))["interactions"] == 1


async def test_a_browser_that_only_looked_brings_a_root_that_is_not_folded_into_its_stage(churn):
    await churn.deliver(*(paid(f"o{n}", 10, days=n - 200, customer="root", name=f"o{n}") for n in range(200)))
    await churn.deliver(viewed("v", customer="a_1"))
    await churn.database.worker.execute("UPDATE customers SET remembered = NULL, stage = NULL")
    await churn.deliver(*merges("a_1", "root"))

    assert await churn.database.worker.fetchval("SELECT count(*) FROM dead_letters") == 0
    assert (await row(churn, "root"))["stage"] == "loyalty"


async def test_more_orders_than_a_batch_has_time_for_are_united_beside(churn, monkeypatch):
    monkeypatch.setattr(merging, "OLDER_ORDERS_MAX", 150)
    for name in ("alias", "root"):
        await churn.deliver(*(paid(f"{name}{n}", 10, days=n - 130, customer=name) for n in range(130)))
    await churn.deliver(*merges("alias", "root"), paid("n", 10, customer="c"))

    beside = await churn.database.worker.fetch("SELECT type FROM applied WHERE partition < 0")
    assert "customer.merged" in {each["type"] for each in beside}
    assert (await churn.get("/v1/customers/alias")).json()["orders"]["orders"] == 260
    assert (await churn.risk())["band"] == "healthy"
    assert await churn.invariant_violations() == []


async def test_an_alias_is_computed_under_no_new_terms(churn):
    await churn.deliver(paid("a", 50, days=-9, customer="alias"), paid("b", 50, days=-8, customer="root"))
    await churn.deliver(*merges("alias", "root"))
    await churn.deliver(shop_updated(2, zone="America/Los_Angeles"))
    async with churn.working():
        await eventually(lambda: row(churn, "root"), lambda stored: stored["zone"] == "America/Los_Angeles")
        await eventually(lambda: row(churn, "root"), lambda stored: stored["due_at"] > churn.clock.now())

    stored = await row(churn, "alias")
    assert (stored["zone"], stored["model_version"], stored["due_at"]) == (None, None, None)


async def test_history_of_an_alias_opens_no_source_in_the_partition_of_its_root(churn):
    await churn.deliver(
        historic("a", days=-9, customer="root"),
        *(source_closed(partition) for partition in range(PARTITIONS)),
        *merges("alias", "root"),
    )
    await churn.deliver(historic("b", days=-8, customer="alias"))

    assert await churn.database.worker.fetchval("SELECT count(*) FROM backfills WHERE closed_at IS NULL") == 0
    assert (await row(churn, "root"))["backfill_until"] is not None
