"""Erased customers leave nothing in churn: orders, figures, band and card are gone, also what comes late of them."""

from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace

from builders.customers import viewed
from builders.erasures import erased, readmitted
from builders.merges import merges
from builders.messages import decided
from builders.orders import cancelled, paid, refund
from builders.points import posted, tier_changed
from builders.shops import shop_updated
from churn.customers.rebuild import finish
from churn.domain.orders import hash_id
from churn.main import SERVICE
from churn.models.fit_shop import fit_shop
from harness.churn_service import Churn, churn_service, of_bands
from harness.in_process import NOON, PARTITIONS, SHOP
from harness.looking import look_for, rows_of
from harness.waiting import eventually
from mandegar.database import transaction
from mandegar.events import Event, encode, topic_of
from mandegar.lanes.application import as_process
from mandegar.stream import Record

ORDERS = [f"planted-{number}" for number in range(50)]
TEXTS = ["73100", "planted-tier", "planted-template", "planted-guest"]
TOMBSTONE = {
    "customer_id", "partition", "version", "erased_at", "erased_by", "erased_before", "erased_profile",
    "erasure_version", "changed_in", "stage_version",
}  # fmt: skip


def traces(order: str) -> list[str | bytes]:
    """What is stored of an order's id: its hash, as bytes of a pack or as the name of a row."""
    name = hash_id(order)
    return [name.to_bytes(8, "little"), str(name - (1 << 64) if name >> 63 else name)]


PLANTED = [*TEXTS, *(trace for order in ORDERS for trace in traces(order))]


def orders(customer: str = "c", alias: str = "planted-guest") -> list[Event]:
    """Somebody with two ids, so many orders that older ones have rows of their own, visits and tickets."""
    return [
        *(paid(order, 7_310_000 + number, customer=(customer, alias)[number % 2], days=number * 3 - 190)
          for number, order in enumerate(ORDERS)),
        refund(ORDERS[1], 500, "planted-refund", customer=alias, days=-100),
        cancelled(ORDERS[2], version=2, customer=customer, days=-99),
        viewed("planted-visit", customer=alias, days=-3),
        *merges(alias, customer),
    ]  # fmt: skip


async def live(churn: Churn) -> list[Event]:
    heard = orders()
    for place in range(0, len(heard), 10):
        await churn.deliver(*heard[place : place + 10])
    card = [posted(73_100, 3, customer="planted-guest"), tier_changed(4, "planted-tier")]
    await churn.deliver_card(*card, topic="loyalty.events")
    message = decided(1)
    message = replace(message, data=replace(message.data, template="planted-template"))
    await churn.deliver_card(message, topic="notify.events")
    return [*heard, *card, message]


def erasures(*ids: str, **more: object) -> list[Event]:
    return [erased(id_, ids=len(ids), **more) for id_ in ids]


BOTH = ("c", "planted-guest")


async def others(churn: Churn) -> list[Event]:
    heard = [
        paid(f"other-{number}", 900 + number, customer=f"other-{number % 3}", days=number - 70) for number in range(30)
    ]
    await churn.deliver(*heard)
    await churn.deliver_card(posted(5, 1, customer="other-1"), topic="loyalty.events")
    return heard


async def of_others(admin: str, churn: Churn) -> dict[str, list[dict[str, object]]]:
    rows = await rows_of(admin, churn.database)
    return {
        table: [row for row in rows[table] if row["customer_id"] not in BOTH]
        for table in ("customers", "cards", "older_orders")
    }


async def test_nothing_is_left_of_a_planted_customer(churn, postgres):
    await others(churn)
    await live(churn)
    before = await of_others(postgres, churn)
    found = await look_for(PLANTED, postgres, churn.database)
    assert {each.table for each in found} >= {"customers", "older_orders", "cards"}
    stored = {each.planted for each in found}
    assert stored >= set(TEXTS)
    assert all(
        {trace if isinstance(trace, str) else trace.hex() for trace in traces(order)} & stored for order in ORDERS
    )
    bands = (await churn.get("/v1/bands")).json()["bands"]

    assert await churn.deliver(*erasures(*BOTH)) == []

    left = await look_for(PLANTED, postgres, churn.database)
    assert {(each.table, each.planted) for each in left} <= {
        ("customers", "planted-guest"),
        ("erasures", "planted-guest"),
    }
    assert await of_others(postgres, churn) == before
    rows = await rows_of(postgres, churn.database)
    assert not [row for table in ("cards", "older_orders") for row in rows[table] if row["customer_id"] in BOTH]
    await churn.database.worker.execute("INSERT INTO customers (shop, customer_id, partition) VALUES ('s', 'new', 0)")
    rows = {row["customer_id"]: row for row in (await rows_of(postgres, churn.database))["customers"]}
    assert {name for name, value in rows["c"].items() if value != rows["new"][name]} <= TOMBSTONE
    after = (await churn.get("/v1/bands")).json()["bands"]
    assert sum(after.values()) == sum(bands.values()) - 1
    for path in ("", "/risk", "/risk?at=2026-11-01T00:00:00Z", "/visits"):
        for id_ in BOTH:
            assert (await churn.get(f"/v1/customers/{id_}{path}")).status_code == 404, path
    batch = (await churn.ask("GET", "/v1/customers:batch", params={"id": [*BOTH, "other-1"]})).json()
    assert batch["unknown"] == [*BOTH]
    listed = [
        one["customer_id"]
        for band in ("healthy", "cooling", "at_risk", "lost")
        for one in (await churn.get("/v1/customers", band=band)).json()["customers"]
    ]
    assert set(listed) == {"other-0", "other-1", "other-2"}
    assert not [one for one in await churn.pass_time(days=400) if one.customer_id in BOTH]
    assert await look_for(TEXTS[:-1], postgres, churn.database) == set()
    assert await churn.invariant_violations() == []


