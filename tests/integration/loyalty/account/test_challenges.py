"""Challenges become points and badges, once, and are taken back with what counted for them."""

from datetime import timedelta
from random import Random

import pytest

from builders.erasures import erased
from builders.merges import merged
from builders.orders import cancelled, historic, paid, refund
from builders.rewarded_acts import review
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty, kinds

PROGRAMME = """
version: 2
currency: IRR
earn: {points: 1, per: 10000000}
hold: {days: 1}
expiry: {days: 30, warn_days: 1}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}]}
badges:
  - {name: friend, title: {en: Friend, fa: دوست}}
challenges:
  - name: three
    title: {en: Three orders, fa: سه خرید}
    goal: {orders: 3}
    within: {each: jalali_month}
    points: 100
    badge: friend
  - {name: critic, title: {en: Critic}, goal: {acts: 2, of: review.submitted}, points: 40, hold_days: 0}
"""


@pytest.fixture
async def club(loyalty: Loyalty) -> Loyalty:
    answer = await loyalty.put_programme(PROGRAMME)
    assert answer.status_code == 201, answer.text
    await loyalty.news()
    loyalty.clock.advance(timedelta(hours=4))
    return loyalty


def told(events) -> list[tuple[str, object]]:
    named = [event for event in events if event.type.startswith(("challenge", "badge"))]
    return [
        (event.type, event.data.challenge.name if event.type.startswith("challenge") else event.data.badge)
        for event in named
    ]


async def challenge(club: Loyalty, name: str = "three", customer: str = "c") -> dict:
    body = (await club.get(f"/v1/customers/{customer}/challenges")).json()
    return next(each for each in body["challenges"] if each["name"] == name)


async def test_the_third_order_gives_points_and_a_badge_and_tells_of_them(club):
    first = await club.deliver(paid("a", hours=0.1), paid("b", hours=0.2))
    before = await challenge(club)
    posted = await club.deliver(paid("c", hours=0.3))
    after = await challenge(club)

    assert told(first) == []
    assert kinds(posted) == [("earn", 1), ("earn", 100)]
    assert told(posted) == [("challenge.completed", "three"), ("badge.granted", "friend")]
    completed = next(event for event in posted if event.type == "challenge.completed")
    assert (completed.data.titles, completed.data.points, completed.data.badge, completed.backfill) == (
        {"en": "Three orders", "fa": "سه خرید"}, 100, "friend", False,
    )  # fmt: skip
    assert [before[name] for name in ("state", "done", "target", "missing")] == ["open", "2", "3", "1"]
    assert [after[name] for name in ("state", "done", "missing", "times_completed")] == ["completed", "3", "0", 1]
    ledger = (await club.get("/v1/customers/c/ledger")).json()
    (entry,) = [each for each in ledger["entries"] if each["challenge"]]
    assert (entry["challenge"]["name"], entry["rules"], entry["programme_version"], entry["order_id"]) == (
        "three", ["three"], 1, None,
    )  # fmt: skip
    (lot,) = [each for each in ledger["lots"] if each["challenge"]]
    assert (lot["points"], lot["pending"], lot["rules"]) == (100, 100, {"three": 100})
    badges = (await club.get("/v1/customers/c/badges")).json()["badges"]
    assert [(badge["name"], badge["granted_at"] is not None) for badge in badges] == [("friend", True)]
    assert await club.invariant_violations() == []
    assert sorted(kinds(await club.pass_time(days=2))) == [("activate", 1)] * 3 + [("activate", 100)]


async def test_a_refund_takes_points_and_badge_back_and_another_order_gives_them_again(club):
    await club.deliver(*[paid(name, hours=0.1) for name in "abc"])
    taken = await club.deliver(refund("a", 10_000_000, hours=0.2))
    between = await challenge(club)
    again = await club.deliver(paid("d", hours=0.3))

    assert sorted(kinds(taken)) == [("reverse", -100), ("reverse", -1)]
    assert told(taken) == [("challenge.undone", "three"), ("badge.withdrawn", "friend")]
    assert (between["done"], between["times_completed"]) == ("2", 0)
    assert kinds(again) == [("earn", 1), ("earn", 100)]
    assert told(again) == [("challenge.completed", "three"), ("badge.granted", "friend")]
    assert (await club.balance())["pending"] == 103
    assert await club.invariant_violations() == []


async def test_what_a_completion_lost_is_given_back_to_it_once_there_never_was_one(club, make_database):
    heard = [paid("a", hours=0.1), paid("b", hours=0.1), paid("c", hours=0.3), refund("a", 10_000_000, hours=0.4)]
    await club.deliver(*heard)
    heard.append(refund("a", 10_000_000, refund_id="told-late", hours=0.2))
    back = await club.deliver(heard[-1])

    of_challenge = [entry for event in back for entry in event.data.entries if entry.challenge]
    assert [(entry.kind, entry.points) for entry in of_challenge] == [("earn", -100), ("reverse", 100)]
    assert await club.invariant_violations() == []
    async with rebuilt(make_database, club, heard, Random(0)) as again:
        await compare(club, again)


