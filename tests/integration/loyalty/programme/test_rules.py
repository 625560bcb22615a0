"""A programme with rules, from the document that a shop stores to the ledger that names them."""

from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from builders.events import SHOP, event
from builders.orders import refund
from harness.loyalty_rebuilding import compare, rebuilt
from mandegar.events import Event
from mandegar.events.identity import opaque_word
from mandegar.events.ingest import Item, OrderDelivered, OrderSnapshot

PROGRAMME = """\
version: 2
currency: IRR
earn:
  rules:
    - {name: purchase, points: 1, per: 100000}
    - {name: tea, points: 2, per: 100000, when: {categories: [چای]}}
    - {name: welcome, points: 50, when: {first_order: true}}
hold: {days: 2, from: delivery, wait_days: 20}
tiers: {window_days: 365, levels: [{name: friend, spend: 0}]}
examples:
  - name: tea earns three times as much
    when:
      - {at: 2026-11-22, paid: o, total: 100000, items: [{product: t, price: 100000, category: چای}]}
    then: {points: 53, rules: {purchase: 1, tea: 2, welcome: 50}}
"""
CLUB = Path(__file__).parents[4] / "docs/programmes/persian-club.yaml"


def order(loyalty: Any, order_id: str, **more: Any) -> Event:
    category = opaque_word("چای", shop=SHOP, key=loyalty.context.identity_key)
    assert category.startswith("h_")
    items = (Item(product_id="t", unit_price=Decimal(400_000), category=category), Item(product_id="c"))
    data = OrderSnapshot(order_id=order_id, currency="IRR", total=Decimal(400_000), version=1, items=items)
    return event("order.paid", data, name=order_id, **more)


async def ledger(loyalty: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await loyalty.get("/v1/customers/c/ledger")).json()
    return answer


async def test_rules_name_categories_as_the_shop_writes_them_and_the_ledger_names_the_rules(loyalty):
    assert (await loyalty.put_programme(PROGRAMME)).status_code == 201

    posted = [
        *await loyalty.deliver(order(loyalty, "o")),
        *await loyalty.pass_time(days=3),
        *await loyalty.deliver(order(loyalty, "p", days=1)),
        *await loyalty.deliver(refund("o", 100_000, days=2)),
    ]

    told = [entry for event in posted if event.type == "points.posted" for entry in event.data.entries]
    assert [(entry.kind, entry.points, entry.rules) for entry in told] == [
        ("earn", 62, ("purchase", "tea", "welcome")),
        ("earn", 12, ("purchase", "tea")),
        ("reverse", -3, ("purchase", "tea")),
    ]
    answer = await ledger(loyalty)
    assert [lot["rules"] for lot in answer["lots"]] == [
        {"purchase": 3, "tea": 6, "welcome": 50},
        {"purchase": 4, "tea": 8},
    ]
    assert [(entry["kind"], entry["rules"], entry["programme_version"]) for entry in reversed(answer["entries"])] == [
        ("earn", ["purchase", "tea", "welcome"], 1),
        ("earn", ["purchase", "tea"], 1),
        ("reverse", ["purchase", "tea"], 1),
    ]


async def test_a_delivery_begins_the_hold_whenever_it_is_told(loyalty):
    await loyalty.put_programme(PROGRAMME)
    await loyalty.deliver(order(loyalty, "o"))
    await loyalty.pass_time(days=5)
    assert (await loyalty.balance())["available"] == 0

    await loyalty.deliver(event("order.delivered", OrderDelivered(order_id="o"), name="d", days=1))

    assert ((await loyalty.balance())["available"], (await loyalty.balance())["pending"]) == (62, 0)


async def test_examples_that_do_not_hold_are_refused_with_their_line(loyalty):
    answer = await loyalty.put_programme(PROGRAMME.replace("points: 53", "points: 54"))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_programme")
    assert answer.json()["errors"] == [
        {
            "line": 14,
            "message": "examples.0.then.points: the example wants 54, the programme gives 53 "
            "(tea earns three times as much)",
        }
    ]
    assert await loyalty.news() == []


async def test_what_rules_gave_is_rebuilt_from_the_topics_with_the_words_of_the_programme(loyalty, make_database):
    await loyalty.put_programme(PROGRAMME)
    heard = [order(loyalty, f"o{number}", days=number) for number in range(7)]
    heard += [refund("o3", 100_000, days=8), event("order.delivered", OrderDelivered(order_id="o1"), name="d", days=3)]
    for one in heard:
        await loyalty.deliver(one)

    async with rebuilt(make_database, loyalty, heard, Random(1)) as again:
        await compare(loyalty, again)


async def test_the_persian_club_is_stored_by_a_shop_in_iran(loyalty):
    answer = await loyalty.put_programme(CLUB.read_text())

    assert answer.status_code == 201, answer.json()
