"""From a shop's POST to a customer's balance, through four hops, while processes are killed."""

import asyncio
from datetime import UTC, datetime, timedelta

from harness.processes import client
from harness.waiting import eventually

PAID_AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def order(number: int, customer: str, total: str = "1000000") -> dict[str, object]:
    """A paid order as a shop without a platform sends it."""
    return {
        "id": f"paid-{number}",
        "type": "order.paid",
        "time": PAID_AT.isoformat(),
        "customer": {"id": customer},
        "data": {"order_id": f"o-{number}", "currency": "IRR", "total": total},
    }


async def balances(http, customers) -> dict[str, int | None]:
    answers = await asyncio.gather(*(http.get(f"/v1/customers/{customer}/balance") for customer in customers))
    return {
        customer: answer.json()["pending"] + answer.json()["available"] if answer.status_code == 200 else None
        for customer, answer in zip(customers, answers, strict=True)
    }


async def test_an_order_becomes_points_once_however_often_it_is_posted(start_service, make_door):
    ingest, loyalty = await start_service("ingest"), await start_service("loyalty")
    door = await make_door(ingest)

    first = await door.post(order(1, "c-1"))
    again = await door.post(order(1, "c-1"))
    assert [first[0]["status"], again[0]["status"]] == ["accepted", "duplicate"]

    async with client(loyalty) as http:
        await eventually(lambda: balances(http, ["c-1"]), lambda seen: seen == {"c-1": 10})


async def test_kill_9_of_either_service_loses_and_doubles_nothing(start_service, make_door):
    ingest, loyalty = await start_service("ingest"), await start_service("loyalty")
    door = await make_door(ingest)
    customers = [f"c-{number}" for number in range(20)]
    sent = 0

    async def post_two_hundred() -> None:
        nonlocal sent
        batch = [order(sent + i, customers[(sent + i) % 20]) for i in range(200)]
        results = await door.post(*batch)
        assert {result["status"] for result in results} <= {"accepted", "duplicate"}
        sent += 200

    for _ in range(3):
        await post_two_hundred()
        loyalty.kill()
        await post_two_hundred()
        loyalty.start()
        await asyncio.sleep(0.3)  # loyalty is in the middle of its start
        ingest.kill()
        ingest.start()
        await ingest.ready()
    await loyalty.ready()

    async with client(loyalty) as http:
        expected = dict.fromkeys(customers, sent // 20 * 10)
        await eventually(lambda: balances(http, customers), lambda seen: seen == expected, seconds=40)
    async with client(loyalty, shop="*") as http:
        stream = (await http.get("/v1/stream")).json()
    assert stream["groups"]["loyalty"]["applied"]["order.paid"] == sent
    assert stream["dead_letters"] == 0


async def test_sigterm_drains_and_exits_zero(start_service, make_door):
    ingest, loyalty = await start_service("ingest"), await start_service("loyalty")
    door = await make_door(ingest)
    await door.post(*(order(number, f"c-{number}") for number in range(100)))

    assert [await asyncio.to_thread(process.terminate) for process in (loyalty, ingest)] == [0, 0]
