"""A club moves in with balances, tiers and old orders: no point counts twice, in any order of arrival."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace

from builders.events import HISTORY, NOON
from builders.merges import merged
from builders.opening import granted, opened
from builders.orders import historic, paid, refund
from builders.shops import shop_updated, source_closed
from harness.failing import may_fail_at
from harness.loyalty_service import Loyalty, kinds, loyalty_service
from harness.waiting import eventually
from loyalty.programme.recompute import apply_some
from mandegar.events import Event
from mandegar.failpoints import StreamFailpoint
from mandegar.quantities import to_us

AS_OF = -1.0  # days from noon
CUT = NOON + timedelta(days=AS_OF)
FILE = {
    "rich": (opened("l1", 700, until=40, days=AS_OF), opened("l2", 50, until=90, days=AS_OF)),
    "poor": (opened("l1", 3, days=AS_OF, customer="poor", name="poor-l1"),),
    "bare": (),
}
LEFT = {"rich": 750, "poor": 3, "bare": 0}


def file() -> list[Event]:
    """Balances, tiers, and orders from before the day of the file and since."""
    events = [event for lots in FILE.values() for event in lots]
    events = [replace(event, customer_id="rich") if event.customer_id == "c" else event for event in events]
    events += [granted("gold", until=60, days=AS_OF, customer="rich", name="rich-gold")]
    for customer in FILE:
        for number in range(6):
            order_id, days = f"{customer}-{number}", AS_OF - 0.5 - number * 20
            events.append(historic(order_id, 10_000_000, days=days, customer=customer))
        events.append(refund(f"{customer}-0", 4_000_000, days=-0.5, customer=customer, backfill=True, source=HISTORY))
    return events


def cut(version: int = 2) -> Event:
    return shop_updated(version, points_from=CUT)


async def stands(loyalty: Loyalty) -> dict[str, tuple[object, ...]]:
    balances = {customer: await loyalty.balance(customer) for customer in FILE}
    return {
        customer: (said["available"], said["pending"], said["debt"], said["tier"], said["tier_until"])
        for customer, said in balances.items()
    }


async def recomputed(loyalty: Loyalty) -> list[Event]:
    async def left() -> int:
        await apply_some(loyalty.context)
        return await loyalty.database.worker.fetchval("SELECT count(*) FROM cutoffs WHERE recomputed_at IS NULL")

    await eventually(left, lambda shops: shops == 0)
    return await loyalty.pass_time(minutes=1)


async def arrives(loyalty: Loyalty, events: Sequence[Event], random: Random) -> None:
    """In polls of any size, some of which fail and come again, and some of which come twice."""
    place = 0
    while place < len(events):
        some = events[place : place + random.randint(1, 7)]
        offsets = dict(loyalty.offsets)
        with may_fail_at(random.choice([None, None, StreamFailpoint.BATCH_BEFORE_COMMIT])) as attempt:
            await loyalty.deliver(*some)
        if attempt.failed:
            loyalty.offsets = offsets
            continue
        if random.random() < 0.3:
            await loyalty.deliver(*some)
        place += len(some)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_comes_first_the_balance_is_that_of_the_file_and_old_orders_earn_nothing(make_database, seed):
    random = Random(seed)
    events = [*file(), cut()]
    random.shuffle(events)
    async with loyalty_service(await make_database("loyalty")) as loyalty:
        await arrives(loyalty, events, random)
        await recomputed(loyalty)
        await loyalty.deliver(source_closed(0))
        stood = await stands(loyalty)

        assert {customer: said[:3] for customer, said in stood.items()} == {
            customer: (points, 0, 0) for customer, points in LEFT.items()
        }
        assert stood["rich"][3:] == ("gold", (NOON + timedelta(days=60)).isoformat().replace("+00:00", "Z"))
        assert stood["bare"][3] == "silver"
        told = [event for event in loyalty.published if event.type == "tier.changed"]
        moves = {event.customer_id: (event.data.tier, event.backfill) for event in told}
        assert len(told) == len(moves)
        assert moves == {"rich": ("gold", True), "poor": ("silver", False), "bare": ("silver", False)}
        assert await loyalty.invariant_violations() == []

        await loyalty.deliver(paid("new", 10_000_000, customer="rich"))
        assert (await loyalty.balance("rich"))["pending"] == 150
        await loyalty.deliver(shop_updated(3))
        await recomputed(loyalty)
        await loyalty.deliver(cut(4))
        await recomputed(loyalty)
        again = await stands(loyalty)
        assert again["rich"][:2] == (750, 150)
        assert {**again, "rich": ()} == {**stood, "rich": ()}


async def test_a_club_without_a_cut_off_gives_both(loyalty):
    await loyalty.deliver(opened("l", 10), paid("o", 10_000_000, days=-20))

    assert (await loyalty.balance())["available"] == 110


async def test_a_lot_is_posted_under_a_kind_of_its_own_and_corrected_by_the_difference(loyalty):
    first = await loyalty.deliver(opened("l", 100, days=-3))
    more = await loyalty.deliver(opened("l", 130, days=-2))
    less = await loyalty.deliver(opened("l", 90, days=-1))
    late = await loyalty.deliver(opened("l", 7, days=-2.5))

    assert [kinds(events) for events in (first, more, less)] == [[("open", 100)], [("open", 30)], [("reverse", -40)]]
    assert {entry.opening_id for event in first for entry in event.data.entries} == {"l"}
    assert {entry.order_id for event in first for entry in event.data.entries} == {None}
    assert (await loyalty.balance())["available"] == 90
    assert sum(points for _, points in kinds(late)) == 0
    assert await loyalty.invariant_violations() == []


async def test_what_was_brought_along_is_shown_by_the_ids_of_the_shop(loyalty):
    await loyalty.deliver(opened("l", 100, until=5), granted("gold", until=3), granted("diamond", until=3))
    await loyalty.deliver(paid("o", days=-1), refund("o", 10_000_000, days=-0.5), opened("m", 7, customer="d"))

    ledger = (await loyalty.get("/v1/customers/c/ledger")).json()
    assert [(lot["opening_id"], lot["order_id"], lot["points"], lot["tier"]) for lot in ledger["lots"]] == [
        ("l", None, 100, None)
    ]
    assert [(entry["kind"], entry["opening_id"], entry["order_id"]) for entry in ledger["entries"]] == [
        ("reverse", None, "o"), ("earn", None, "o"), ("open", "l", None),
    ]  # fmt: skip
    totals = (await loyalty.get("/v1/opening-balances")).json()
    assert totals.pop("as_of").startswith("2026-11-22T08:30:00")
    assert totals == {
        "customers": 2, "lots": 2, "points": 107, "unknown_tiers": [{"tier": "diamond", "customers": 1}],
    }  # fmt: skip
    other = (await loyalty.get("/v1/opening-balances", shop="other")).json()
    assert (other["lots"], other["points"]) == (0, 0)

    held = (await loyalty.get("/v1/customers/c/export", scope="customers:export")).json()["rows"]
    rows = {row["opening_id"] or row["granted_tier"] or row["order_id"]: row for row in held["orders"]}
    assert set(rows) == {"l", "gold", "diamond", "o"}
    assert rows["l"]["facts"][0]["points"] == 100
    assert rows["l"]["facts"][0]["last_day"] == "2026-11-27"
    assert rows["gold"]["facts"][0]["until"] == "2026-11-25T08:30:00Z"
    assert {entry["opening_id"] for entry in held["entries"]} == {"l", None}


async def test_a_granted_tier_multiplies_ends_by_the_timer_and_is_announced_like_others(loyalty):
    live = {"backfill": False}
    told = await loyalty.deliver(granted("silver", until=3, **live), paid("o"))
    balance = await loyalty.balance()
    fall = await loyalty.pass_time(days=3)

    assert kinds(told) == [("earn", 125)]
    assert [(one.data.tier, one.time) for one in told if one.type == "tier.changed"] == [("silver", NOON)]
    assert (balance["tier"], balance["tier_until"]) == ("silver", "2026-11-25T08:30:00Z")
    assert [(one.data.previous, one.data.tier, one.time) for one in fall] == [
        ("silver", "bronze", NOON + timedelta(days=3))
    ]
    assert (await loyalty.balance())["tier"] == "bronze"


PERSIAN = """
version: 1
currency: IRR
earn: {points: 1, per: 100000}
tiers:
  window_days: 365
  levels: [{name: برنزی, spend: 0}, {name: طلایی, spend: 900000000, multiplier: 2}, {name: vip, spend: 990000000}]
