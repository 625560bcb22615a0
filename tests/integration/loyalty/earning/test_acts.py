"""Acts become points by the rules of the shop, once, and cost nothing where no rule is about them."""

from datetime import date, timedelta
from random import Random

import pytest

from builders.customers import profile
from builders.erasures import erased
from builders.merges import merged
from builders.orders import paid
from builders.rewarded_acts import answer, done, login, review, sign_up
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty, kinds

PROGRAMME = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}]}
acts:
  - {name: welcome, on: customer.signed_up, points: 100}
  - {name: visit, on: customer.logged_in, points: 5}
  - {name: review, on: review.submitted, points: 50, limits: [{times: 2, per: jalali_month}]}
  - {name: survey, on: survey.responded, points: 30, hold_days: 3}
  - {name: story, on: act.done, act: story-shared, points: 20, cooldown_days: 2}
  - {name: profile, on: customer.updated, fields: [birthday, size], points: 40}
caps:
  - {name: monthly, points: 120, per: month, of: [review, story]}
"""


@pytest.fixture
async def club(loyalty: Loyalty) -> Loyalty:
    answer_ = await loyalty.put_programme(PROGRAMME)
    assert answer_.status_code == 201, answer_.text
    await loyalty.news()
    loyalty.clock.advance(timedelta(hours=4))
    return loyalty


async def lots(loyalty: Loyalty, customer: str = "c") -> dict[str, int]:
    body = (await loyalty.get(f"/v1/customers/{customer}/ledger")).json()
    return {f"{next(iter(lot['rules']))} {lot['act']['id']}": lot["points"] for lot in body["lots"] if lot["act"]}


async def rows(loyalty: Loyalty, table: str) -> int:
    count: int = await loyalty.database.worker.fetchval(f"SELECT count(*) FROM {table}")
    return count


async def test_acts_earn_by_the_rules_and_name_them(club):
    posted = await club.deliver(
        sign_up(hours=0.1),
        login("l1", hours=0.1),
        login("l2", hours=0.3),
        answer("nps", hours=0.2),
        done("story-shared", "s1", "post-1", hours=0.3),
        done("danced", "x", hours=0.3),
    )

    assert sorted(kinds(posted)) == sorted(
        [("earn", 100), ("activate", 100), ("earn", 5), ("activate", 5), ("earn", 30), ("earn", 20), ("activate", 20)]
    )
    (event,) = posted
    named = {(entry.act.type, *entry.rules) for entry in event.data.entries if entry.kind == "earn"}
    assert named == {
        ("customer.signed_up", "welcome"),
        ("customer.logged_in", "visit"),
        ("survey.responded", "survey"),
        ("act.done", "story"),
    }
    ledger = (await club.get("/v1/customers/c/ledger")).json()
    assert {
        (*entry["rules"], entry["order_id"], entry["programme_version"])
        for entry in ledger["entries"]
        if entry["kind"] == "earn"
    } == {(rule, None, 1) for _, rule in named}
    assert (await lots(club))["story story-shared/post-1"] == 20
    assert (await club.balance())["pending"] == 30
    assert kinds(await club.pass_time(days=4)) == [("activate", 30)]
    assert await club.invariant_violations() == []


async def test_an_act_that_comes_again_under_another_id_counts_once(club):
    await club.deliver(done("story-shared", "s1", "post-1", hours=0.1), review("p", "r1", hours=0.1))
    before = await club.balance()

    assert (
        kinds(await club.deliver(done("story-shared", "s2", "post-1", hours=0.2), review("p", "r2", hours=0.2))) == []
    )
    assert (await club.balance())["lifetime"] == before["lifetime"] == 70


async def test_an_earlier_act_that_arrives_late_takes_the_place_of_the_later_one(club):
    await club.deliver(*(review(product, hours=hours) for product, hours in (("b", 2), ("c", 3))))
    events = await club.deliver(review("a", hours=1))

    assert await lots(club) == {"review a": 50, "review b": 50}
    assert sorted(kinds(events)) == [("activate", -50), ("activate", 50), ("earn", -50), ("earn", 50)]
    assert await club.invariant_violations() == []


async def test_acts_of_shops_without_a_rule_leave_nothing_behind(loyalty):
    before = {table: await rows(loyalty, table) for table in ("customers", "inbox", "orders")}
    await loyalty.deliver(sign_up(), login("l"), review("p"), answer("s"), done("danced", "d"))

    assert {table: await rows(loyalty, table) for table in before} == before


async def test_profiles_of_shops_without_a_rule_about_them_are_no_acts(loyalty):
    await loyalty.deliver(profile(1, birthday=date(1990, 3, 21), attributes={"size": "m"}))

    assert await rows(loyalty, "orders") == 0


async def test_acts_from_before_the_version_was_stored_leave_nothing_behind(club):
    assert await club.deliver(login("l", hours=-1)) == []
    assert await rows(club, "customers") == 0


async def test_a_profile_is_paid_once_it_is_complete(club):
    await club.deliver(profile(1, birthday=date(1990, 3, 21), hours=0.1))
    assert (await club.balance())["lifetime"] == 0
    await club.deliver(profile(2, birthday=date(1990, 3, 21), attributes={"size": "m"}, hours=0.2))
    await club.deliver(profile(3, birthday=date(1991, 3, 21), attributes={"size": "l"}, hours=0.3))

    assert (await club.balance())["lifetime"] == 40
    held = (await club.get("/v1/customers/c/export", scope="customers:export")).json()["rows"]
    assert {row["act"]["id"] for row in held["orders"]} == {"birthday", "size"}


async def test_two_ids_of_one_person_are_paid_as_one(club):
    await club.deliver(login("a", customer="g_1", hours=0.2), sign_up("u1", customer="g_1", hours=0.2))
    await club.deliver(login("b", hours=0.1), sign_up("u2", hours=0.3), review("p", hours=0.3))
    await club.deliver(merged("g_1", "c"))

    assert (await club.balance())["lifetime"] == 155
    assert await club.invariant_violations() == []


async def test_many_visits_do_not_make_the_newest_one_dearer(club):
    for day in range(8):
        await club.deliver(login(f"l{day}", days=day, hours=0.1))
        await club.pass_time(days=1)
    await club.deliver(paid("o", days=8), login("l9", days=8, hours=0.2))

    remembered = await club.database.worker.fetchval("SELECT remembered FROM customers")
    assert remembered is not None
    assert (await club.balance())["lifetime"] == 45 + 100
    assert await club.invariant_violations() == []


async def test_a_reader_can_ask_why_an_act_earned_what_it_earned(club):
    await club.deliver(
        *(review(product, hours=0.1 * place) for place, product in enumerate("abc", 1)),
        *(done("story-shared", f"s{place}", hours=1 + place) for place in range(2)),
        done("danced", "d", hours=3),
    )

    first = (await club.get("/v1/customers/c/acts", limit=4)).json()
    rest = (await club.get("/v1/customers/c/acts", limit=4, before=first["next_before"])).json()
    told = [
        (act["act"]["type"], act["rule"], act["points_wanted"], act["points"], act["reason"], act["lot_id"] is None)
        for act in first["acts"] + rest["acts"]
    ]
    assert told == [
        ("act.done", None, 0, 0, "no_rule", True),
        ("act.done", "story", 20, 0, "cooldown", True),
        ("act.done", "story", 20, 20, None, False),
        ("review.submitted", "review", 50, 0, "limit_reached", True),
        ("review.submitted", "review", 50, 50, None, False),
        ("review.submitted", "review", 50, 50, None, False),
    ]
    assert rest["next_before"] is None


async def test_acts_of_a_remembered_account_are_paged_from_their_rows(club):
    events = [login(f"l{day}", days=day, hours=0.1) for day in range(7)]
    for event in events:
        await club.deliver(event)
        await club.pass_time(days=1)
    assert await club.database.worker.fetchval("SELECT remembered FROM customers") is not None

    days, before = [], None
    while True:
        page = (await club.get("/v1/customers/c/acts", limit=3, **({"before": before} if before else {}))).json()
        days += [int(act["act"]["id"]) for act in page["acts"]]
        if (before := page["next_before"]) is None:
            break
    assert days == sorted(days, reverse=True)
    assert len(days) == len(set(days)) == 7


@pytest.mark.parametrize("seed", range(3))
async def test_a_rebuild_pays_what_was_paid_and_keeps_what_was_kept(club, make_database, seed):
    random, heard = Random(seed), []
    heard += [sign_up(hours=-1, name="too-soon"), login("before", hours=-3)]
    heard += [review(product, hours=random.uniform(0, 4)) for product in "abcd"]
    heard += [login(f"l{place}", hours=random.uniform(0, 4)) for place in range(25)]
    heard += [done("story-shared", f"s{place}", hours=random.uniform(0, 4)) for place in range(5)]
    heard += [profile(1, birthday=date(1990, 3, 21), hours=1), profile(2, attributes={"size": "m"}, hours=2)]
    random.shuffle(heard)
    for event in heard:
        await club.deliver(event)
    await club.pass_time(days=5)
    assert (await club.balance())["lifetime"] == 5 + 120 + 40

    async with rebuilt(make_database, club, heard, random) as again:
        await compare(club, again)


async def test_an_erased_customer_leaves_no_act(club):
    await club.deliver(login("l", hours=0.1), profile(1, birthday=date(1990, 3, 21), hours=0.1))
    await club.deliver(erased("c"))

    assert await rows(club, "orders") == 0
    assert await club.invariant_violations() == []