async def test_an_export_holds_it_all_in_words_of_the_api(churn):
    await live(churn)
    answer = await churn.ask("GET", "/v1/customers/c/export", "customers:export")
    rows = answer.json()["rows"]

    (customer,) = [row for row in rows["customers"] if row["customer_id"] == "c"]
    listed = {order["name"]: order for order in [*customer["orders"], *rows["older_orders"]]}
    assert len(listed) == len(ORDERS) == len(customer["orders"]) + customer["orders_in_older_orders"]
    order = listed[hash_id(ORDERS[1]).to_bytes(8, "little").hex()]
    assert (order["total"], order["net"], order["stands"]) == ("7310001", "7309501", True)
    assert order["paid_at"] == "2026-05-19T08:30:00Z"
    assert [refund["amount"] for refund in order["refunds"]] == ["500"]
    assert not listed[hash_id(ORDERS[2]).to_bytes(8, "little").hex()]["stands"]
    assert customer["remembered"]["orders"] == len(ORDERS) - 1
    assert customer["last_day"] == "2026-10-10"
    assert all(each in answer.text for each in TEXTS)

    await churn.deliver(*erasures(*BOTH))
    again = (await churn.ask("GET", "/v1/customers/c/export", "customers:export")).json()["rows"]
    assert again["cards"] + again["older_orders"] == []
    assert not [row for row in again["customers"] if row["orders"] or row["band"] or row["remembered"]]


async def test_an_erased_customer_is_in_no_fit_and_under_no_new_terms(churn):
    await others(churn)
    await live(churn)
    await churn.deliver(*erasures(*BOTH))
    tombstone = await churn.database.worker.fetchrow("SELECT * FROM customers WHERE customer_id = 'c'")

    await churn.deliver(shop_updated(version=2, zone="Europe/Berlin"))
    await fit_shop(churn.context, SHOP, churn.clock.now())
    zones = "SELECT DISTINCT zone FROM customers WHERE customer_id LIKE 'other-%'"
    async with churn.working():
        await eventually(
            lambda: churn.database.worker.fetch(zones), lambda rows: [row[0] for row in rows] == ["Europe/Berlin"]
        )

    assert await churn.database.worker.fetchrow("SELECT * FROM customers WHERE customer_id = 'c'") == tombstone


async def test_an_erasure_tells_that_figures_of_the_shop_stay(churn):
    await live(churn)
    await churn.database.worker.execute(
        """
        INSERT INTO models (shop, version, fitted_at, through_day, horizon_days, drops, parameters, quality)
        VALUES ('s', 1, now(), '2026-11-20', 56, '{1, 2, 3}', '{}', '{}'),
            ('s', 2, now(), '2020-01-01', 56, '{1, 2, 3}',
            '{}', '{}')
        """
    )
    await churn.database.worker.execute("UPDATE customers SET model_version = NULL, due_at = NULL")
    await churn.deliver(*erasures(*BOTH))

    removed = await churn.database.worker.fetchval("SELECT removed FROM erasures WHERE customer_id = 'c'")
    (models,) = [each for each in removed if each["what"] == "models"]
    assert (models["removed"], models["kept"]) == (0, 1)
    assert "figures of the shop" in models["why"]
    assert {each["what"] for each in removed if each["removed"]} >= {"cards", "older_orders"}


async def test_what_comes_of_an_erased_customer_brings_nothing_back(churn, postgres):
    await live(churn)
    await churn.deliver(*erasures(*BOTH))

    assert await churn.deliver(paid("planted-late", days=30), viewed("planted-late", customer="planted-guest")) == []
    await churn.deliver_card(posted(73_101, 9), tier_changed(10, "planted-tier"), topic="loyalty.events")
    await churn.deliver_card(decided(2, days=30, customer="planted-guest"), topic="notify.events")

    assert await look_for(TEXTS[:-1], postgres, churn.database) == set()
    assert not (await rows_of(postgres, churn.database))["cards"]
    assert await churn.pass_time(days=60) == []
    assert await churn.invariant_violations() == []


