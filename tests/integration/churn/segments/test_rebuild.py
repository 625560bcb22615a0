"""A rebuilt churn has the segments of the shop, and tells of whoever has left meanwhile and of nobody else."""

import pytest

from builders.orders import cancelled, paid
from builders.shops import shop_updated
from churn.customers.rebuild import REBUILD
from harness.churn_again import AGAIN, read_again
from harness.churn_service import Churn
from harness.in_process import in_process
from harness.segmenting import brought_over, put, sizes, told
from mandegar.events.topics import CHURN_EVENTS, INGEST_EVENTS

pytestmark = pytest.mark.integration


async def test_a_rebuild_tells_of_who_has_left_and_of_nobody_else(churn, make_database):
    facts = [paid(f"o{number}", customer=f"c{number}") for number in range(5)]
    await brought_over(churn)
    for fact in facts[:2]:
        await churn.deliver(fact)
    await put(churn, "buyers", "{orders: {at_least: 1}, band: {known: true}}")
    await brought_over(churn)
    for fact in facts[2:4]:
        await churn.deliver(fact)
    assert [each[:2] for each in told(churn.published)] == [("entered", "buyers")] * 2
    published = [event for event in churn.published if event.type != "segment.lines_fitted"]

    async with in_process(AGAIN, await make_database("churn")) as parts:
        rebuilt = Churn(*parts)
        missed = cancelled("o2", version=2, customer="c2")
        await read_again(rebuilt, INGEST_EVENTS, [shop_updated(), *facts, missed])
        await read_again(rebuilt, CHURN_EVENTS, published)
        assert REBUILD.finish is not None
        await REBUILD.finish(rebuilt.context)
        news = await rebuilt.pass_time(minutes=1)
        news += await brought_over(rebuilt)

        assert told(news) == [("left", "buyers", rebuilt.clock.now())]
        assert (await sizes(rebuilt))["buyers"] == 4
        assert (await rebuilt.get("/v1/segments/buyers")).json()["version"] == 1
        assert await rebuilt.invariant_violations() == []
