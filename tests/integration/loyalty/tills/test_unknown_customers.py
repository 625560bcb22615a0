"""Tills cannot go through the numbers of a country, and no till keeps another one from its customers."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from builders.opening import opened
from builders.shops import shop_updated
from harness.in_process import SHOP
from harness.loyalty_service import loyalty_service
from loyalty.phones.find import EXPIRIES
from mandegar.database import transaction

pytestmark = pytest.mark.integration

CODES = ("/v1/till/codes", "points:spend", {"points": 1})
FIND = ("/v1/customers:find", "customers:read", {})


@pytest.fixture
async def tried(make_database):
    """Loyalty that knows customer c, with low limits, and a function that asks it with the token of a till."""

    @asynccontextmanager
    async def limited(of_token: int, of_shop: int = 1_000):
        limits = {"unknown_customers_of_token": of_token, "unknown_customers_of_shop": of_shop}
        async with loyalty_service(await make_database("loyalty"), **limits) as loyalty:
            await loyalty.deliver(opened("lot", 100), shop_updated(shop="roz"))

            async def ask(route, who, till=None, shop=SHOP):
                path, scope, more = route
                return await loyalty.ask("POST", path, scope, json={**more, **who}, shop=shop, token_id=till)

            yield loyalty, ask

    return limited


def batched(tries, size):
    return [tries[begin : begin + size] for begin in range(0, len(tries), size)]


def nobody(number):
    return {"phone": f"0912000{number:04}"}


async def test_numbers_and_ids_of_nobody_are_tried_up_to_a_limit(tried):
    async with tried(of_token=20) as (loyalty, ask):
        tries = [(CODES, nobody(number)) for number in range(10)]
        tries += [(CODES, {"customer_id": f"0935000{number:04}"}) for number in range(10)]
        tries += [(FIND, nobody(100 + number)) for number in range(25)]
        answers = []
        for some in batched([*tries[::3], *tries[1::3], *tries[2::3]], 9):  # each waits for those before it
            answers += await asyncio.gather(*(ask(*one) for one in some))
        known = await ask(CODES, {"customer_id": "c"})
        elsewhere = await ask(CODES, nobody(1), shop="roz")
        await loyalty.pass_time(seconds=61)

        assert sum(answer.status_code == 429 for answer in answers) == 25
        assert {answer.status_code for answer in answers} == {200, 404, 429}
        assert (known.status_code, known.json()["code"]) == (429, "too_many_unknown_customers")
        assert 0 < int(known.headers["retry-after"]) <= 60
        assert elsewhere.status_code == 404
        assert {(await ask(CODES, {"customer_id": "c"})).status_code for _ in range(9)} == {201}


async def test_one_till_that_tries_without_end_keeps_no_other_from_its_customers(tried):
    async with tried(of_token=5, of_shop=8) as (_, ask):
        with capture_logs() as logs:
            answers = await asyncio.gather(*(ask(CODES, nobody(number), "till 1") for number in range(30)))
        known = await ask(CODES, {"customer_id": "c"}, "till 2\0" + "x" * 3_000)
        same = await ask(CODES, {"customer_id": "c"}, "till 1")

    assert sorted(answer.status_code for answer in answers) == [404] * 5 + [429] * 25
    assert (known.status_code, same.status_code) == (201, 429)
    assert [(line["of"], line["token_id"]) for line in logs if line["event"] == "too_many_unknown_customers"] == [
        ("token", "till 1")
    ]


async def test_all_tills_of_a_shop_have_a_limit_that_is_logged_once(tried):
    async with tried(of_token=5, of_shop=8) as (loyalty, ask):
        with capture_logs() as logs:
            answers = [await ask(CODES, nobody(number), f"till {number // 4}") for number in range(12)]
            known = await ask(CODES, {"customer_id": "c"}, "till 9")
        await loyalty.pass_time(seconds=61)
        later = await ask(CODES, {"customer_id": "c"}, "till 9")
        [expiry] = EXPIRIES
        now, settings = loyalty.clock.now(), loyalty.context.settings
        async with transaction(loyalty.context.worker) as connection:
            counts = [await expiry.delete(connection, now + timedelta(hours=hours), settings) for hours in (0, 2, 2)]

    assert [answer.status_code for answer in answers] == [404] * 8 + [429] * 4
    assert (known.status_code, later.status_code) == (429, 201)
    warned = [(line["of"], line["shop"]) for line in logs if line["event"] == "too_many_unknown_customers"]
    assert warned == [("shop", SHOP)]
    assert counts == [0, 5, 0]


async def test_a_number_in_the_path_of_a_route_that_spends_counts_as_one_at_a_till(tried):
    async with tried(of_token=3) as (loyalty, _):

        async def reserve(customer, key):
            path, headers = f"/v1/customers/{customer}/redemptions", {"Idempotency-Key": key}
            return await loyalty.ask(
                "POST", path, "points:spend", json={"points": 1}, headers=headers, token_id="till 1"
            )

        by_id = [(await reserve(f"nobody-{number}", f"i{number}")).status_code for number in range(5)]
        tried_ones = [f"0912000{number:04}" for number in range(3)] + ["somebody@example.com", "+98 912 000 0009"]
        by_number = [(await reserve(one, one)).status_code for one in tried_ones]
        known = (await reserve("c", "k")).status_code

    assert (by_id, by_number, known) == ([404] * 5, [404] * 3 + [429] * 2, 201)
