"""What comes of an erased customer later is suppressed at every door, and nobody else notices anything."""

import json

import pytest

from builders.bodies import order_body, refund_body
from builders.people import MAIL, guest, paid, viewed
from harness.ingest_service import Ingest
from harness.tokens import token
from mandegar.database import transaction
from mandegar.events.topics import raw_topic
from mandegar.stream import Record

SUPPRESSED = ("suppressed", "customer_erased")


async def count(ingest: Ingest, table: str) -> int:
    number: int = await ingest.database.worker.fetchval(f"SELECT count(*) FROM {table}")
    return number


async def test_later_events_are_suppressed_and_leave_nothing(ingest, erase, places):
    await ingest.send(viewed("1", {"id": "c-1", "email": MAIL}))
    await erase("c-1")
    await ingest.news()
    late = [
        {**paid("o-9", {"id": "c-1", "name": "Late"}, 1), "note": "planted"},
        {**viewed("2", {"email": MAIL}, 2), "note": "planted"},
        {**paid("o-10", {"id": "c-1"}, 3), "data": {"order_id": "o", "total": "-1"}, "note": "planted"},
    ]
    answer = await ingest.send(late)

    assert answer.status_code == 202
    results = answer.json()["results"]
    assert [(result["status"], result["code"], result["event_id"]) for result in results] == [(*SUPPRESSED, None)] * 3
    assert "readmit" in results[0]["detail"]
    assert await places("planted") == set()
    assert await ingest.news() == []
    text = (await ingest.client.get("/metrics")).text
    assert 'ingest_events_total{code="customer_erased",door="http",status="suppressed"} ' in text


async def test_what_was_accepted_before_stays_a_duplicate(ingest, erase):
    bodies = [viewed("1", {"id": "c-1"}), paid("o-1", {"id": "c-1"}, 1)]
    await ingest.send(bodies)
    await erase("c-1")
    other = {**bodies[0], "note": "said otherwise"}
    assert await ingest.results([*bodies, other]) == [("duplicate", None)] * 3


async def test_the_same_event_twice_in_one_request_is_suppressed_twice(ingest, erase):
    await ingest.send(viewed("1", {"id": "c-1"}))
    await erase("c-1")
    body = viewed("2", {"id": "c-1"}, 1)
    assert await ingest.results([body, body]) == [SUPPRESSED] * 2


async def test_neighbours_in_the_same_request_are_accepted(ingest, erase):
    await ingest.send([viewed("1", {"id": "c-1"}), viewed("2", {"id": "c-2"})])
    await erase("c-1")
    mixed = [paid("o-1", {"id": "c-2"}, 1), paid("o-2", {"id": "c-1"}, 2), paid("o-3", {"email": MAIL}, 3)]
    assert await ingest.results(mixed) == [("accepted", None), SUPPRESSED, ("accepted", None)]


async def test_a_source_that_wants_200_gets_it(ingest, erase):
    made = await ingest.make_source(record_of_orders=False, success_status=200)
    await ingest.send(viewed("1", {"id": "c-1"}))
    await erase("c-1")
    answer = await ingest.send(viewed("2", {"id": "c-1"}, 1), key=made["key"])
    assert (answer.status_code, answer.json()["results"][0]["status"]) == (200, "suppressed")


async def test_a_record_of_a_raw_topic_is_suppressed_in_silence(ingest, erase, places):
    await ingest.send(viewed("1", {"id": "c-1"}))
    await erase("c-1")
    values = [
        json.dumps({**viewed("2", {"id": "c-1"}, 1), "note": "planted"}).encode(),
        json.dumps({"customer": {"id": "c-1"}, "note": "planted"}).encode()[:-1],
    ]
    async with transaction(ingest.database.worker) as connection:
        records = [Record(raw_topic(ingest.source_id).name, 0, at, None, value) for at, value in enumerate(values)]
        assert await ingest.process_raw(records, connection, ingest.clock.now()) == []
    assert await places("planted") == set()


async def test_a_refund_without_a_customer_is_suppressed_with_its_order(ingest, erase):
    await ingest.send([order_body(), order_body({"order_id": "o-2"}, id="o-2", customer={"id": "c-2"})])
    await erase("c-42")
    of_another = refund_body({"order_id": "o-2", "refund_id": "r-2"}, id="r-2")
    assert await ingest.results([refund_body(), of_another]) == [SUPPRESSED, ("accepted", None)]
    assert await count(ingest, "waiting_refunds") == 0


