"""The record of orders moves from one source of a shop to another, and at every instant one of them has the role."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest

from builders.bodies import order_body
from harness.ingest_service import SHOP
from ingest.rebuild.apply import apply, complete
from mandegar.database import transaction

RECORDS = "SELECT array_agg(id ORDER BY id) FROM sources WHERE shop = $1 AND record_of_orders AND NOT historical"


async def move(ingest, source_id):
    return await ingest.ask("PATCH", f"/v1/sources/{source_id}", json={"record_of_orders": True})


async def records(ingest):
    return await ingest.database.worker.fetchval(RECORDS, SHOP)


async def test_the_role_moves_and_both_sources_obey_at_once(ingest):
    """Although the door has looked both sources up before, and keeps them for some seconds."""
    other = await ingest.make_source()
    assert await ingest.results(order_body(id="a"), key=other["key"]) == [("accepted", "history_only")]
    assert await ingest.results(order_body(id="b")) == [("accepted", None)]
    moved = await move(ingest, other["source_id"])

    assert (moved.status_code, moved.json()["record_of_orders"]) == (200, True)
    assert await records(ingest) == [other["source_id"]]
    assert await ingest.results(order_body(id="c"), key=other["key"]) == [("accepted", None)]
    assert await ingest.results(order_body(id="d")) == [("accepted", "history_only")]
    published = await ingest.database.worker.fetch("SELECT native_id FROM events WHERE published ORDER BY 1")
    assert [row["native_id"] for row in published] == ["b", "c"]


async def test_what_the_former_record_sent_stays_as_it_was(ingest):
    other = await ingest.make_source()
    await ingest.results(order_body(id="b"))
    await ingest.results(order_body(id="a"), key=other["key"])
    await move(ingest, other["source_id"])

    assert await ingest.results(order_body(id="b")) == [("duplicate", None)]
    assert await ingest.results(order_body(id="a"), key=other["key"]) == [("duplicate", None)]
    published = await ingest.database.worker.fetch("SELECT native_id FROM events WHERE published")
    assert [row["native_id"] for row in published] == ["b"]


async def test_moving_it_twice_or_back_and_forth_leaves_one(ingest):
    other = await ingest.make_source()
    for source_id in (other["source_id"], other["source_id"], ingest.source_id, other["source_id"]):
        assert (await move(ingest, source_id)).status_code == 200
        assert await records(ingest) == [source_id]


async def test_of_many_movers_at_once_one_is_last_and_a_reader_always_sees_one(ingest):
    sources = [ingest.source_id, *[(await ingest.make_source())["source_id"] for _ in range(4)]]
    seen: list[list[str]] = []
    moving = asyncio.gather(*(move(ingest, source_id) for source_id in sources * 3))
    while not moving.done():
        seen.append(await records(ingest))
    answers = await moving

    assert {200} <= {answer.status_code for answer in answers} <= {200, 503}  # who waits for too long is told to retry
    assert {len(found) for found in [*seen, await records(ingest)]} == {1}


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [({"historical": True}, 422, "invalid"), ({"trust": "browser"}, 422, "invalid"), ({}, 409, "source_closed")],
)
async def test_a_source_that_cannot_be_the_record_is_refused(ingest, fields, status, code):
    other = await ingest.make_source(**fields)
    if not fields:
        await ingest.ask("POST", f"/v1/sources/{other['source_id']}/close")
    refused = await move(ingest, other["source_id"])

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert await records(ingest) == [ingest.source_id]


async def test_a_shop_is_never_left_without_a_record(ingest):
    for wrong in (False, "true"):
        path = f"/v1/sources/{ingest.source_id}"
        assert (await ingest.ask("PATCH", path, json={"record_of_orders": wrong})).status_code == 422
    assert await records(ingest) == [ingest.source_id]


async def test_a_source_of_another_shop_cannot_take_the_role(ingest):
    refused = await ingest.ask(
        "PATCH", f"/v1/sources/{ingest.source_id}", shop="other", json={"record_of_orders": True}
    )
    assert refused.status_code == 404


async def test_after_the_record_was_closed_the_next_source_takes_its_role(ingest):
    await ingest.ask("POST", f"/v1/sources/{ingest.source_id}/close")
    following = await ingest.make_source()

    assert following["record_of_orders"]
    assert await records(ingest) == [following["source_id"]]


async def test_a_refund_without_a_customer_finds_the_order_of_the_former_record(ingest):
    other = await ingest.make_source()
    await ingest.results(order_body(id="b"))
    await move(ingest, other["source_id"])
    refund = {
        "id": "r", "type": "refund.issued", "time": "2026-11-22T11:00:00Z",
        "data": {"refund_id": "r", "order_id": order_body()["data"]["order_id"], "currency": "IRR", "amount": "1"},
    }  # fmt: skip

    assert await ingest.results(refund, key=other["key"]) == [("accepted", None)]


async def test_a_rebuild_names_the_source_whose_order_came_last(ingest, make_database):
    """The role is on no topic, and two sources of the shop have sent orders that count."""
    other = await ingest.make_source()
    await ingest.results(order_body({"order_id": "o-1"}, id="b"))
    await move(ingest, other["source_id"])
    ingest.clock.advance(timedelta(seconds=1))
    await ingest.results(order_body({"order_id": "o-2"}, id="a"), key=other["key"])
    events = await ingest.news()

    context = SimpleNamespace(worker=(await make_database("ingest")).worker, identity_key=b"k")
    async with transaction(context.worker) as connection:
        await apply(events, connection, ingest.clock.now())
    await complete(context)
    assert await context.worker.fetchval(RECORDS, SHOP) == [other["source_id"]]
    assert await context.worker.fetchval("SELECT count(*) FROM sources") == 2
