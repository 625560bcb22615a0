"""One shop sends more commands than can be done: the tills of another go on."""

import asyncio
from itertools import count

from builders.opening import opened
from builders.shops import shop_updated
from loyalty.tills import issue
from mandegar.customers.waiting_room import WaitingRoom

_keys = count()


async def reserve(loyalty, shop: str) -> int:
    headers = {"Idempotency-Key": f"k{next(_keys)}"}
    body = {"points": 1}
    answer = await loyalty.ask(
        "POST", "/v1/customers/c/redemptions", "points:spend", json=body, headers=headers, shop=shop
    )
    return answer.status_code


async def test_the_commands_of_a_greedy_shop_wait_for_themselves(loyalty, monkeypatch):
    await loyalty.deliver(shop_updated(shop="t"))
    await loyalty.deliver(opened("lot", 1000), opened("lot", 1000, shop="t", name="t"))
    monkeypatch.setattr(loyalty.context.till, "_queue", WaitingRoom(30))
    greedy = [asyncio.create_task(reserve(loyalty, "s")) for _ in range(150)]
    await asyncio.sleep(0)
    modest = await asyncio.gather(*(reserve(loyalty, "t") for _ in range(5)))
    answers = await asyncio.gather(*greedy)

    assert modest == [201] * 5
    assert {*answers} == {201, 503}
    assert await loyalty.invariant_violations() == []


async def test_a_shop_gets_so_many_codes_a_minute_and_another_shop_its_own(loyalty, monkeypatch):
    monkeypatch.setattr(issue, "OF_A_SHOP", 3)
    await loyalty.deliver(shop_updated(shop="t"))
    await loyalty.deliver(opened("lot", 1000), opened("lot", 1000, shop="t", name="t"))

    async def code(shop: str):
        body = {"customer_id": "c", "points": 1}
        return await loyalty.ask("POST", "/v1/till/codes", "points:spend", json=body, shop=shop)

    answers = [await code("s") for _ in range(4)]
    others = await code("t")
    await loyalty.pass_time(seconds=61)
    later = await code("s")

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert (others.status_code, later.status_code) == (201, 201)
