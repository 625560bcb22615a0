"""A draw is held once, its winners follow from the seed, and their points are facts of their accounts."""

import asyncio
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from builders.bands import crossed
from builders.merges import merged
from builders.orders import paid, refund
from harness.in_process import in_process
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty
from loyalty.domain.draws import faults_in, hash_of
from loyalty.domain.timed_draws import seed_of
from loyalty.draws.due import hold_next
from loyalty.main import SERVICE

SEED = "thirty lines of Hafez"
PROGRAMME = f"""
version: 2
currency: IRR
earn: {{points: 1, per: 100000}}
tiers: {{window_days: 365, levels: [{{name: bronze, spend: 0}}]}}
draws:
  - name: autumn
    from: 2026-11-22T00:00:00+03:30
    until: 2026-11-24T00:00:00+03:30
    winners: 2
    points: 500
    expiry_days: 30
    seed_hash: {hash_of(SEED)}
"""


@pytest.fixture
async def club(loyalty: Loyalty) -> Loyalty:
    answer = await loyalty.put_programme(PROGRAMME)
    assert answer.status_code == 201, answer.text
    await loyalty.news()
    loyalty.clock.advance(timedelta(hours=4))
    return loyalty


async def hold(loyalty: Loyalty, seed: str = SEED, draw: str = "autumn") -> Any:
    return await loyalty.ask("POST", "/v1/draws", "programme:write", json={"draw": draw, "seed": seed})


async def bought(loyalty: Loyalty, customers: str) -> list[Any]:
    heard = [paid(f"o-{each}", 1_000_000, customer=each, hours=1) for each in customers]
    await loyalty.deliver(*heard)
    return heard


async def test_winners_follow_from_the_seed_and_are_given_points_by_the_rule(club):
    await bought(club, "abcde")
    await club.deliver(refund("o-e", 1_000_000, customer="e", hours=2))
    await club.deliver(paid("later", 1_000_000, customer="f", days=1.8, hours=1))
    await club.pass_time(days=3)
    answer = await hold(club)

    assert answer.status_code == 201, answer.text
    draw = answer.json()
    assert faults_in(draw) == []
    assert (len(draw["entrants"]), len(draw["winners"])) == (4, 2)
    entrants = {each: (await club.get("/v1/draws/autumn", customer=each)).json()["entrant"] for each in "abcdf"}
    balances = {each: (await club.balance(each))["available"] for each in "abcdf"}
    assert {each for each, entrant in entrants.items() if entrant in draw["winners"]} == {
        each for each, points in balances.items() if points == 510
    }
    assert entrants["f"] not in draw["entrants"]
    winner = next(each for each, points in balances.items() if points == 510)
    ledger = (await club.get(f"/v1/customers/{winner}/ledger")).json()
    assert [entry["rules"] for entry in ledger["entries"] if entry["points"] == 500 and entry["kind"] == "earn"] == [
        ["autumn"]
    ]
    assert await club.invariant_violations() == []


async def test_a_draw_is_held_once_however_often_it_is_asked_for(club):
    await bought(club, "abc")
    await club.pass_time(days=3)
    answers = await asyncio.gather(*[hold(club) for _ in range(4)])

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({str(answer.json()["winners"]) for answer in answers}) == 1
    assert sum([(await club.balance(each))["available"] for each in "abc"]) == 1030


@pytest.mark.parametrize(
    ("days", "seed", "draw", "status", "code"),
    [
        (1, SEED, "autumn", 409, "draw_not_over"),
        (3, "another", "autumn", 409, "wrong_seed"),
        (3, SEED, "spring", 404, "unknown_draw"),
    ],
)
async def test_a_draw_that_cannot_be_held_says_why(club, days, seed, draw, status, code):
    await bought(club, "a")
    await club.pass_time(days=days)
    answer = await hold(club, seed, draw)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await club.balance("a"))["available"] == 10


async def test_a_draw_nobody_entered_has_no_winner(club):
    await club.pass_time(days=3)
    draw = (await hold(club)).json()

    assert (draw["entrants"], draw["winners"]) == ([], [])


async def test_one_person_with_two_ids_wins_once(club):
    heard = await bought(club, "a")
    heard += [paid("o-g", 1_000_000, customer="g_1", hours=1)]
    await club.deliver(heard[-1])
    await club.pass_time(days=3)
    await hold(club)
    await club.deliver(merged("g_1", "a"))

    assert (await club.balance("a"))["available"] == 520
    assert await club.invariant_violations() == []


