"""The figures by a dimension follow orders and the club as the figures of all customers do."""

import asyncio
from decimal import Decimal

import pytest

from builders.customers import viewed
from builders.erasures import erased, readmitted
from builders.events import SHOP, event
from builders.merges import merges
from builders.orders import cancelled, historic, paid, refund
from builders.points import credit_posted, posted, tier_changed
from churn.dimensions import rows
from churn.dimensions.rows import share_first_orders
from churn.kpis.add_up import add_some_up
from churn.main import SERVICE
from harness.in_process import PARTITIONS
from harness.locking import until_waiting
from mandegar.database import transaction
from mandegar.events.identity import opaque_word
from mandegar.events.ingest import Item, OrderMoved
from mandegar.lanes.application import lock_their_customers

SPAN = {"from": "2026-10-01", "to": "2026-11-30", "calendar": "gregorian"}


def bought(order_id, total, channel=None, category=None, **more):
    items = (Item(product_id="p", category=category, unit_price=Decimal(total)),)
    return paid(order_id, total, channel=channel, items=items, **more)


async def parts(churn, by="source", **query):
    answer = await churn.get("/v1/kpis", by=by, **SPAN, **query)
    assert answer.status_code == 200, answer.text
    return {each["value"]: each for each in answer.json()["parts"]}


async def told(churn, by="source", **query):
    """Customers, orders and revenue of all time of each part."""
    found = await parts(churn, by, **query)
    return {value: (each["customers"], each["orders"], each["revenue"]) for value, each in found.items()}


async def test_each_part_has_the_figures_of_its_customers_and_the_rest_those_of_everybody_else(churn):
    await churn.deliver(bought("a", 100, "app", days=-40), bought("b", 50, "web", days=-1), paid("c", 7, customer="x"))
    await churn.deliver(bought("d", 30, "app", customer="d", days=-1), bought("e", 5, "web", customer="e", days=-1))
    found = await parts(churn)
    assert list(found) == ["app", "web", None]
    october, november = found["app"]["months"]
    assert (october["month"], october["new_customers"], october["revenue"]) == ("2026-10", 1, "100")
    assert (november["customers"], november["new_customers"], november["repeat_purchase_rate"]) == (2, 1, "0.5000")
    assert (found["app"]["revenue"], found["app"]["average_order_value"]) == ("180", "60.00")
    assert (found["app"]["repeat_purchase_rate"], found[None]["repeat_purchase_rate"]) == ("0.5000", "0.0000")
    assert await told(churn) == {"app": (2, 3, "180"), "web": (1, 1, "5"), None: (1, 1, "7")}
    assert await told(churn, value=" web ") == {"web": (1, 1, "5")}
    assert await told(churn, value="till") == await told(churn, value=" ") == {}
    while await add_some_up(churn.context):
        pass
    assert await told(churn) == {"app": (2, 3, "180"), "web": (1, 1, "5"), None: (1, 1, "7")}
    assert await churn.invariant_violations() == []


async def test_refunds_late_orders_moves_merges_and_erasures_move_parts(churn):
    await churn.deliver(
        bought("a", 100, "app", "hats", days=-2), refund("a", 40, days=-1), bought("g", 9, "web", customer="g", days=-3)
    )
    assert await told(churn) == {"app": (1, 1, "60"), "web": (1, 1, "9"), None: (0, 0, "0")}
    await churn.deliver(historic("old", 1, days=-400))
    assert await told(churn) == {"web": (1, 1, "9"), None: (1, 2, "61")}, "an earlier order names no channel"
    await churn.deliver(*merges("g", "c"), bought("o", 2, "till", days=-401, backfill=True))
    assert await told(churn) == {"till": (1, 4, "72"), None: (0, 0, "0")}
    await churn.deliver(
        event("order.moved", OrderMoved(order_id="o", to="x"), days=0),
        event("order.moved", OrderMoved(order_id="old", to="x"), days=0, name="old-moved"),
    )
    assert await told(churn) == {"web": (1, 2, "69"), None: (0, 0, "0")}
    assert await told(churn, "first_category") == {"hats": (1, 2, "69"), None: (0, 0, "0")}
    assert await churn.invariant_violations() == []
    await churn.deliver(erased("c"))
    assert await told(churn) == {None: (0, 0, "0")}
    while await add_some_up(churn.context):
        pass
    async with transaction(churn.database.worker) as connection:
        for table in ("kpi_sums", "kpi_part_sums"):
            left = await connection.fetchval(f"SELECT count(*) FROM {table} WHERE kind <> 'visit'")
            assert left == 0, "no value of the erased, and no sum of nobody, stays"
    await churn.deliver(readmitted("c", version=2), bought("new", 3, "app", days=0.1))
    assert await told(churn) == {"app": (1, 1, "3"), None: (0, 0, "0")}
    assert await churn.invariant_violations() == []


