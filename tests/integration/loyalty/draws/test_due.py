"""What is due is held whatever stands in its way elsewhere, and once the ledger is complete."""

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from builders.events import SHOP
from builders.merges import merged
from builders.orders import paid
from builders.shops import shop_updated
from harness.loyalty_service import Loyalty
from loyalty.draws import due, hold
from loyalty.draws.due import hold_next
from loyalty.draws.rows import DrawRow, customers_entered, lock_draws
from mandegar.database import is_transient, transaction
from mandegar.events import CustomerKey

HEAD = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}]}
draws:
"""
SPAN = "from: 2026-11-22T00:00:00Z, until: 2026-11-24T00:00:00Z"
FIRST = f"  - {{name: first, {SPAN}, winners: 1, points: 5, seed: figs of Estahban}}\n"
SECOND = FIRST.replace("first", "second").replace("-22T", "-24T").replace("until: 2026-11-24", "until: 2026-11-26")


async def held(loyalty: Loyalty, shop: str = SHOP) -> list[str]:
    return [one["draw"] for one in (await loyalty.get("/v1/draws", shop=shop)).json()["held"]]


async def looked_at(loyalty: Loyalty) -> Any:
    """How long after now the draws of the shop are looked at."""
    at = await loyalty.database.worker.fetchval("SELECT next_at FROM draw_dues WHERE shop = $1", SHOP)
    return at - loyalty.clock.now()


async def test_a_draw_that_cannot_be_held_keeps_back_no_other_and_says_why(loyalty, monkeypatch):
    assert (await loyalty.put_programme(HEAD + FIRST + SECOND)).status_code == 201
    await loyalty.deliver(*[paid(f"o-{each}", 1_000_000, customer=each, hours=4) for each in "ab"])
    await loyalty.deliver(paid("o-c", 1_000_000, customer="c", days=3))
    await loyalty.pass_time(days=9)
    with monkeypatch.context() as fewer:
        fewer.setattr(hold, "ENTRANTS_MAX", 1)
        assert await hold_next(loyalty.context, loyalty.clock.now())
    told = (await loyalty.get("/v1/draws")).json()

    assert [one["draw"] for one in told["held"]] == ["second"]
    assert told["not_held"] == [
        {
            "draw": "first", "ends_at": "2026-11-24T00:00:00Z", "due_at": "2026-11-24T00:00:00Z",
            "reason": "too_many_entrants",
        }
    ]  # fmt: skip
    assert await looked_at(loyalty) == due.POSTPONED
    assert not await hold_next(loyalty.context, loyalty.clock.now())
    loyalty.clock.advance(due.POSTPONED)
    assert await hold_next(loyalty.context, loyalty.clock.now())
    assert await held(loyalty) == ["first", "second"]
    assert await loyalty.invariant_violations() == []


@pytest.mark.parametrize(
    ("error", "again"), [(TimeoutError(), due.FAILED), (OverflowError("date value out of range"), due.POSTPONED)]
)
@pytest.mark.parametrize("place", ["hold", "timed_draws"])
async def test_a_shop_whose_draws_fail_in_any_way_ends_no_process_and_keeps_back_no_other_shop(
    loyalty, monkeypatch, error, again, place
):
    await loyalty.deliver(shop_updated(shop="z-shop", currency="IRR"))
    for shop in (SHOP, "z-shop"):
        assert (await loyalty.put_programme(HEAD + FIRST, shop=shop)).status_code == 201
    await loyalty.pass_time(days=9)

    def fails(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(due, place, fails)
        try:
            assert await hold_next(loyalty.context, loyalty.clock.now())
        except TimeoutError:
            assert place == "timed_draws"
            again = due.TAKEN
    assert await looked_at(loyalty) == again
    assert await hold_next(loyalty.context, loyalty.clock.now())
    assert (await held(loyalty), await held(loyalty, "z-shop")) == ([], ["first"])
    assert not await hold_next(loyalty.context, loyalty.clock.now())


async def test_a_draw_waits_until_the_ledger_has_all_that_was_recorded_before_its_end(loyalty):
    await loyalty.put_programme(HEAD + FIRST)
    await loyalty.pass_time(days=9)

    for behind in (None, loyalty.clock.now() - timedelta(days=8)):
        assert await hold_next(loyalty.context, behind)
        assert (await held(loyalty), await looked_at(loyalty)) == ([], due.BEHIND)
        assert [one["reason"] for one in (await loyalty.get("/v1/draws")).json()["not_held"]] == ["waits"]
        loyalty.clock.advance(due.BEHIND)
    assert await hold_next(loyalty.context, loyalty.clock.now() - timedelta(days=1))
    assert await held(loyalty) == ["first"]


async def test_a_programme_is_stored_while_a_draw_is_held_and_is_looked_at_afterwards(loyalty):
    await loyalty.put_programme(HEAD + FIRST)
    await loyalty.pass_time(days=9)
    async with transaction(loyalty.database.worker) as connection:
        await lock_draws(connection, SHOP)
        holding = asyncio.create_task(hold_next(loyalty.context, loyalty.clock.now()))
        await asyncio.sleep(0.3)
        began = monotonic()
        stored = await loyalty.put_programme(HEAD + SECOND.replace("2026-11", "2027-11"))
        assert (stored.status_code, monotonic() - began < 2) == (201, True)
    assert await holding
    assert await held(loyalty) == ["first"]
    assert await hold_next(loyalty.context, loyalty.clock.now())
    assert await looked_at(loyalty) > timedelta(days=300)


async def test_a_name_that_was_drawn_is_not_announced_again_and_not_taken_for_another_draw(loyalty):
    await loyalty.put_programme(HEAD + FIRST)
    await loyalty.pass_time(days=9)
    await hold_next(loyalty.context, loyalty.clock.now())
    next_year = FIRST.replace("2026", "2027")
    refused = await loyalty.put_programme(HEAD + next_year)
    hashed = next_year.replace("seed: figs of Estahban", f"seed_hash: {'a' * 64}")

    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"line": 7, "message": "draws.0.name: first was drawn on 2026-11-24; take another name"}
    ]
    assert (await loyalty.put_programme(HEAD + hashed)).status_code == 422
    assert (await loyalty.put_programme(HEAD + next_year.replace("first", "third"))).status_code == 201
    assert [one["draw"] for one in (await loyalty.get("/v1/draws")).json()["coming"]] == ["third"]


async def test_a_name_that_was_stored_twice_before_it_was_drawn_says_that_it_is_used(loyalty):
    await loyalty.put_programme(HEAD + FIRST)
    await loyalty.pass_time(days=9)
    assert (await loyalty.put_programme(HEAD + FIRST.replace("2026", "2027"))).status_code == 201
    await hold_next(loyalty.context, loyalty.clock.now())
    told = (await loyalty.get("/v1/draws")).json()

    assert [one["draw"] for one in told["held"]] == ["first"]
    assert told["coming"] == []
    assert [(one["ends_at"], one["reason"]) for one in told["not_held"]] == [("2027-11-24T00:00:00Z", "name_used")]


async def test_a_winner_who_was_merged_since_entrants_were_read_makes_the_draw_run_again(loyalty):
    await loyalty.deliver(paid("o-1", 1_000_000, customer="g_1"), merged("g_1", "a"))
    now = loyalty.clock.now()
    row = DrawRow(SHOP, "first", 1, "", "", now, now, now, ["e"], ["e"])
    with pytest.raises(Exception, match="merged or erased meanwhile") as caught:
        async with transaction(loyalty.database.worker) as connection:
            await hold.give(connection, row, {"e": CustomerKey(SHOP, "g_1")}, None, 12)

    assert is_transient(caught.value)


async def test_entrants_are_read_as_the_planner_chooses_and_what_follows_is_read_by_key(loyalty):
    now = loyalty.clock.now()
    async with transaction(loyalty.database.worker) as connection:
        before = await connection.fetch("SELECT name, setting FROM pg_settings WHERE name LIKE 'enable%'")
        assert await customers_entered(connection, SHOP, now, now, 5) == []
        after = await connection.fetch("SELECT name, setting FROM pg_settings WHERE name LIKE 'enable%'")

    assert before == after
    assert ("enable_hashjoin", "off") in [tuple(row) for row in after]
