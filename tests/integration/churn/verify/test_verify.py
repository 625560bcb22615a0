"""Figures that are recomputed from the topics are those of the database, and what differs is found and named."""

from collections.abc import AsyncIterator, Sequence

import pytest

from builders.contracts import subscribed, trial, unsubscribed
from builders.customers import viewed
from builders.erasures import erased
from builders.events import SHOP, event
from builders.merges import merges
from builders.orders import cancelled, historic, paid, refund
from builders.shops import shop_updated
from churn.domain.contract_counting import CHURNED, EXPANSION, NEW
from churn.verify.run import verify, verify_shop
from harness.churn_service import Churn, churn_service
from harness.producing import PARTITIONS, produce
from mandegar.events import Event
from mandegar.events.ingest import OrderMoved, SurveyResponded
from mandegar.events.topics import partition_of
from mandegar.months import CALENDARS
from mandegar.rebuild.run import NotRebuildable


@pytest.fixture
async def house(make_database, kafka, topic_prefix) -> AsyncIterator[Churn]:
    """Churn, whose topics are on a real broker."""
    settings = {"kafka_bootstrap": kafka, "topic_prefix": topic_prefix}
    async with churn_service(await make_database("churn"), **settings) as churn:
        yield churn


async def live(house: Churn, events: Sequence[Event], *, unread: int = 0) -> None:
    """Publish the events, and apply them but for the last ``unread`` of each partition."""
    settings = house.context.settings
    await produce(settings.kafka_bootstrap, f"{settings.topic_prefix}ingest.events", events, lambda _: [shop_updated()])
    # The first partition has had the shop's settings, at its first offset, when the service was made.
    by_partition: dict[int, list[Event]] = {number: [shop_updated()] * bool(number) for number in range(PARTITIONS)}
    for each in events:
        by_partition[partition_of(each.partition_key, PARTITIONS)].append(each)
    for number, some in by_partition.items():
        if applied := some[: len(some) - unread] if len(some) > unread else some:
            await house.poll("ingest.events", {number: applied})


STORY = [
    paid("o1", days=-20, customer="a"), paid("o2", customer="b"), refund("o2", 4_000_000, customer="b"),
    paid("o1", days=-20, customer="a"), historic("old", days=-300, customer="e"), viewed("v", customer="f"),
    paid("o3", customer="g"), cancelled("o3", version=2, customer="g"), paid("o4", days=-40, customer="a_1"),
    *merges("a_1", "a"), paid("o5", customer="gone"), erased("gone"), paid("x", shop="other", customer="a"),
    paid("m", customer="h"), event("order.moved", OrderMoved(order_id="m", to="b"), customer="h"),
    paid("m", customer="b", name="m-of-b"),
]  # fmt: skip


def answered(name: str, score: float, days: float, customer: str) -> Event:
    data = SurveyResponded(survey_id="s", kind="nps", score=score)
    return event("survey.responded", data, name=name, days=days, customer=customer)


async def test_what_customers_answered_is_what_the_topics_make(house):
    told = [
        answered("1", 10, -2, "a_1"),
        answered("2", 3, -1, "a"),
        answered("3", 8, -60, "b"),
        answered("4", 1, -1, "gone"),
    ]
    await live(house, [*told, *STORY, answered("5", 9, -0.5, "a_1")])
    done = await verify_shop(house.context, SHOP)

    assert done.different == []
    found = {place.one: count for place, count in done.stored.items() if place[:2] == ("gregorian", "nps")}
    assert [(each.customers, each.orders, each.again) for _, each in sorted(found.items())] == [(1, 0, 0), (1, 1, 0)]


