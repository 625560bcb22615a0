"""An occasion that gives a coupon: one for each time it came, whoever asks for it how often."""

import asyncio
from datetime import date, timedelta
from random import Random

import pytest

from builders.customers import profile
from builders.merges import merges
from builders.orders import paid
from builders.rewarded_acts import done
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty

PROGRAMME = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}]}
occasions:
  - name: birthday
    on: birthday
    coupon: {kind: percent_off, percent: 20, at_most: 500000, minimum_spend: 1000000, valid_days: 14, prefix: TAVALOD}
"""


@pytest.fixture
async def club(loyalty: Loyalty) -> Loyalty:
    answer = await loyalty.put_programme(PROGRAMME)
    assert answer.status_code == 201, answer.text
    await loyalty.news()
    loyalty.clock.advance(timedelta(hours=4))
    return loyalty


async def coupons(loyalty: Loyalty, customer: str = "c"):
    answer = await loyalty.ask("POST", f"/v1/customers/{customer}/occasions/coupons", "points:spend")
    assert answer.status_code == 200, answer.text
    return answer.json()["coupons"]


def born(customer: str = "c", version: int = 1, day: int = 25, **more):
    return profile(version, customer=customer, birthday=date(1990, 11, day), hours=1 + version / 10, **more)


@pytest.mark.parametrize("orders", [1, 7])  # an account with seven orders is remembered
async def test_a_birthday_gives_one_coupon_which_is_used_once(club, orders):
    await club.deliver(*[paid(f"o{number}", hours=1) for number in range(orders)], born())
    before = await coupons(club)
    await club.pass_time(days=3)
    [coupon] = await coupons(club)
    again = await coupons(club)
    issued = [event for event in club.published if event.type == "coupon.issued"]
    small = await club.ask("POST", f"/v1/coupons/{coupon['code']}/redeem", "points:spend", json={"total": "999999"})
    used = await club.ask(
        "POST", f"/v1/coupons/{coupon['code']}/redeem", "points:spend", json={"total": "1000000", "order_id": "x"}
    )
    occasions = (await club.get("/v1/customers/c/occasions")).json()["occasions"]

    assert before == []
    assert again == [coupon]
    assert coupon["code"].startswith("TAVALOD-")
    assert coupon["terms"] == {"percent": "20", "at_most": "500000", "minimum_spend": "1000000", "currency": "IRR"}
    assert (coupon["given_at"], coupon["expires_at"]) == ("2026-11-24T20:30:00Z", "2026-12-09T20:30:00Z")
    assert coupon["code"] not in str(issued)
    assert (small.json()["code"], used.status_code) == ("minimum_not_reached", 200)
    assert (await coupons(club))[0]["used_at"] is not None
    assert [(each["points"], each["coupon"]) for each in occasions] == [(0, "percent_off")]
    assert (await club.balance())["available"] == orders * 100
    assert await club.invariant_violations() == []


async def test_ten_who_ask_at_once_have_one_coupon(club):
    await club.deliver(paid("o", hours=1), born())
    await club.pass_time(days=3)
    answers = await asyncio.gather(*(coupons(club) for _ in range(10)))

    assert len({each["code"] for answer in answers for each in answer}) == 1
    assert await club.database.worker.fetchval("SELECT count(*) FROM coupons") == 1


async def test_a_coupon_is_there_until_its_last_day_and_the_next_year_has_another(club):
    await club.deliver(paid("o", hours=1), born())
    await club.pass_time(days=3)
    [first] = await coupons(club)
    await club.pass_time(days=15)
    late = await coupons(club)
    await club.pass_time(days=350)
    [second] = await coupons(club)

    assert late == []
    assert first["code"] != second["code"]


async def test_a_birthday_that_changed_twice_gives_none_until_somebody_has_looked(club):
    await club.deliver(paid("o", hours=1), born(), born(version=2, day=26), born(version=3, day=27))
    await club.pass_time(days=6)
    assert await coupons(club) == []
    await club.deliver(done("dates-confirmed", "looked", days=6))
    await club.pass_time(days=365)
    assert len(await coupons(club)) == 1


async def test_a_coupon_that_was_issued_stays_when_the_birthday_turns_out_to_be_another(club):
    await club.deliver(paid("o", hours=1), born())
    await club.pass_time(days=3)
    [coupon] = await coupons(club)
    await club.deliver(born(version=2, day=26), born(version=3, day=24))
    used = await club.ask("POST", f"/v1/coupons/{coupon['code']}/redeem", "points:spend", json={"total": "1000000"})

    assert used.status_code == 200
    assert await coupons(club) == [coupon | {"used_at": used.json()["used_at"]}]


@pytest.mark.parametrize("asked", [[], ["d"], ["c", "d"]])
async def test_of_two_ids_of_a_person_each_coupon_that_was_issued_stays_and_no_other_is_given(club, asked):
    for customer in ("c", "d"):
        await club.deliver(paid(f"o-{customer}", hours=1, customer=customer), born(customer))
    await club.pass_time(days=3)
    before = [each["code"] for customer in asked for each in await coupons(club, customer)]
    await club.deliver(*merges("d", "c"))
    after = [each["code"] for each in await coupons(club)]

    assert sorted(after) == sorted(before) if asked else len(after) == 1
    assert await coupons(club, "d") == await coupons(club)
    assert await club.invariant_violations() == []


async def test_a_rebuild_gives_the_same_coupons(club, make_database):
    heard = [paid("o", hours=1), born(), paid("p", hours=1, customer="d"), born("d")]
    await club.deliver(*heard)
    await club.pass_time(days=3)
    mine = await coupons(club)
    await club.news()
    async with rebuilt(make_database, club, heard, Random(7)) as again:
        await compare(club, again)
        assert await coupons(again) == mine
        assert len(await coupons(again, "d")) == 1


async def test_nobody_who_was_erased_and_no_other_shop_has_a_coupon(club):
    await club.deliver(paid("o", hours=1), born())
    await club.pass_time(days=3)
    assert (await club.ask("POST", "/v1/customers/nobody/occasions/coupons", "points:spend")).status_code == 404
    assert (await club.ask("POST", "/v1/customers/c/occasions/coupons", "customers:read")).status_code == 403
