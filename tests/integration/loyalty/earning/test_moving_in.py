"""A club moves in with balances, tiers and old orders: no point counts twice, in any order of arrival."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest

from builders.events import HISTORY, NOON
from builders.opening import granted, opened
from builders.orders import historic, paid, refund
from builders.shops import shop_updated, source_closed
from harness.failing import may_fail_at
from harness.loyalty_service import Loyalty, kinds, loyalty_service
from harness.waiting import eventually
from loyalty.programme.recompute import apply_some
from mandegar.events import Event
from mandegar.failpoints import StreamFailpoint

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
    events = [_of(event, "rich") if event.customer_id == "c" else event for event in events]
    events += [granted("gold", until=60, days=AS_OF, customer="rich", name="rich-gold")]
    for customer in FILE:
        for number in range(6):
            order_id, days = f"{customer}-{number}", AS_OF - 0.5 - number * 20
            events.append(historic(order_id, 10_000_000, days=days, customer=customer))
        events.append(refund(f"{customer}-0", 4_000_000, days=-0.5, customer=customer, backfill=True, source=HISTORY))
    return events


def _of(event: Event, customer: str) -> Event:
    return type(event)(**{name: getattr(event, name) for name in event.__struct_fields__} | {"customer_id": customer})


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
        told = await loyalty.deliver(source_closed(0))
        stood = await stands(loyalty)

        assert {customer: said[:3] for customer, said in stood.items()} == {
            customer: (points, 0, 0) for customer, points in LEFT.items()
        }
        assert stood["rich"][3:] == ("gold", (NOON + timedelta(days=60)).isoformat().replace("+00:00", "Z"))
        assert stood["bare"][3] == "silver"
        assert {(event.type, event.customer_id) for event in told if event.type == "tier.changed"} <= {
            ("tier.changed", customer) for customer in FILE
        }
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