async def test_an_order_that_moved_to_an_id_of_the_same_person_speaks_whenever_it_comes(churn):
    away = event("order.moved", OrderMoved(order_id="o", to="g"), days=-1)
    await churn.deliver(bought("o", 5, "app", days=-2), away, viewed("v", customer="g"))
    await churn.deliver(*merges("g", "c"))
    await churn.deliver(bought("o", 5, "app", customer="g", days=-2, name="o of g"))
    assert await told(churn) == {"app": (1, 1, "5"), None: (0, 0, "0")}
    assert await churn.invariant_violations() == []


async def test_members_are_those_of_whom_loyalty_has_told(churn):
    await churn.deliver_card(posted(5, 1, customer="early"), topic="loyalty.events")
    await churn.deliver(paid("a", 10, customer="early"), paid("b", 5, customer="late"), paid("c", 1, customer="never"))
    await churn.deliver(viewed("v", customer="a_1"), paid("g", 2, customer="g"))
    assert await told(churn, "member") == {"member": (1, 1, "10"), None: (3, 3, "8")}
    await churn.deliver_card(
        tier_changed(1, "gold", customer="late"), posted(1, 2, customer="early"), posted(1, 1, customer="g"),
        topic="loyalty.events",
    )  # fmt: skip
    assert await told(churn, "member") == {"member": (3, 3, "17"), None: (1, 1, "1")}
    await churn.deliver(paid("k", 4, customer="credit"))
    await churn.deliver_card(credit_posted("5", 1, customer="credit"), topic="loyalty.events")
    assert await told(churn, "member") == {"member": (4, 4, "21"), None: (1, 1, "1")}
    await churn.deliver(*merges("g", "never"))
    assert await told(churn, "member") == {"member": (4, 5, "22"), None: (0, 0, "0")}
    assert await churn.invariant_violations() == []


@pytest.fixture
def tried(monkeypatch):
    """Set as soon as somebody who joins the club is kept out by first orders, and tries again."""
    again = asyncio.Event()

    async def pause(seconds: float) -> None:
        again.set()
        await asyncio.sleep(seconds)

    monkeypatch.setattr(rows, "sleep", pause)
    return again


@pytest.mark.parametrize("first", ["order", "club"])
async def test_a_first_order_and_the_news_of_a_new_member_at_one_time_lose_neither(churn, tried, first):
    """Neither sees the row of the other: whichever is second waits for the first, and counts with it."""
    order, club = paid("a", 10), posted(5, 1, customer="c")
    name, event_ = ("churn.card", club) if first == "club" else ("churn", order)
    group = SERVICE.subscriptions[name]
    async with transaction(churn.database.worker) as connection:
        await lock_their_customers(group, [event_], connection, PARTITIONS)
        await group.apply([event_], connection, churn.clock.now())
        later = churn.deliver(order) if first == "club" else churn.deliver_card(club, topic="loyalty.events")
        second = asyncio.create_task(later)
        await (until_waiting(churn.database.worker, 1) if first == "club" else tried.wait())
    await second
    assert await told(churn, "member") == {"member": (1, 1, "10"), None: (0, 0, "0")}
    assert await churn.invariant_violations() == []


async def test_an_order_that_does_not_count_and_the_news_of_a_new_member_lose_neither(churn, tried):
    """It says where the customer came from, although it leaves nothing to count."""
    group = SERVICE.subscriptions["churn"]
    events = [bought("o", 5, "app", days=-2), cancelled("o", version=2, days=-1)]
    async with transaction(churn.database.worker) as connection:
        await lock_their_customers(group, events, connection, PARTITIONS)
        await group.apply(events, connection, churn.clock.now())
        news = churn.deliver_card(posted(5, 1, customer="c"), topic="loyalty.events")
        second = asyncio.create_task(news)
        await tried.wait()
    await second
    await churn.deliver(paid("p", 7))
    assert await told(churn) == {"app": (1, 1, "7"), None: (0, 0, "0")}
    assert await told(churn, "member") == {"member": (1, 1, "7"), None: (0, 0, "0")}


async def test_a_first_order_that_counts_waits_for_the_news_in_whichever_segment_of_a_batch(churn):
    """The customer's row is as new in the second one as in the first, which left nothing to count."""
    group, club = SERVICE.subscriptions["churn"], SERVICE.subscriptions["churn.card"]
    events, now = [paid("o", 5, days=-2), cancelled("o", version=2, days=-1)], churn.clock.now()
    async with transaction(churn.database.worker) as connection:
        await lock_their_customers(group, events, connection, PARTITIONS)
        await group.apply(events, connection, now)
        async with transaction(churn.database.worker) as other:
            await club.apply([posted(5, 1, customer="c")], other, now)
            second = asyncio.create_task(group.apply([paid("p", 7)], connection, now))
            await until_waiting(churn.database.worker, 1)
        await second
    assert await told(churn, "member") == {"member": (1, 1, "7"), None: (0, 0, "0")}
    assert await churn.invariant_violations() == []


