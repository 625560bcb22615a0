"""Segments of customers who turn out to be one person, who are erased, and of a service that is rebuilt."""

from datetime import timedelta

import pytest

from builders.erasures import erased
from builders.events import NOON, event
from builders.merges import merges
from builders.orders import paid
from harness.segmenting import brought_over, put, segments_of, sizes, told
from mandegar.events.ingest import TicketChanged

pytestmark = pytest.mark.integration


@pytest.fixture
async def churn(churn):
    await put(churn, "twice", "{orders: {at_least: 2}}")
    await put(churn, "buyers", "{orders: {at_least: 1}}")
    await brought_over(churn)
    yield churn
    assert await churn.invariant_violations() == []


async def test_an_alias_leaves_for_its_root_who_is_evaluated_with_all_orders(churn):
    complaint = event("ticket.opened", TicketChanged(ticket_id="t"), customer="g_1", days=-1)
    await churn.deliver(paid("a", customer="g_1"), complaint, paid("b", customer="c"))
    left = await churn.deliver(*merges("g_1", "c", 1))
    assert [
        (each.customer_id, each.data.segment, each.data.merged_into) for each in left if "segment" in each.type
    ] == [("g_1", "buyers", "c")]

    entered = await churn.pass_time(minutes=1)
    assert [each[:2] for each in told(entered)] == [("entered", "twice")]
    assert (await segments_of(churn, "g_1")).keys() == {"twice", "buyers", "new", "recently_complained"}
    assert await sizes(churn) == {"twice": 1, "buyers": 1, "new": 1, "recently_complained": 1}


@pytest.mark.parametrize("orders", [["a", "b"], ["a"]])
async def test_who_merges_into_somebody_who_has_done_nothing_enters_aloud(churn, orders):
    await churn.deliver(*(paid(each, customer="g_1") for each in orders))
    last = [paid("b", customer="c")] if orders == ["a"] else []
    news = await churn.deliver(*merges("g_1", "c", 1), *last)
    news += await churn.pass_time(minutes=1)

    entered = [each for each in news if each.type == "segment.entered"]
    assert sorted((each.customer_id, each.data.segment) for each in entered) == [("c", "buyers"), ("c", "twice")]
    assert not any(each.data.brought_over for each in entered)


async def test_who_merges_while_a_definition_is_brought_over_enters_what_it_says_in_silence(churn):
    await churn.deliver(paid("a", customer="g_1"))
    await put(churn, "any", "{orders: {at_least: 1}}")
    news = await churn.deliver(*merges("g_1", "c", 1))
    news += await churn.pass_time(minutes=1)

    assert {each.data.segment for each in news if each.type == "segment.entered"} == {"buyers"}
    assert (await segments_of(churn, "c")).keys() == {"any", "buyers", "new"}


async def test_an_erased_customer_is_in_no_segment_and_counted_by_none(churn):
    await churn.deliver(paid("a"), paid("b"))
    assert (await sizes(churn))["twice"] == 1
    await churn.deliver(erased("c", 1))

    assert await sizes(churn) == {}
    assert (await churn.get("/v1/customers/c/segments")).status_code == 404


async def test_an_export_shows_in_which_segments_a_customer_is(churn):
    await churn.deliver(paid("a", hours=-1))
    answer = await churn.ask("GET", "/v1/customers/c/export", "customers:export")

    assert answer.status_code == 200, answer.text
    assert '"segment":"buyers"' in answer.text.replace(" ", "")
    assert (NOON - timedelta(hours=1)).isoformat()[:16] in answer.text
