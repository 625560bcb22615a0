"""Guards of a programme that is put, and a programme that runs in the shadow of the live one."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from builders.orders import paid
from builders.shops import shop_updated
from harness.in_process import SHOP
from harness.loyalty_service import Loyalty, loyalty_service
from harness.producing import produce
from loyalty.publishing.shadow import refresh_next
from loyalty.replays.run import run_next
from mandegar.events import Event

PLAIN = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
spend: {value: 1000}
"""
GUARDED = PLAIN + "guards: {cost_share: 2, liability: 1000000}\n"
RICH = GUARDED.replace("points: 1,", "points: 3,")
EARLY = "2026-01-01T00:00:00Z"


@pytest.fixture
async def live(make_database, kafka, topic_prefix) -> AsyncIterator[Callable[..., Any]]:
    """Loyalty under the plain programme, that has applied events which are on the topic as well."""
    async with loyalty_service(
        await make_database("loyalty"), kafka_bootstrap=kafka, topic_prefix=topic_prefix, answer_seconds=30
    ) as loyalty:

        async def begin(*events: Event) -> Loyalty:
            assert (await loyalty.put_programme(PLAIN, effective_from=EARLY)).status_code == 201
            await tell(loyalty, *events, first=True)
            return loyalty

        yield begin


async def tell(loyalty: Loyalty, *events: Event, first: bool = False) -> None:
    """Apply events, and put them on the topic."""
    settings = loyalty.context.settings
    if events:
        await loyalty.deliver(*events)
    head = [shop_updated()] if first else []
    await produce(settings.kafka_bootstrap, f"{settings.topic_prefix}ingest.events", events, lambda _: head)


async def refused(loyalty: Loyalty, document: str, code: str) -> dict[str, Any]:
    answer = await loyalty.put_programme(document)
    assert (answer.status_code, answer.json()["code"]) == (409, code), answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_programme_is_stored_once_its_guards_are_known_to_hold(live):
    loyalty = await live(paid("o1", customer="a", days=-100), paid("o2", 4_000_000, customer="b", days=-30))
    pending = await refused(loyalty, GUARDED, "guards_pending")
    again = await refused(loyalty, GUARDED, "guards_pending")
    assert pending["replay_id"] == again["replay_id"]

    assert await run_next(loyalty.context)
    stored = await loyalty.put_programme(GUARDED)
    assert (stored.status_code, stored.json()["version"]) == (201, 2)
    assert (await loyalty.put_programme(GUARDED)).status_code == 200  # it is in force: nothing is looked at again
    assert not await run_next(loyalty.context)


async def test_a_broken_guard_is_told_with_its_figures_and_looked_at_again_an_hour_later(live):
    """Of the last 90 days one order counts: 120 points of it cost 3 % of the revenue."""
    loyalty = await live(paid("o1", customer="a", days=-100), paid("o2", 4_000_000, customer="b", days=-30))
    await refused(loyalty, RICH, "guards_pending")
    assert await run_next(loyalty.context)

    broken = await refused(loyalty, RICH, "guard_broken")
    assert broken["guards"] == [
        {"guard": "liability", "limit": "1000000", "found": "220000", "broken": False},
        {"guard": "cost_share", "limit": "0.02", "found": "0.03", "broken": True},
    ]
    assert "cost_share would be 0.03" in broken["title"]
    told = await loyalty.get(f"/v1/programme/replays/{broken['replay_id']}", scope="programme:write")
    assert told.json()["result"]["guards"] == broken["guards"]
    assert (await loyalty.get("/v1/programme", scope="programme:write")).json()["in_force"]["version"] == 1

    loyalty.clock.advance(timedelta(hours=2))
    await refused(loyalty, RICH, "guards_pending")
    assert await run_next(loyalty.context)
    await refused(loyalty, RICH, "guard_broken")


async def test_what_held_yesterday_is_looked_at_again(live):
    loyalty = await live(paid("o1", customer="a", days=-3))
    await refused(loyalty, GUARDED, "guards_pending")
    assert await run_next(loyalty.context)
    loyalty.clock.advance(timedelta(hours=25))

    await refused(loyalty, GUARDED, "guards_pending")


async def test_a_shop_without_customers_has_nothing_to_guard(loyalty):
    assert (await loyalty.put_programme(GUARDED)).status_code == 201


async def test_no_more_than_three_documents_are_looked_at(live):
    loyalty = await live(paid("o1", customer="a", days=-3))
    for number in range(3):
        await refused(loyalty, f"{GUARDED}# {number}\n", "guards_pending")
    await refused(loyalty, f"{GUARDED}# 3\n", "too_many_replays")
    assert (await loyalty.put_programme(f"{PLAIN}# without guards\n")).status_code == 201


async def shadow(loyalty: Loyalty, document: str, **query: str) -> Any:
    return await loyalty.ask("PUT", "/v1/programme/shadow", "programme:write", content=document.encode(), params=query)


