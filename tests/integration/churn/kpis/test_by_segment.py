"""The figures by segment are those of who was in it at the last snapshot, which comes with days and segments."""

import pytest

from builders.erasures import erased
from builders.merges import merges
from builders.orders import paid, refund
from builders.shops import shop_updated
from churn.segment_figures import take
from churn.segment_figures.check import A_SNAPSHOT_IS_ITS_MEMBERS
from churn.segment_figures.claim_rows import claim_snapshot, standings
from churn.segment_figures.take import take_due
from harness.segmenting import brought_over, put
from mandegar.database import transaction

SPAN = {"from": "2026-10-01", "to": "2026-11-30", "calendar": "gregorian"}
BUYERS = "{orders: {at_least: 1}}"


async def by_segment(churn, **query):
    answer = await churn.get("/v1/kpis", by="segment", **SPAN, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def figures(churn, *names, **query):
    """Members at the snapshot and now, customers, orders and revenue of all time of some segments."""
    parts = {each["value"]: each for each in (await by_segment(churn, **query))["parts"]}
    return {
        name: (
            parts[name]["segment"]["members_at_snapshot"],
            parts[name]["segment"]["members"],
            *(parts[name][field] for field in ("customers", "orders", "revenue")),
        )
        for name in names
        if name in parts
    }


async def snapshot(churn):
    await brought_over(churn)
    await take_due(churn.context)


@pytest.fixture
async def churn(churn):
    await churn.deliver(paid("a", 100, days=-40), paid("b", 50, days=-1), paid("d", 30, customer="d", days=-1))
    await put(churn, "buyers", BUYERS)
    await put(churn, "often", "{orders: {at_least: 2}}")
    yield churn
    assert await churn.invariant_violations() == []


async def test_who_is_in_several_segments_counts_in_each_with_all_that_they_ever_did(churn):
    assert (await by_segment(churn))["parts_from"] == "awaited"
    await snapshot(churn)
    at = churn.clock.now()
    await churn.pass_time(minutes=5)
    await churn.deliver(paid("late", 7, customer="e"))

    assert await figures(churn, "buyers", "often") == {"buyers": (2, 3, 2, 3, "180"), "often": (1, 1, 1, 2, "150")}
    answer = await by_segment(churn)
    assert (answer["parts_from"], answer["parts_as_of"]) == ("snapshot", at.isoformat().replace("+00:00", "Z"))
    values = [each["value"] for each in answer["parts"]]
    assert values[0] == "buyers"
    assert None not in values
    october, november = next(each["months"] for each in answer["parts"] if each["value"] == "often")
    assert (october["new_customers"], october["revenue"], november["repeat_purchase_rate"]) == (1, "100", "1.0000")
    assert (october["complete"], november["complete"]) == (True, False)
    assert await figures(churn, "often", value="often") == {"often": (1, 1, 1, 2, "150")}
    assert (await churn.get("/v1/kpis", by="segment", value="x")).json()["code"] == "unknown_segment"
    assert (await churn.get("/v1/kpis", **SPAN)).json()["parts_from"] == "live"

    await churn.pass_time(days=20)
    december = await churn.get("/v1/kpis", by="segment", value="often", **{**SPAN, "to": "2026-12-31"})
    complete = [each["complete"] for each in december.json()["parts"][0]["months"]]
    assert complete == [True, False, False], "nobody was lost on the last days of November: they are not in it"
    assert [each["complete"] for each in december.json()["months"]] == [True, True, False]


async def test_a_snapshot_is_taken_once_a_day_and_when_segments_change(churn):
    await snapshot(churn)
    await churn.deliver(paid("late", 7, customer="e"))
    await snapshot(churn)
    assert (await figures(churn, "buyers"))["buyers"] == (2, 3, 2, 3, "180"), "it was taken today"
    await churn.pass_time(days=1)
    await snapshot(churn)
    assert (await figures(churn, "buyers"))["buyers"] == (3, 3, 3, 4, "187")

    await put(churn, "much", "{total: {at_least: 100}}")
    assert (await by_segment(churn, value="much"))["parts_from"] == "awaited"
    await snapshot(churn)
    assert await figures(churn, "much") == {"much": (1, 1, 1, 2, "150")}
    assert (await churn.ask("DELETE", "/v1/segments/much", "journeys:write")).status_code == 204
    assert await figures(churn, "much") == {}, "what was removed is not told of"
    await snapshot(churn)
    assert (await churn.get("/v1/kpis", by="segment", value="much")).json()["code"] == "unknown_segment"


async def test_the_next_snapshot_has_refunds_merges_and_erasures(churn):
    await snapshot(churn)
    await churn.deliver(refund("b", 20), *merges("d", "c"))
    assert (await figures(churn, "buyers"))["buyers"] == (2, 1, 2, 3, "180")
    assert await churn.invariant_violations() == [], "what has changed since is no mistake of the snapshot"
    await churn.pass_time(days=1)
    await snapshot(churn)
    assert await figures(churn, "buyers", "often") == {"buyers": (1, 1, 1, 3, "160"), "often": (1, 1, 1, 3, "160")}
    await churn.deliver(erased("c"))
    await churn.pass_time(days=1)
    await snapshot(churn)
    async with transaction(churn.database.worker) as connection:
        assert await connection.fetchval("SELECT count(*) FROM segment_snapshot_sums") == 0
    assert (await by_segment(churn, value="buyers"))["parts"][0]["customers"] == 0


async def test_one_process_takes_a_snapshot_and_one_that_lost_its_claim_stores_nothing(churn, monkeypatch):
    await brought_over(churn)
    async with transaction(churn.database.worker) as connection:
        [standing] = await standings(connection)
        assert await claim_snapshot(connection, standing) is not None
        assert await claim_snapshot(connection, standing) is None
    await take_due(churn.context)
    assert (await by_segment(churn))["parts_from"] == "awaited"
    async with transaction(churn.database.worker) as connection:
        await connection.execute("UPDATE segment_snapshots SET claimed_until = now()")

    async def lost(*arguments):
        async with transaction(churn.database.worker) as connection:
            await connection.execute("UPDATE segment_snapshots SET claim = gen_random_uuid()")
        return await page(*arguments)

    page = take.page
    monkeypatch.setattr(take, "page", lost)
    await take_due(churn.context)
    assert (await by_segment(churn))["parts_from"] == "awaited"
    monkeypatch.undo()
    async with transaction(churn.database.worker) as connection:
        await connection.execute("UPDATE segment_snapshots SET claimed_until = now()")
    await take_due(churn.context)
    assert await figures(churn, "often") == {"often": (1, 1, 1, 2, "150")}
    async with transaction(churn.database.worker) as connection:
        assert await claim_snapshot(connection, standing) is None, "it has been taken since that process looked"


async def test_a_snapshot_during_which_segments_were_stored_is_taken_again(churn, monkeypatch):
    await brought_over(churn)

    async def stored(*arguments):
        await put(churn, "much", "{total: {at_least: 100}}")
        return await page(*arguments)

    page = take.page
    monkeypatch.setattr(take, "page", stored)
    await take_due(churn.context)
    assert (await by_segment(churn))["parts_from"] == "awaited"
    monkeypatch.undo()
    await snapshot(churn)
    assert await figures(churn, "much") == {"much": (1, 1, 1, 2, "150")}


async def test_a_child_process_that_fails_leaves_the_snapshot_before_and_is_tried_again_later(churn, monkeypatch):
    await snapshot(churn)
    await churn.pass_time(days=1)
    monkeypatch.setattr(take, "MODULE", "churn.nothing")
    await take_due(churn.context)
    assert await figures(churn, "often") == {"often": (1, 1, 1, 2, "150")}
    async with transaction(churn.database.worker) as connection:
        assert await standings(connection) == []


async def test_another_shop_is_in_no_figure(churn):
    await churn.deliver(shop_updated(shop="other"), paid("x", 9, shop="other", customer="d"))
    await snapshot(churn)
    assert (await figures(churn, "buyers"))["buyers"] == (2, 2, 2, 3, "180")
    async with transaction(churn.database.worker) as connection:
        assert await connection.fetchval("SELECT sum(customers) FROM segment_snapshot_parts WHERE shop = 'other'") > 0


async def test_a_snapshot_that_is_not_what_its_members_count_for_is_found(churn):
    await snapshot(churn)
    async with transaction(churn.database.worker) as connection:
        changed = "UPDATE segment_snapshot_sums SET orders = orders + 1 WHERE segment = 'often' AND kind = 'ever'"
        await connection.execute(changed)
    assert [each.invariant for each in await churn.invariant_violations()] == [A_SNAPSHOT_IS_ITS_MEMBERS]
    async with transaction(churn.database.worker) as connection:
        await connection.execute(changed.replace("+ 1", "- 1"))
