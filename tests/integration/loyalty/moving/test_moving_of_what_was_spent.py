"""A shop that moves keeps what its customers reserved and spent, their rewards and coupons, adjustments and books."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from builders.events import NOON, SHOP
from builders.orders import paid
from harness.in_process import InProcess
from harness.loyalty_service import SERVICE, Loyalty, in_process, loyalty_service
from mandegar.moving.archive import ArchiveWriter, Manifest
from mandegar.moving.bring_in import bring_in, prepare
from mandegar.moving.take_out import Taken, take_out, taken_file
from mandegar.run.identity_mark import refuse_other_key

SHELF = """
version: 1
currency: IRR
rewards:
  - {name: ten-off, title: {en: Ten off}, kind: amount_off, amount: 100000, price: 100}
  - {name: tasting, title: {en: A tasting}, kind: invitation, seats: 2, price: 50}
  - {name: cinema, title: {en: A ticket}, kind: partner_coupon, partner: cinema, price: 50}
"""
PATHS = (
    "/v1/customers/c/balance", "/v1/customers/c/ledger", "/v1/customers/c/redemptions", "/v1/customers/c/rewards",
    "/v1/customers/c/club", "/v1/adjustments", "/v1/books/liability?value_per_point=5",
    "/v1/books/periods?from=2026-11-01&to=2026-12-31", "/v1/rewards", "/v1/programme",
)  # fmt: skip


@pytest.fixture
async def old(make_database) -> AsyncIterator[Loyalty]:
    async with loyalty_service(await make_database("loyalty")) as loyalty:
        await refuse_other_key(loyalty.context.worker, "loyalty", loyalty.context.identity_key)
        yield loyalty


@pytest.fixture
async def new(make_database) -> AsyncIterator[InProcess]:
    async with in_process(SERVICE, await make_database("loyalty")) as parts:
        yield InProcess(*parts)


async def post(service: InProcess, path: str, scope: str, body: Any, key: str = "") -> dict[str, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = await service.ask("POST", path, scope, json=body, headers=headers)
    assert answer.status_code in {200, 201, 202}, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def lives(old: Loyalty) -> dict[str, str]:
    """Points are spent, reserved, given back, taken and given; returns the ids that the new home must know."""
    assert (await old.ask("PUT", "/v1/rewards", "programme:write", content=SHELF.encode())).status_code == 201
    await post(old, "/v1/coupons/pools/cinema", "programme:write", ["AB-12", "CD-34"])
    await old.deliver(paid("o-1", 90_000_000), paid("o-2", 50_000_000, customer="d"))
    await old.pass_time(days=15)
    path = "/v1/customers/c/redemptions"
    bought = await post(old, path, "points:spend", {"reward": "ten-off"}, "1")
    coupon = await post(old, f"{path}/{bought['redemption_id']}/confirm", "points:spend", {})
    ticket = await post(old, path, "points:spend", {"reward": "cinema"}, "2")
    await post(old, f"{path}/{ticket['redemption_id']}/confirm", "points:spend", {})
    spent = await post(old, path, "points:spend", {"points": 60}, "3")
    await post(old, f"{path}/{spent['redemption_id']}/confirm", "points:spend", {})
    await post(old, f"{path}/{spent['redemption_id']}/return", "points:spend", {"reference": "r", "points": 20})
    held = await post(old, path, "points:spend", {"reward": "tasting", "expires_in": 86_400}, "4")
    for number, points in enumerate((70, -30)):
        body = {"points": points, "reason": "goodwill", "note": "a call"}
        await post(old, "/v1/customers/c/adjustments", "points:adjust", body, f"a{number}")
    await old.news()
    return {"held": held["redemption_id"], "code": coupon["coupon"]["code"], "spent": spent["redemption_id"]}


async def moved(old: InProcess, new: InProcess, directory: Path) -> None:
    await old.outbox()
    await take_out(SERVICE, old.context, SHOP, {}, directory, 0)
    taken = msgspec.json.decode(taken_file(directory, "loyalty").read_bytes(), type=Taken)
    path = directory / "archive.zip"
    with path.open("wb") as file:
        archive = ArchiveWriter(file)
        for source in sorted(directory.glob("*/**/*.jsonl")):
            archive.add_file(source.relative_to(directory).as_posix(), source)
        archive.close(
            Manifest(
                format=1, shop=SHOP, taken_at=NOON, partitions=12, identity=taken.identity, ends={},
                migrations={"loyalty": taken.migration}, customers=taken.customers, members=archive.members,
            )
        )  # fmt: skip
    new.clock.advance(old.clock.now() - new.clock.now())
    await prepare(SERVICE, new.context, path)
    await bring_in(SERVICE, new.context, path)


async def answers(service: InProcess) -> dict[str, Any]:
    scope = "customers:read programme:write books:read points:adjust"
    found = {}
    for path in PATHS:
        answer = await service.ask("GET", path, scope)
        assert answer.status_code == 200, answer.text
        found[path] = answer.json()
    return found


async def test_every_answer_is_the_same_and_what_was_begun_goes_on(old, new, tmp_path):
    ids = await lives(old)
    await moved(old, new, tmp_path)

    before, after = await answers(old), await answers(new)
    assert after == before
    assert before["/v1/customers/c/redemptions"]["redemptions"]
    assert await new.invariant_violations() == []

    path = "/v1/customers/c/redemptions"
    confirmed = await post(new, f"{path}/{ids['held']}/confirm", "points:spend", {})
    assert confirmed["coupon"]["code"]
    used = await new.ask("POST", f"/v1/coupons/{ids['code']}/redeem", "points:spend", json={"order_id": "o-9"})
    assert used.status_code == 200, used.text
    again = await new.ask("POST", f"/v1/coupons/{ids['code']}/redeem", "points:spend", json={"order_id": "o-8"})
    assert again.json()["code"] == "coupon_used"
    repeated = await post(new, path, "points:spend", {"points": 60}, "3")
    assert repeated["redemption_id"] == ids["spent"]
    new.clock.advance(timedelta(days=1))
    assert await new.invariant_violations() == []