async def test_contracts_are_what_the_topics_make(house):
    told = [
        subscribed("x", 10, customer="a_1", days=-90, until=-60, name="x"),
        subscribed("y", 30, customer="a", days=-70, until=9, name="y"),
        unsubscribed("y", customer="a", days=-30, until=-5, name="z"),
        trial(customer="b", days=-40, until=-30, name="t"),
        subscribed("of-nobody", customer="gone", days=-50, until=9, name="gone"),
    ]
    await live(house, [*told, *STORY, subscribed("x", 20, customer="a_1", days=-59, until=-1, name="again")])
    done = await verify_shop(house.context, SHOP)

    assert done.different == []
    moved = {place: count for place, count in done.stored.items() if place[:2] == ("gregorian", "contract")}
    assert sum(count.revenue for count in moved.values()) == 0
    assert [(place.other, count.customers) for place, count in sorted(moved.items())] == [
        (NEW, 1), (EXPANSION, 1), (CHURNED, 1)
    ]  # fmt: skip
    assert sum(place.kind == "trial" for place in done.stored) == 2 * len(CALENDARS)


async def test_a_day_and_a_movement_that_are_off_are_named(house):
    await live(house, [subscribed(customer="a", days=-40, until=-5)])
    await house.database.worker.execute("UPDATE kpi_changes SET again = 1 WHERE calendar = 'jalali'")
    lines: list[str] = []
    assert await verify(house.context, SHOP, lines.append) == 4
    assert lines[0].startswith(f"{SHOP}: jalali contract of 1405-07, movement 1 differs")
    assert lines[2].startswith(f"{SHOP}: jalali contracts of the day 2026-10-13 differs")


async def test_every_figure_is_what_the_topics_make(house):
    await live(house, STORY)
    lines: list[str] = []

    assert await verify(house.context, SHOP, lines.append) == 0
    assert lines == [f"{SHOP}: 23 sums: all are what the topics make"]
    done = await verify_shop(house.context, SHOP)
    assert sum(count.orders for place, count in done.recomputed.items() if place.kind == "cohort") == 2 * 5


async def test_records_that_are_not_applied_yet_do_not_count(house):
    """Of every partition the last record lies behind the stored offset."""
    await live(house, [paid(f"o{number}", customer=f"c{number % 7}") for number in range(40)], unread=1)
    done = await verify_shop(house.context, SHOP)
    assert not done.different
    assert done.recomputed


async def test_the_figures_by_source_are_what_the_topics_make(house):
    told = [
        paid("1", channel="app", days=-90, customer="a"), paid("2", channel="web", days=-95, customer="a_1"),
        paid("3", channel="till", days=-41, customer="b"), paid("4", channel="app", days=-50, customer="gone"),
        paid("m", channel="web", days=-70, customer="h"),
    ]  # fmt: skip
    await live(house, [*told, *STORY, paid("5", channel="app", days=-89, customer="a_1")])
    done = await verify_shop(house.context, SHOP)

    assert done.different == done.different_parts == []
    assert sorted(done.recomputed_parts) == [("source", "till"), ("source", "web")]
    await house.database.worker.execute("UPDATE kpi_part_changes SET again = 7 WHERE kind = 'ever' AND value = 'web'")
    lines: list[str] = []
    assert await verify(house.context, SHOP, lines.append) == 2
    assert lines[0].startswith(f"{SHOP}: gregorian sum of all months of source 'web' differs")


async def test_a_figure_that_is_off_is_named(house):
    await live(house, STORY)
    await house.database.worker.execute(
        """
        UPDATE kpi_changes SET revenue = revenue + 1 WHERE ctid = (
            SELECT ctid FROM kpi_changes WHERE calendar = 'jalali' AND kind = 'cohort' ORDER BY revenue DESC LIMIT 1)
        """
    )
    lines: list[str] = []
    assert await verify(house.context, SHOP, lines.append) == 1
    assert lines[0].startswith(f"{SHOP}: jalali cohort 1405-")
    assert lines[-1].endswith("1 differ")


async def test_a_shop_that_is_not_there_is_refused(house):
    with pytest.raises(NotRebuildable):
        await verify(house.context, "nobody", print)