async def test_a_partial_refund_and_a_fourth_order_keep_what_was_reached(club):
    await club.deliver(*[paid(name, hours=0.1) for name in "abc"])
    news = await club.deliver(refund("a", 4_000_000, hours=0.2), paid("d", hours=0.3))
    more = await club.deliver(cancelled("a", version=9, hours=0.4))

    assert told(news) + told(more) == []


async def test_more_orders_than_a_challenge_asks_for_complete_it_once(club):
    await club.deliver(*[paid(name, hours=0.1) for name in "abcdefg"])

    assert ((await club.balance())["pending"], (await challenge(club))["times_completed"]) == (107, 1)


async def test_a_projection_and_a_club_page_say_what_an_order_would_complete(club):
    await club.deliver(paid("a", hours=0.1), paid("b", hours=0.2))
    purchase = (await club.get("/v1/customers/c/projection?if=purchase:10000000")).json()["purchase"]
    page = (await club.get("/v1/customers/c/club")).json()

    assert purchase["completes"] == [{"name": "three", "points": 100, "badge": "friend"}]
    assert (purchase["badges"], purchase["points"]) == (["friend"], 1)
    assert page["challenges"] == (await club.get("/v1/customers/c/challenges")).json()["challenges"]
    assert page["badges"] == [{"name": "friend", "titles": {"en": "Friend", "fa": "دوست"}, "granted_at": None}]


async def test_points_of_a_challenge_that_were_spent_are_owed_when_it_is_lost(club):
    await club.deliver(*[paid(name, hours=0.1) for name in "abc"])
    await club.pass_time(days=2)
    reserved = await club.ask(
        "POST", "/v1/customers/c/redemptions", "points:spend", json={"points": 100}, headers={"Idempotency-Key": "k"}
    )
    assert reserved.status_code == 201, reserved.text
    await club.deliver(*[refund(name, 10_000_000, name, hours=1 + number) for number, name in enumerate("abc")])

    balance = await club.balance()
    assert (balance["available"], balance["held"], balance["debt"]) == (0, 100, 100)
    assert await club.invariant_violations() == []


async def test_reviews_complete_a_challenge_whose_points_do_not_wait(club):
    news = await club.deliver(review("p", "r1", hours=0.1), review("p", "r2", hours=0.1), review("q", "r3", hours=0.2))

    assert kinds(news) == [("earn", 40), ("activate", 40)]
    assert told(news) == [("challenge.completed", "critic")]


async def test_history_is_told_as_history_when_it_is_complete(club):
    coming = await club.deliver(*[historic(name, hours=0.1) for name in "abc"])
    later = await club.pass_time(hours=1)

    assert (told(coming), kinds(coming)[-1]) == ([], ("earn", 100))
    assert told(later) == [("challenge.completed", "three"), ("badge.granted", "friend")]


async def test_two_ids_of_one_person_complete_a_challenge_together_and_are_told_once(club):
    await club.deliver(paid("a", hours=0.1), paid("b", hours=0.1), paid("x", hours=0.1, customer="g_1"))
    news = await club.deliver(merged("g_1"), merged("g_1", under="g_1"))
    assert told(news) == [("challenge.completed", "three"), ("badge.granted", "friend")]

    await club.deliver(*[paid(name, hours=0.2, customer="g_2") for name in ("k", "l", "m")])
    assert told(await club.deliver(merged("g_2"), merged("g_2", under="g_2"))) == []
    assert (await challenge(club))["times_completed"] == 1
    assert (await club.balance())["pending"] == 106


async def test_an_account_of_many_orders_goes_on_counting(club):
    for number in range(7):
        await club.deliver(paid(f"o{number}", hours=0.1 + number / 100))
    assert told(await club.deliver(refund("o0", 10_000_000, hours=0.5))) == []
    gone = [event for number in range(1, 5) for event in await club.deliver(
        refund(f"o{number}", 10_000_000, f"r{number}", hours=0.5 + number / 100)
    )]  # fmt: skip

    assert told(gone) == [("challenge.undone", "three"), ("badge.withdrawn", "friend")]
    assert await club.invariant_violations() == []


async def test_nothing_is_left_of_an_erased_customer(club):
    await club.deliver(*[paid(name, hours=0.1) for name in "abc"])
    await club.deliver(erased("c"))

    assert await club.database.worker.fetchval("SELECT count(*) FROM orders") is not None


async def test_a_rebuild_comes_to_the_same_and_says_nothing_again(club, make_database):
    heard = [
        *[paid(name, hours=0.1) for name in "abc"],
        refund("a", 10_000_000, hours=0.2),
        paid("d", hours=0.3),
        review("p", "r1", hours=0.1),
        review("q", "r2", hours=0.2),
        *[paid(name, hours=0.1, customer="e") for name in ("x", "y", "z")],
        refund("x", 10_000_000, hours=0.2, customer="e"),
    ]
    for event in heard:
        await club.deliver(event)
    for seed in range(3):
        async with rebuilt(make_database, club, heard, Random(seed)) as again:
            await compare(club, again)
            assert told(again.published) == []