async def told(loyalty: Loyalty) -> dict[str, Any]:
    answer = await loyalty.get("/v1/programme/shadow", scope="programme:write customers:read")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_shadow_counts_what_comes_from_now_on_and_is_promoted(live):
    loyalty = await live(paid("o1", customer="a", days=-3))
    triple = PLAIN.replace("points: 1,", "points: 3,")
    begun = await shadow(loyalty, triple, every_hours="6")
    assert (begun.status_code, begun.json()["result"]) == (201, None)
    assert (await shadow(loyalty, triple, every_hours="6")).status_code == 200

    assert await refresh_next(loyalty.context)
    assert await run_next(loyalty.context)
    assert (await told(loyalty))["result"]["difference"] == {}
    assert not await refresh_next(loyalty.context)

    await tell(loyalty, paid("o2", customer="a", days=0.1), paid("o3", customer="b", days=0.2))
    loyalty.clock.advance(timedelta(hours=6))
    assert await refresh_next(loyalty.context)
    assert (await told(loyalty))["is_computed_now"]
    assert await run_next(loyalty.context)
    so_far = await told(loyalty)
    assert so_far["result"]["difference"]["points"] == {"given": 400}
    assert [each["customer_id"] for each in so_far["result"]["winners"]] == ["a", "b"]
    assert (await loyalty.balance("a"))["lifetime"] == 200
    page = await loyalty.get(f"/v1/programme/replays/{so_far['replay_id']}/report", scope="programme:write")
    assert page.status_code == 200

    promote = "/v1/programme/shadow/promote"
    first = await loyalty.ask("POST", promote, "programme:write")
    second = await loyalty.ask("POST", promote, "programme:write")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["version"] == second.json()["version"] == 2
    assert first.json()["document"] == triple
    loyalty.clock.advance(timedelta(hours=2))
    await tell(loyalty, paid("o4", customer="b", days=0.3))
    assert (await loyalty.balance("b"))["lifetime"] == 400
    done = await told(loyalty)
    assert (done["promoted_version"], done["next_at"]) == (2, None)
    loyalty.clock.advance(timedelta(hours=48))
    assert not await refresh_next(loyalty.context)


async def test_a_shadow_whose_guards_break_is_not_promoted(live):
    loyalty = await live(paid("o1", customer="a", days=-3))
    assert (await shadow(loyalty, RICH)).status_code == 201
    path = "/v1/programme/shadow/promote"
    assert (await loyalty.ask("POST", path, "programme:write")).json()["code"] == "guards_pending"
    assert await run_next(loyalty.context)

    answer = await loyalty.ask("POST", path, "programme:write")
    assert (answer.status_code, answer.json()["code"]) == (409, "guard_broken")
    assert (await told(loyalty))["promoted_version"] is None


async def test_a_shadow_gives_way_to_another_one_and_ends(live):
    loyalty = await live(paid("o1", customer="a", days=-3))
    for document in (PLAIN, GUARDED):
        assert (await shadow(loyalty, document)).status_code == 201
        assert await refresh_next(loyalty.context)
        assert await run_next(loyalty.context)
        loyalty.clock.advance(timedelta(minutes=1))
    assert (await told(loyalty))["document"] == GUARDED
    kept = "SELECT count(*) FROM replays WHERE purpose = 'shadow'"
    assert await loyalty.database.worker.fetchval(kept) == 2

    for _ in range(2):
        assert (await loyalty.ask("DELETE", "/v1/programme/shadow", "programme:write")).status_code == 204
    for method, path in (("GET", ""), ("POST", "/promote")):
        answer = await loyalty.ask(method, f"/v1/programme/shadow{path}", "programme:write")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_shadow")


async def test_of_a_shadow_that_is_replaced_or_ends_nothing_is_computed_any_more(live):
    loyalty = await live(paid("o1", customer="a", days=-3))
    for document in (PLAIN, GUARDED):
        assert (await shadow(loyalty, document)).status_code == 201
        assert await refresh_next(loyalty.context)
    assert await run_next(loyalty.context)  # that of the second one
    assert (await told(loyalty))["result"]["guards"]
    assert (await loyalty.ask("DELETE", "/v1/programme/shadow", "programme:write")).status_code == 204

    assert not await run_next(loyalty.context)


async def test_a_shadow_that_is_still_computed_waits_and_others_see_nothing_of_it(live):
    loyalty = await live(paid("o1", customer="a", days=-3))
    assert (await shadow(loyalty, PLAIN, every_hours="1")).status_code == 201
    assert await refresh_next(loyalty.context)
    loyalty.clock.advance(timedelta(hours=1))
    assert await refresh_next(loyalty.context)  # postponed
    assert not await refresh_next(loyalty.context)
    opened = "SELECT count(*) FROM replays WHERE status = 'waiting' AND shop = $1"
    assert await loyalty.database.worker.fetchval(opened, SHOP) == 1
    answer = await loyalty.get("/v1/programme/shadow", scope="programme:write", shop="s2")
    assert answer.status_code == 404


@pytest.mark.parametrize("document", ["version: 1", "\0", PLAIN.replace("IRR", "EUR")])
async def test_a_document_with_errors_runs_in_no_shadow(loyalty, document):
    answer = await shadow(loyalty, document)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_programme")


@pytest.mark.parametrize("hours", ["0", "169", "x"])
async def test_a_shadow_is_computed_within_a_week(loyalty, hours):
    assert (await shadow(loyalty, PLAIN, every_hours=hours)).status_code == 422