async def test_a_batch_that_comes_back_to_first_orders_does_not_wait_for_those_who_join_the_club(churn, tried):
    """Of an old customer nobody has asked yet where they came from; the two who join are new."""
    await churn.deliver(paid("before", 1, customer="k", days=-3))
    group, club = SERVICE.subscriptions["churn"], SERVICE.subscriptions["churn.card"]
    first, again, now = paid("o", 5, customer="a"), bought("p", 7, "app", customer="k", days=-1), churn.clock.now()

    async def join():
        async with transaction(churn.database.worker) as connection:
            await club.apply([posted(5, 1, customer="a"), posted(5, 1, customer="m2")], connection, now)

    async with transaction(churn.database.worker) as connection:
        await lock_their_customers(group, [first, again], connection, PARTITIONS)
        await group.apply([first], connection, now)
        joining = asyncio.create_task(join())
        await tried.wait()
        await group.apply([again], connection, now)
    await joining
    assert await told(churn, "member") == {"member": (1, 1, "5"), None: (1, 2, "8")}
    assert await churn.invariant_violations() == []


async def test_who_joins_the_club_while_their_first_orders_come_in_keeps_no_later_batch_from_its_own(churn, tried):
    group, club = SERVICE.subscriptions["churn"], SERVICE.subscriptions["churn.card"]
    now = churn.clock.now()

    async def apply(part, *events):
        async with transaction(churn.database.worker) as connection:
            if part is group:
                await lock_their_customers(group, events, connection, PARTITIONS)
            await part.apply(events, connection, now)

    async with transaction(churn.database.worker) as connection:
        first = paid("o", 5, customer="a")
        await lock_their_customers(group, [first], connection, PARTITIONS)
        await group.apply([first], connection, now)
        joining = asyncio.create_task(apply(club, posted(5, 1, customer="a")))
        await tried.wait()
        async with asyncio.timeout(2):  # less than a transaction waits for a lock
            await apply(group, paid("first of somebody else", 0, customer="d"))
        later = asyncio.create_task(apply(group, paid("p", 7, customer="a"), paid("q", 9, customer="b")))
        await until_waiting(churn.database.worker, 1)
    await asyncio.gather(joining, later)
    assert await told(churn, "member") == {"member": (1, 2, "12"), None: (2, 2, "9")}
    assert await churn.invariant_violations() == []


async def test_who_joins_the_club_gets_their_turn_among_first_orders_that_never_pause(churn):
    joined = asyncio.Event()

    async def import_orders(begin):
        await asyncio.sleep(begin)
        while not joined.is_set():
            async with transaction(churn.database.worker) as connection:
                await share_first_orders(connection)
                await asyncio.sleep(0.1)

    imports = [asyncio.create_task(import_orders(begin)) for begin in (0, 0.05)]
    await asyncio.sleep(0.1)
    async with asyncio.timeout(2.5):
        await churn.deliver_card(posted(5, 1, customer="a"), topic="loyalty.events")
    joined.set()
    await asyncio.gather(*imports)
    await churn.deliver(paid("o", 5, customer="a"))
    assert (await told(churn, "member"))["member"] == (1, 1, "5")


async def test_an_answer_has_the_largest_parts_and_any_that_is_asked_for(churn):
    await churn.deliver(*(bought(f"o{n}", 1, f"channel {n:02}", customer=f"c{n}") for n in range(60)))
    await churn.deliver(bought("more", 1, "channel 59", customer="d"))
    found = await told(churn)
    assert list(found)[:2] == ["channel 59", "channel 00"]
    assert (len(found), found[None], found["channel 59"]) == (51, (10, 10, "10"), (2, 2, "2"))
    assert await told(churn, value="channel 57") == {"channel 57": (1, 1, "1")}
    while await add_some_up(churn.context):
        pass
    assert await told(churn) == found
    await churn.deliver(*(erased(f"c{n}") for n in range(20)))
    left = await told(churn)
    assert (list(left), left[None]) == (["channel 59", *(f"channel {n}" for n in range(20, 59)), None], (0, 0, "0"))
    assert (await churn.get("/v1/kpis", value="x")).json()["code"] == "no_dimension"
    assert (await churn.get("/v1/kpis", **SPAN)).json()["parts"] == []


@pytest.mark.parametrize("asked", ["شیرینی تر", "شيريني\u00a0تر", " شیرینی تر\u200f"])
async def test_a_value_is_found_by_the_word_of_the_shop(churn, asked):
    """The doors publish the hash of a word that does not look like an id, in the spelling of the order."""
    key = churn.context.identity_key
    [*hashes] = [opaque_word(word, shop=SHOP, key=key) for word in ("شيريني تر", "Green tea")]
    await churn.deliver(bought("a", 3, category=hashes[0]), bought("b", 5, category=hashes[1], customer="d"))
    assert await told(churn, "first_category", value=asked) == {hashes[0]: (1, 1, "3")}
    assert await told(churn, "first_category", value="Green tea") == {hashes[1]: (1, 1, "5")}
