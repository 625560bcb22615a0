"""Who comes by the code of a customer, orders, and keeps the order, earns points for both."""

from random import Random

import pytest

from builders.orders import paid, refund
from builders.referrals import claimed, paid_with
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty
from harness.referring import code_id_of, deliver, open_club, pass_time, points, referral


@pytest.fixture
async def club(loyalty: Loyalty) -> Loyalty:
    """A shop with a referrer, ``ref``, who has ordered before."""
    await open_club(loyalty)
    await deliver(loyalty, paid("r-1", customer="ref", days=-30))
    return loyalty


async def test_a_customer_has_one_code_that_stays(club):
    first, again = await referral(club, "ref"), await referral(club, "ref")

    assert first["code"] == again["code"] is not None
    assert first["link"] == f"https://bahar.example/r/{first['code']}"
    assert first["rules"] == {
        "friend_points": 100,
        "referrer_points": 200,
        "minimum_spend": "1000000",
        "within_days": 60,
        "limits": [{"times": 3, "per": "month"}],
    }
    assert [event.type for event in club.published if event.type == "referral.code_issued"] == ["referral.code_issued"]
    assert first["code"] not in str(club.published)


async def test_both_are_paid_once_the_friends_order_has_left_its_return_window(club):
    code = await code_id_of(club, "ref")
    await deliver(club, claimed(code, customer="friend", hours=0.2))
    await deliver(club, paid("o-1", 2_000_000, customer="friend", hours=0.5))

    side = (await referral(club, "ref"))["referrals"][0]
    assert (side["state"], side["points"], side["due_at"]) == ("ordered", 0, "2026-11-29T09:00:00Z")
    await pass_time(club, days=6.9)
    assert (await points(club, "friend"), await points(club, "ref")) == (0, 0)
    await pass_time(club, days=0.2)
    assert (await points(club, "friend"), await points(club, "ref")) == (100, 200)
    assert (await referral(club, "ref"))["counts"] == {"rewarded": 1}
    assert (await referral(club, "friend"))["referred"]["state"] == "rewarded"
    shown = (await club.get("/v1/customers/ref/club")).json()["referral"]
    assert shown["link"] == f"https://bahar.example/r/{shown['code']}"
    assert shown["counts"] == {"rewarded": 1}
    assert await club.invariant_violations() == []


async def test_a_return_takes_back_from_both(club):
    code = await code_id_of(club, "ref")
    await deliver(club, paid_with("o-1", 2_000_000, code_id=code, customer="friend", hours=0.5))
    await pass_time(club, days=8)
    assert (await points(club, "friend"), await points(club, "ref")) == (100, 200)

    await deliver(club, refund("o-1", 1_500_000, customer="friend", days=8))
    assert (await points(club, "friend"), await points(club, "ref")) == (0, 0)
    side = (await referral(club, "ref"))["referrals"][0]
    assert (side["state"], side["reasons"]) == ("reversed", ["below_minimum_spend"])
    assert await club.invariant_violations() == []


async def test_a_rebuild_has_the_same(club, make_database):
    code = await code_id_of(club, "ref")
    heard = [
        paid("r-1", customer="ref", days=-30),
        claimed(code, customer="friend", hours=0.2, name="claim"),
        paid("o-1", 2_000_000, customer="friend", hours=0.5),
    ]
    for event in heard[1:]:
        await deliver(club, event)
    await pass_time(club, days=8)
    late = refund("o-1", 1_500_000, customer="friend", days=8)
    await deliver(club, late)
    async with rebuilt(make_database, club, [*heard, late], Random(1)) as again:
        await compare(club, again)
