"""A customer is told before a tier is lost: once for each drop, and told when it no longer comes."""

from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from builders.merges import merges
from builders.opening import granted
from builders.orders import historic, paid, refund
from harness.in_process import NOON
from harness.loyalty_rebuilding import compare, rebuilt
from loyalty.domain import account

TIERS = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
expiry: {days: 200}
tiers:
  window_days: 30
  warn_days: 10
  levels:
    - {name: bronze, spend: 0}
    - {name: silver, spend: 20000000}
    - {name: gold, spend: 90000000}
"""


@pytest.fixture(params=[1, 5])
async def club(loyalty, monkeypatch, request):
    """Accounts are remembered from their first order on, or walked."""
    monkeypatch.setattr(account, "REMEMBERED_FROM", request.param)
    assert (await loyalty.put_programme(TIERS, effective_from="2026-01-01T00:00:00Z")).status_code == 201
    return loyalty


def told(events) -> list[tuple[object, ...]]:
    return [
        ((event.time - NOON) / timedelta(days=1), event.data.at_risk, (event.data.until - NOON) / timedelta(days=1),
         event.data.tier, event.data.falls_to, event.data.missing)
        for event in events if event.type == "tier.at_risk"
    ]  # fmt: skip


async def test_the_warning_comes_once_with_what_is_missing_and_the_drop_after_it(club):
    await club.deliver(paid("o", 30_000_000), paid("p", 15_000_000, days=1))
    before = await club.pass_time(days=19.9)
    warned = await club.pass_time(days=0.1)
    news = await club.deliver(paid("q", 0, days=20))
    rest = [event for _ in range(12) for event in await club.pass_time(days=1)]

    assert (told(before), told(warned)) == ([], [(20, True, 30, "silver", "bronze", Decimal(5_000_000))])
    assert told(news) == told(rest) == []
    assert [event.data.tier for event in rest if event.type == "tier.changed"] == ["bronze"]
    assert warned[0].data.currency == "IRR"
    assert await club.invariant_violations() == []


async def test_an_order_that_suffices_takes_the_warning_back_and_a_refund_brings_it_again(club):
    await club.deliver(paid("o", 30_000_000))
    await club.pass_time(days=22)
    saved = await club.deliver(paid("p", 20_000_000, days=21))
    lost = await club.deliver(refund("p", 1_000_000, days=22))
    ids = [event.id for event in club.published if event.type == "tier.at_risk"]

    assert told(saved) == [(22, False, 30, "", "", None)]
    assert told(lost) == [(20, True, 30, "silver", "bronze", Decimal(1_000_000))]
    assert len(ids) == len(set(ids)) == 3


async def test_an_order_that_only_moves_the_drop_renews_the_warning(club):
    """What is paid now holds the tier until an order of the day after leaves the window."""
    await club.deliver(paid("o", 15_000_000), paid("p", 15_000_000, days=1))
    await club.pass_time(days=25)
    moved = await club.deliver(paid("q", 8_000_000, days=25))

    assert told(moved) == [
        (25, False, 30, "", "", None),
        (21, True, 31, "silver", "bronze", Decimal(12_000_000)),
    ]


async def test_a_tier_that_is_reached_is_warned_of_instead_of_the_one_below(club):
    await club.deliver(paid("o", 30_000_000))
    await club.pass_time(days=22)
    risen = await club.deliver(paid("p", 60_000_000, days=22))

    assert told(risen) == [(22, False, 30, "", "", None), (20, True, 30, "gold", "silver", Decimal(30_000_000))]


async def test_a_granted_tier_is_warned_of_before_it_ends(club):
    await club.deliver(granted("gold", until=15, backfill=False), paid("o", 25_000_000))
    warned = await club.pass_time(days=6)

    assert told(warned) == [(5, True, 15, "gold", "silver", Decimal(65_000_000))]


async def test_history_announces_no_drop_that_was_near_long_before(club):
    await club.deliver(historic("o", 30_000_000, days=-25), historic("p", 1_000_000, days=-3))
    quiet = [event for _ in range(8) for event in await club.pass_time(days=1)]

    assert told(quiet) == []
    assert [event.data.tier for event in quiet if event.type == "tier.changed"] == ["silver", "bronze"]


async def test_a_version_that_begins_to_warn_warns_of_the_drops_that_are_near(club):
    await club.put_programme(TIERS.replace("warn_days: 10", ""), effective_from="2026-02-01T00:00:00Z")
    await club.put_programme(TIERS, effective_from=(NOON + timedelta(days=25)).isoformat())
    await club.deliver(paid("o", 30_000_000))

    assert told(await club.pass_time(days=24)) == []
    assert told(await club.pass_time(days=1)) == [(25, True, 30, "silver", "bronze", Decimal(20_000_000))]


async def test_who_was_told_under_another_id_is_not_told_again(club):
    await club.deliver(paid("o", 30_000_000, customer="d"), paid("p", 1_000_000, customer="c"))
    warned = await club.pass_time(days=21)
    after = [*await club.deliver(*merges("d", "c"))]
    after += [event for _ in range(8) for event in await club.pass_time(days=1)]

    assert [event.customer_id for event in warned if event.type == "tier.at_risk"] == ["d"]
    assert told(after) == []
    assert await club.invariant_violations() == []


@pytest.mark.parametrize("settled_after", [0, 3])
async def test_a_rebuild_does_not_tell_again(club, make_database, settled_after):
    heard = [
        paid("o", 30_000_000),
        paid("p", 1_000_000, customer="d"),
        historic("h", 30_000_000, days=-25, customer="e"),
    ]
    await club.deliver(*heard)
    await club.pass_time(days=21)
    heard.append(paid("q", 20_000_000, days=21))
    await club.deliver(heard[-1])
    heard.append(refund("q", 1_000_000, days=21))
    await club.deliver(heard[-1])
    await club.pass_time(days=settled_after)
    async with rebuilt(make_database, club, heard, Random(4)) as again:
        await compare(club, again)


async def test_a_projection_has_the_warning(club):
    await club.deliver(paid("o", 30_000_000))
    changes = (await club.get("/v1/customers/c/projection")).json()["changes"]

    assert [(change["at"], change["drop"]) for change in changes if change["kind"] == "tier_at_risk"] == [
        ("2026-12-12T08:30:00Z", {"until": "2026-12-22T08:30:00Z", "falls_to": "bronze", "missing": "20000000"})
    ]