"""


async def test_a_tier_whose_name_is_on_no_topic_is_granted_by_its_place(loyalty):
    await loyalty.put_programme(PERSIAN, effective_from="2026-01-01T00:00:00Z")
    await loyalty.deliver(granted("2", until=3), granted("3", until=5, name="vip-has-a-name"))

    assert (await loyalty.balance())["tier"] == "طلایی"
    totals = (await loyalty.get("/v1/opening-balances")).json()
    assert totals["unknown_tiers"] == [{"tier": "3", "customers": 1}]


async def test_many_orders_from_before_and_lots_are_remembered_and_a_new_cut_off_is_noticed(loyalty):
    await loyalty.deliver(*(paid(f"o{number}", 1_000_000, days=-60 + number) for number in range(20)))
    await loyalty.deliver(opened("l", 500, until=30, days=-1))

    async def remembered() -> str | None:
        return await loyalty.database.worker.fetchval("SELECT remembered FROM customers")

    before = await remembered()
    assert before is not None
    assert (await loyalty.balance())["lifetime"] == 700
    for version, begin, lifetime in ((2, -50, 600), (3, -55, 650), (4, None, 700), (5, 1, 500)):
        at = None if begin is None else NOON + timedelta(days=begin)
        await loyalty.deliver(shop_updated(version, points_from=at))
        await recomputed(loyalty)
        assert (await loyalty.balance())["lifetime"] == lifetime
        assert await remembered() is not None
        assert await loyalty.invariant_violations() == []


async def test_a_correction_takes_back_points_of_its_own_lot(loyalty):
    await loyalty.deliver(opened("l", 100, days=-9), paid("o", days=-40))
    usable = (await loyalty.balance())["available"]
    await loyalty.deliver(opened("l", 0, days=-8), opened("m", 30, days=-7))

    assert (usable, (await loyalty.balance())["available"]) == (200, 130)
    assert await loyalty.invariant_violations() == []


async def test_of_two_ids_of_one_person_a_lot_counts_once_and_says_under_which_id_it_came(loyalty):
    await loyalty.deliver(
        opened("l", 100, days=-9, customer="g"), opened("l", 120, days=-8), opened("m", 5, customer="g")
    )
    await loyalty.deliver(granted("gold", until=5, customer="g"), granted("silver", until=9))
    await loyalty.deliver(merged("g"))

    balance = await loyalty.balance("g")
    entries = (await loyalty.get("/v1/customers/c/ledger")).json()["entries"]
    assert (balance["customer_id"], balance["available"], balance["tier"]) == ("c", 125, "gold")
    assert {(entry["opening_id"], entry["earned_as"]) for entry in entries} >= {("m", "g"), ("l", None)}
    totals = (await loyalty.get("/v1/opening-balances")).json()
    assert (totals["customers"], totals["lots"], totals["points"]) == (1, 2, 125)
    assert await loyalty.invariant_violations() == []


async def test_of_two_statements_the_one_written_later_counts(loyalty):
    ahead = to_us(NOON + timedelta(days=1))
    first, second = opened("l", 100), opened("l", 60, name="second")
    first = replace(first, data=replace(first.data, written_at=ahead))
    await loyalty.deliver(second, first)

    assert (await loyalty.balance())["available"] == 100
    assert [row[0] for row in await loyalty.database.worker.fetch("SELECT sum(points)::int FROM entries")] == [100]