@pytest.mark.parametrize("seed", range(2))
async def test_a_rebuild_has_the_draw_and_its_winners(club, make_database, seed):
    heard = await bought(club, "abcd")
    heard.append(crossed(hours=1, customer="a", name="x"))
    await club.deliver(heard[-1])
    await club.pass_time(days=3)
    draw = (await hold(club)).json()
    await club.pass_time(days=1)

    async with rebuilt(make_database, club, heard, Random(seed)) as again:
        await compare(club, again)
        assert (await again.get("/v1/draws/autumn")).json() == draw


WEEKLY = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}]}
budgets: [{name: prizes, points: 800, per: year, of: [lucky]}]
draws: [{name: lucky, each: week, winners: 1, points: 500, seed: pomegranates of Saveh}]
"""


async def test_a_draw_of_each_week_is_held_by_itself_once_by_all_processes_within_its_budget(club, make_database):
    assert (await club.put_programme(WEEKLY)).status_code == 201
    heard = await bought(club, "ab")
    assert await hold_next(club.context, club.clock.now())
    assert not await hold_next(club.context, club.clock.now())
    await club.deliver(*(late := [paid(f"w-{each}", 1_000_000, customer=each, days=3) for each in "ab"]))
    ending = WEEKLY.replace("draws:", "challenges: []  # ").replace(", of: [lucky]", ", of: [story]")
    ending += "acts: [{name: story, on: act.done, act: story-shared, points: 1}]\n"
    asked = await club.ask("POST", "/v1/draws", "programme:write", json={"draw": "lucky", "seed": "pomegranates"})
    await club.deliver(*(next_week := [paid(f"v-{each}", 1_000_000, customer=each, days=9) for each in "ab"]))
    stored = await club.put_programme(ending, effective_from="2026-12-06T20:30:00Z")
    await club.news()
    await club.pass_time(days=20)
    async with in_process(SERVICE, club.database, club.clock.now()) as parts:
        contexts = (club.context, Loyalty(*parts).context)
        turns = await asyncio.gather(*(hold_next(contexts[number % 2], club.clock.now()) for number in range(8)))
        while await hold_next(club.context, club.clock.now()):
            pass
    news = await club.news()
    balances = sorted([(await club.balance(each))["available"] for each in "ab"])
    held = [event.data for event in news if event.type == "draw.held"]
    won = [event.data for event in news if event.type == "draw.won"]

    assert stored.status_code == 201, stored.text
    assert (asked.status_code, asked.json()["code"]) == (409, "holds_itself")
    assert any(turns)
    assert [draw.draw for draw in held] == ["lucky:2026-11-23", "lucky:2026-11-30"]
    assert all(draw.counts_at == one.end - timedelta(microseconds=1) for draw, one in zip(won, held, strict=True))
    assert sum(balances) == 60 + 800
    answer = (await club.get("/v1/draws/lucky:2026-11-23")).json()
    assert faults_in(answer) == []
    assert answer["seed"] == seed_of("pomegranates of Saveh", "lucky:2026-11-23")
    assert await club.database.worker.fetchval("SELECT count(*) FROM draw_dues") == 0
    assert await club.invariant_violations() == []

    await club.pass_time(days=1)
    async with rebuilt(make_database, club, [*heard, *late, *next_week], Random(1)) as again:
        await compare(club, again)
        while await hold_next(again.context, club.clock.now()):
            pass
        assert not [event for event in await again.news() if event.type.startswith("draw.")]


async def test_draws_to_come_are_told_with_the_hash_of_their_seed(club):
    await club.put_programme(WEEKLY.replace("each: week", "each: week, wait_hours: 2"))
    await club.pass_time(days=1)
    told = (await club.get("/v1/draws")).json()
    await club.pass_time(days=8)
    while await hold_next(club.context, club.clock.now()):
        pass
    later = (await club.get("/v1/draws")).json()

    seed = seed_of("pomegranates of Saveh", "lucky:2026-11-23")
    assert told == {
        "coming": [
            {
                "draw": "lucky:2026-11-23", "winners": 1, "points": 500, "begins_at": "2026-11-22T20:30:00Z",
                "ends_at": "2026-11-29T20:30:00Z", "held_at": "2026-11-29T22:30:00Z", "seed_hash": hash_of(seed),
            }
        ],
        "not_held": [],
        "held": [],
    }  # fmt: skip
    assert [one["draw"] for one in later["coming"]] == ["lucky:2026-11-30"]
    assert [one["draw"] for one in later["held"]] == ["lucky:2026-11-23"]