async def test_an_order_that_another_account_claims_as_well_is_theirs(ingest, erase):
    await ingest.send([paid("o-1", {"id": "c-1"}, 1), {**paid("o-1", {"id": "c-2"}, 0), "id": "before"}])
    await erase("c-1")
    refund = refund_body({"order_id": "o-1"}, id="r")
    assert await ingest.results(refund) == [("accepted", None)]
    assert (await ingest.news())[-1].customer_id == "c-2"


async def test_a_guests_order_is_claimed_by_an_account_as_before(ingest, erase):
    """The guest is somebody else than the erased customer, although both wrote of the same shop and order ids."""
    await ingest.send([viewed("1", {"id": "c-1"}), paid("o-1", {"email": "nima@example.com"}, 1)])
    await erase("c-1")
    await ingest.news()
    await ingest.send({**paid("o-1", {"id": "c-9"}, 2), "id": "claim"})
    moved = [event for event in await ingest.news() if event.type == "order.moved"]
    assert [event.data.to for event in moved] == ["c-9"]


async def test_quarantined_events_of_theirs_cannot_be_released(ingest, erase):
    await ingest.send(viewed("1", {"id": "c-1"}))
    await ingest.send(paid("o-1", {"id": "c-2"}) | {"data": {"order_id": "o-1", "currency": "IRR", "total": "-1"}})
    await erase("c-1")
    (entry,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    answer = await ingest.ask("POST", f"/v1/quarantine/{entry['id']}/release", json=paid("o-1", {"id": "c-1"}))
    assert (answer.status_code, answer.json()["code"]) == (422, "customer_erased")


async def test_nobody_becomes_an_alias_of_an_erased_customer_or_takes_one(ingest, erase):
    await ingest.send([viewed("1", {"id": "c-1", "email": MAIL}), viewed("2", {"id": "c-2"})])
    await erase("c-1")
    for customer, alias in (("c-1", "c-2"), ("c-2", "c-1"), ("c-2", guest(ingest.context.identity_key))):
        answer = await ingest.ask("POST", f"/v1/customers/{customer}/merge", "customers:merge", json={"alias": alias})
        assert (answer.status_code, answer.json()["code"]) == (409, "customer_erased")
    await ingest.news()
    statement = {**viewed("3", {"id": "c-2"}, 1), "type": "customer.identified", "data": {"email": MAIL}}
    assert await ingest.results(statement) == [("accepted", None)]
    assert await ingest.results(viewed("4", {"id": "c-2", "email": MAIL}, 2)) == [("accepted", None)]
    assert "customer.merged" not in {event.type for event in await ingest.news()}


async def test_an_alias_of_an_erased_customer_is_not_split(ingest, erase):
    await ingest.send([viewed("1", {"id": "c-1"}), viewed("2", {"anonymous_id": "b-7"})])
    await ingest.send(viewed("3", {"id": "c-1", "anonymous_id": "b-7"}, 1))
    await erase("c-1")
    answer = await ingest.ask("POST", "/v1/customers/a_b-7/split", "customers:merge")
    assert (answer.status_code, answer.json()["code"]) == (409, "customer_erased")


@pytest.mark.parametrize("route", [("DELETE", ""), ("POST", "/readmit")])
async def test_tokens_without_the_scope_or_of_another_shop_erase_nobody(ingest, route):
    await ingest.send(viewed("1", {"id": "c-1"}))
    method, suffix = route
    path = f"/v1/customers/c-1{suffix}"
    assert (await ingest.ask(method, path, "customers:merge ops customers:read")).status_code == 403
    assert (await ingest.ask(method, path, "customers:erase", shop="bahar")).status_code == 404
    assert (await ingest.ask(method, path, "customers:erase", subject="c-1")).status_code == 403
    headers = {"Authorization": f"Bearer {token('*', 'customers:erase')}"}
    assert (await ingest.client.request(method, path, headers=headers)).status_code == 403
    assert await ingest.database.worker.fetchval("SELECT count(*) FROM customers WHERE erased_at IS NOT NULL") == 0
