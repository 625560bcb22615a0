"""A shop's new zone, on the real database: nothing is revived, nobody is warned twice, reads are right at once."""

from datetime import UTC, datetime, timedelta

import pytest

from builders.orders import paid
from builders.shops import shop_updated
from harness.loyalty_service import kinds

PROGRAMME = """\
version: 1
currency: IRR
earn: {points: 1, per: 100000}
expiry: {days: 10, warn_days: 3}
tiers: {window_days: 30, levels: [{name: member, spend: 0}]}
"""


async def announced(loyalty, *zones: str) -> None:
    for version, zone in enumerate(zones, start=2):
        await loyalty.deliver(shop_updated(version, zone=zone))


async def test_a_warning_is_given_once_although_the_midnight_moves(loyalty):
    await announced(loyalty, "Europe/Berlin")
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 10_000_000))  # usable until the end of 2 December
    warned = await loyalty.pass_time(days=8)
    await loyalty.deliver(shop_updated(3, zone="Europe/London"))
    await loyalty.deliver(paid("p", 100_000, days=8))
    loyalty.clock.set(datetime(2026, 12, 2, 23, 30, tzinfo=UTC))
    late = await loyalty.pass_time(minutes=1)
    balance = await loyalty.balance()
    gone = await loyalty.pass_time(minutes=30)

    assert [event.data.points for event in warned if event.type == "points.expiring"] == [100]
    assert late == []
    assert (balance["available"], kinds(gone)) == (101, [("expire", -100)])
    assert gone[0].data.entries[0].effective_at == datetime(2026, 12, 3, tzinfo=UTC)


@pytest.mark.parametrize("back", ["Asia/Tehran", "America/Los_Angeles"])
async def test_points_that_have_expired_stay_expired_whatever_zones_come(loyalty, back):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 10_000_000))
    loyalty.clock.set(datetime(2026, 12, 2, 20, 30, tzinfo=UTC))  # midnight in Tehran
    gone = await loyalty.pass_time()
    loyalty.clock.advance(timedelta(minutes=1))
    await announced(loyalty, "Europe/London", back, "Europe/London")
    await loyalty.deliver(paid("p", 100_000, days=10.5))
    entries = await loyalty.pass_time(days=1)

    assert kinds(gone) == [("expire", -100)]
    assert ("expire", 100) not in kinds(loyalty.published)
    assert (await loyalty.balance())["available"] == 1
    assert kinds(entries) == []


async def test_a_read_follows_the_new_zone_before_anybody_is_settled(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(paid("o", 10_000_000))
    tehran = (await loyalty.balance())["next_expiry"]["at"]
    loyalty.clock.advance(timedelta(minutes=1))
    await announced(loyalty, "Pacific/Auckland")

    assert tehran == "2026-12-02T20:30:00Z"
    assert (await loyalty.balance())["next_expiry"]["at"] == "2026-12-02T11:00:00Z"


async def test_older_settings_and_the_same_zone_again_are_no_change(loyalty):
    await loyalty.deliver(shop_updated(5, zone="Europe/Berlin"))
    await loyalty.deliver(shop_updated(3, zone="Europe/London"), shop_updated(6, zone="Europe/Berlin", locale="en"))

    rows = await loyalty.database.worker.fetch("SELECT version, zone FROM shop_zones ORDER BY version")
    assert [tuple(row) for row in rows] == [(1, "Asia/Tehran"), (5, "Europe/Berlin")]
