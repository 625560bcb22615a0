"""Customers enter and leave segments when they act, when a day changes the answer, and when loyalty says so."""

from datetime import datetime, timedelta

import pytest

from builders.customers import viewed
from builders.events import NOON, event
from builders.orders import cancelled, paid
from builders.points import posted, tier_changed
from harness.segmenting import brought_over, put, segments_of, sizes, told
from mandegar.events.ingest import TicketChanged

pytestmark = pytest.mark.integration

MIDNIGHT = NOON.replace(hour=20, minute=30)  # in Tehran


@pytest.fixture
async def churn(churn):
    await brought_over(churn)
    yield churn
    assert await churn.invariant_violations() == []


async def test_an_order_brings_a_customer_in_and_its_cancellation_out(churn):
    await put(churn, "buyers", "{orders: {at_least: 1}}")
    await brought_over(churn)

    entered = await churn.deliver(paid(hours=-1))
    assert told(entered) == [("entered", "buyers", NOON - timedelta(hours=1))]
    assert (await segments_of(churn)).keys() == {"buyers", "new"}
    left = await churn.deliver(cancelled("o", version=2))

    assert told(left) == [("left", "buyers", NOON)]
    assert await segments_of(churn) == {}
    assert await sizes(churn) == {}


async def test_a_day_that_begins_brings_a_customer_in_and_out_at_its_midnight(churn):
    await put(churn, "quiet", "{last_order: {days_ago: {at_least: 2, at_most: 3}}}")
    await brought_over(churn)
    await churn.deliver(paid())

    assert told(await churn.pass_time(days=1)) == []
    news = await churn.pass_time(days=1)
    assert told(news) == [("entered", "quiet", MIDNIGHT + timedelta(days=1))]
    assert not any(each.data.brought_over for each in news if each.type == "segment.entered")
    assert told(await churn.pass_time(days=5)) == [("left", "quiet", MIDNIGHT + timedelta(days=3))]


async def test_what_a_band_says_follows_at_the_instant_of_its_crossing(churn):
    await put(churn, "fading", "{band: cooling}")
    await brought_over(churn)
    await churn.deliver(paid())
    due = await churn.risk()

    news = await churn.pass_time(days=300)
    [crossed] = [each for each in news if each.type == "band.crossed" and each.data.band == "cooling"]
    assert crossed.time.isoformat().replace("+00:00", "Z") == due["next_crossing"]["at"]
    assert (await segments_of(churn)).keys() & {"cooling", "at_risk", "lost"}


async def test_points_and_tier_count_as_soon_as_loyalty_has_published_them(churn):
    await put(churn, "rich", "{points: {at_least: 100}, tier: [gold, silver]}")
    await brought_over(churn)
    await churn.deliver(paid())
    await churn.deliver_card(posted(100, 1, tier="gold"), topic="loyalty.events")

    assert told(await churn.pass_time(minutes=1)) == [("entered", "rich", churn.clock.now())]
    await churn.deliver_card(tier_changed(2, "bronze"), topic="loyalty.events")
    assert told(await churn.pass_time(minutes=1)) == [("left", "rich", churn.clock.now())]


async def test_a_ticket_is_a_complaint_for_a_fortnight(churn):
    await churn.deliver(viewed("look"), event("ticket.opened", TicketChanged(ticket_id="t"), hours=-2))
    assert (await segments_of(churn)).keys() == {"recently_complained"}

    await churn.pass_time(days=14)
    assert (await segments_of(churn)).keys() == {"recently_complained"}
    await churn.pass_time(days=1)
    assert await segments_of(churn) == {}


async def test_visits_of_a_customer_do_not_hide_when_their_band_changes(churn):
    await put(churn, "soon", "{last_order: {days_ago: 1}}")
    await brought_over(churn)
    await churn.deliver(paid())
    due = (await churn.risk())["next_crossing"]["at"]
    await churn.deliver(viewed("look"))
    await churn.pass_time(days=2.5)
    await churn.deliver(viewed("another"))

    assert (await churn.risk())["next_crossing"]["at"] == due
    at = await churn.database.worker.fetchval("SELECT due_at FROM customers WHERE customer_id = 'c'")
    assert churn.clock.now() < at <= datetime.fromisoformat(due)


async def test_a_new_segment_is_quiet_about_who_is_in_it_and_tells_who_comes_later(churn):
    for number in range(30):
        await churn.deliver(paid(f"o{number}", customer=f"c{number}"))
    await put(churn, "buyers", "{orders: {at_least: 1}}")
    assert told(await brought_over(churn)) == []
    assert (await sizes(churn))["buyers"] == 30

    assert told(await churn.deliver(paid("p", customer="late"))) == [("entered", "buyers", NOON)]
    assert told(await churn.deliver(cancelled("o7", version=2, customer="c7"))) == [("left", "buyers", NOON)]


async def test_who_buys_before_a_new_segment_was_brought_to_them_enters_as_anybody(churn):
    await churn.deliver(paid("a", customer="c"), paid("b", customer="d"), paid("e", customer="d", days=-1))
    await put(churn, "twice", "{orders: {at_least: 2}}")
    news = await churn.deliver(paid("f", customer="c"), paid("g", customer="d"))

    assert [(each.customer_id, each.data.brought_over) for each in news if each.type == "segment.entered"] == [
        ("c", False)
    ]
    assert told(await brought_over(churn)) == []
    assert (await sizes(churn))["twice"] == 2


async def test_with_announce_everybody_whom_a_segment_brings_in_or_out_is_published(churn):
    await churn.deliver(paid("1", 5, customer="a"), paid("2", 50, customer="b"))
    await put(churn, "buyers", "{total: {at_least: 1}}", announce=True)
    news = await brought_over(churn)
    assert [each[:2] for each in told(news)] == [("entered", "buyers")] * 2
    assert all(each.data.brought_over for each in news if each.type == "segment.entered")
    [late] = [each for each in await churn.deliver(paid("3", 5, customer="d")) if each.type == "segment.entered"]
    assert not late.data.brought_over

    await put(churn, "buyers", "{total: {at_least: 10}}", announce=True)
    assert [each[:2] for each in told(await brought_over(churn))] == [("left", "buyers")] * 2
    assert (await sizes(churn))["buyers"] == 1


async def test_a_removed_segment_has_nobody_and_a_built_in_one_is_in_force_again(churn):
    await churn.deliver(paid())
    await put(churn, "new", "{orders: {more_than: 5}}")
    await put(churn, "all_of_them", "{orders: {at_least: 0}}")
    await brought_over(churn)
    assert (await segments_of(churn)).keys() == {"all_of_them"}

    for name in ("new", "all_of_them"):
        assert (await churn.ask("DELETE", f"/v1/segments/{name}", "journeys:write")).status_code == 204
    assert told(await brought_over(churn)) == []

    assert (await segments_of(churn)).keys() == {"new"}
    assert await sizes(churn) == {"new": 1}
