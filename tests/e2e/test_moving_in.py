"""A club moves in through the door, over the topics, while processes are killed: no point counts twice."""

import asyncio
from datetime import UTC, datetime, timedelta

from e2e.conftest import SHOP_SETTINGS
from harness.processes import SHOP, client
from harness.waiting import eventually

AS_OF = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
CUSTOMERS = [f"c-{number}" for number in range(30)]


def brought(number: int, customer: str) -> list[dict[str, object]]:
    """What the file of the old club has of a customer, and the orders behind it."""
    told = {"customer": {"id": customer}, "time": AS_OF.isoformat()}
    lot = {"lot_id": f"lot-{number}", "points": 100 + number, "expires_at": (AS_OF + timedelta(days=90)).isoformat()}
    tier = {"tier": "gold", "until": (AS_OF + timedelta(days=30)).isoformat()}
    orders = [
        {"id": f"paid-{number}-{old}", "type": "order.paid", "customer": {"id": customer},
         "time": (AS_OF - timedelta(days=20 + old)).isoformat(),
         "data": {"order_id": f"o-{number}-{old}", "currency": "IRR", "total": "5000000"}}
        for old in range(3)
    ]  # fmt: skip
    return [
        {"id": f"lot-{number}", "type": "points.opened", "data": lot, **told},
        {"id": f"tier-{number}", "type": "tier.granted", "data": tier, **told},
        *orders,
    ]


async def stand(http) -> dict[str, tuple[object, ...] | None]:
    answers = await asyncio.gather(*(http.get(f"/v1/customers/{customer}/balance") for customer in CUSTOMERS))
    return {
        customer: tuple(answer.json()[name] for name in ("available", "pending", "lifetime", "tier"))
        if answer.status_code == 200
        else None
        for customer, answer in zip(CUSTOMERS, answers, strict=True)
    }


async def test_a_club_moves_in_while_processes_are_killed_and_its_totals_are_those_of_the_file(
    start_service, make_door
):
    ingest, loyalty = await start_service("ingest"), await start_service("loyalty")
    door = await make_door(ingest, historical=True)
    events = [event for number, customer in enumerate(CUSTOMERS) for event in brought(number, customer)]

    await door.post(*events[:60])
    loyalty.kill()
    await door.post(*events[50:])
    loyalty.start()
    async with client(ingest) as operator:
        cut = {**SHOP_SETTINGS, "points_from": AS_OF.isoformat()}
        assert (await operator.put(f"/v1/shops/{SHOP}", json=cut)).status_code == 200
    await asyncio.sleep(0.3)  # loyalty is in the middle of its start
    loyalty.kill()
    await door.post(*events)
    loyalty.start()
    await loyalty.ready()

    file = {customer: (100 + number, 0, 100 + number, "gold") for number, customer in enumerate(CUSTOMERS)}
    async with client(loyalty) as http:
        await eventually(lambda: stand(http), lambda seen: seen == file, seconds=60)
        totals = (await http.get("/v1/opening-balances")).json()
    total = sum(points for points, *_ in file.values())
    assert (totals["customers"], totals["lots"], totals["points"]) == (30, 30, total)
    async with client(loyalty, shop="*") as http:
        assert (await http.get("/v1/stream")).json()["dead_letters"] == 0