async def test_a_readmitted_customer_begins_anew_above_what_was_published(churn):
    await live(churn)
    newest = max(one.data.version for one in of_bands(churn.published) if one.customer_id == "c")
    await churn.deliver(*erasures(*BOTH))
    later = {"recorded_time": NOON + timedelta(days=1)}
    await churn.deliver(*(readmitted(id_, **later) for id_ in BOTH))

    published = await churn.deliver(paid(ORDERS[3], 500, name="again", days=-1, **later))
    await churn.deliver_card(posted(11, 2, **later), posted(73_100, 3), topic="loyalty.events")

    assert [(one.type, one.data.version > newest) for one in of_bands(published)] == [("band.crossed", True)]
    card = (await churn.get("/v1/customers/c")).json()
    assert (card["orders"]["orders"], card["orders"]["total"], card["points"]["available"]) == (1, "500.00", 11)
    assert await churn.invariant_violations() == []


async def read_again(churn: Churn, heard: list[Event]) -> None:
    """The groups of a rebuild, one after the other."""
    for group, read in SERVICE.rebuild_subscriptions.items():
        for place, told in enumerate(one for one in heard if one.type in read.types):
            record = Record(topic_of(told.type), 0, place, told.partition_key, encode(told))
            async with transaction(churn.database.worker) as connection:
                await as_process(read, group, PARTITIONS, retention=None)([record], connection, churn.clock.now())
    await finish(churn.context)
    while await churn.timer().settle_due():
        pass


@pytest.mark.parametrize("comes_again", [False, True])
async def test_a_rebuild_ends_erased_with_the_versions_that_were_published(churn, make_database, postgres, comes_again):
    heard = [shop_updated(), *await others(churn), *await live(churn), *erasures(*BOTH)]
    later = {"recorded_time": NOON + timedelta(days=1)}
    churn.clock.advance(timedelta(days=2))
    if comes_again:
        heard += [*(readmitted(id_, **later) for id_ in BOTH), paid("new", 500, days=-1, **later)]
    await churn.deliver(*(one for one in heard if one.type in {"customer.erased", "customer.readmitted"}))
    if comes_again:
        await churn.deliver(heard[-1])
    await finish(churn.context)  # so that both are under what is fitted today
    await churn.pass_time()
    heard += churn.published
    async with churn_service(await make_database("churn")) as again:
        await read_again(again, heard)

        of_person = """
            SELECT customer_id, version, stage_version, stage, band, x, erased_at IS NULL FROM customers
            WHERE customer_id = ANY($1) ORDER BY 1
        """
        expected = await churn.database.worker.fetch(of_person, [*BOTH])
        assert await again.database.worker.fetch(of_person, [*BOTH]) == expected
        assert await look_for(["73100", "planted-tier", "planted-template"], postgres, again.database) == set()
        left = await look_for([trace for order in ORDERS for trace in traces(order)], postgres, again.database)
        assert left == set()
        assert await again.invariant_violations() == []


@pytest.mark.parametrize("seed", range(10))
async def test_in_whatever_order_it_comes_a_person_ends_erased_and_others_as_if_alone(
    churn, make_database, postgres, seed
):
    random = Random(seed)
    ids = {"ingest.events": [*orders(), *erasures(*BOTH)]}
    cards = {
        "loyalty.events": [posted(73_100, 3, customer="planted-guest"), tier_changed(4, "planted-tier")],
        "notify.events": [decided(1), decided(2, customer="planted-guest")],
    }
    other = [paid(f"other-{number}", 900 + number, customer="other", days=number - 70) for number in range(10)]
    erasing = erasures(*BOTH)
    acts = [one for one in ids["ingest.events"] if one.type != "customer.erased"]
    queues = {id_: [one for one in acts if one.customer_id == id_] for id_ in BOTH} | {"other": [*other]}
    for one in erasing:
        queue = queues[str(one.customer_id)]
        queue.insert(random.randrange(len(queue) // 2, len(queue) + 1), one)
    while any(queues.values()) or any(cards.values()):
        if any(cards.values()) and random.random() < 0.2:
            topic = random.choice([name for name, some in cards.items() if some])
            await churn.deliver_card(cards[topic].pop(0), topic=topic)
            continue
        if not (left := [queue for queue in queues.values() if queue]):
            continue
        queue = random.choice(left)
        size = random.randrange(1, 8)
        batch, queue[:size] = queue[:size], []
        await churn.deliver(*batch)
        if random.random() < 0.2:
            await churn.deliver(*batch)

    assert await look_for(TEXTS[:-1], postgres, churn.database) == set()
    assert await look_for([trace for order in ORDERS for trace in traces(order)], postgres, churn.database) == set()
    assert not (await rows_of(postgres, churn.database))["cards"]
    assert await churn.invariant_violations() == []
    async with churn_service(await make_database("churn")) as alone:
        await alone.deliver(*other)
        of_other = "SELECT * FROM customers WHERE customer_id = 'other'"
        row, expected = [dict(await one.database.worker.fetchrow(of_other)) for one in (churn, alone)]
        for name in ("version", "stage_version", "changed_in"):
            row.pop(name), expected.pop(name)
        assert row == expected
