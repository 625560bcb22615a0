"""A read that names an event is answered once this service has applied it, or says that it has not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from builders.bodies import order_body
from builders.orders import paid
from harness.apps import SERVICES, app_without_database
from harness.ingest_service import ingest_service
from harness.loyalty_service import Loyalty, loyalty_service
from harness.operations import operations
from harness.waiting import eventually
from mandegar.clock import monotonic_seconds
from mandegar.events.derived import snapshots_of
from mandegar.web.applied import WAITING_MAX, WAITING_PER_SHOP

BALANCE = "/v1/customers/c/balance"


@pytest.fixture
async def loyalty(make_database) -> AsyncIterator[Loyalty]:
    async with loyalty_service(await make_database("loyalty")) as service:
        yield service


def applied_of(loyalty: Loyalty) -> Any:
    return loyalty.client._transport.app.state.applied  # type: ignore[attr-defined]


async def until_waiting(loyalty: Loyalty, reads: int) -> None:
    await eventually(lambda: len(applied_of(loyalty)._waiting), lambda found: found == reads)


@pytest.mark.parametrize("service", ["loyalty", "churn", "notify"])
def test_every_read_of_one_customer_can_wait_for_an_event(service):
    reads = [
        operation
        for operation in operations(service, app_without_database(SERVICES[service]).openapi())
        if operation.method == "GET" and operation.template.startswith("/v1/customers/{customer_id}")
    ]

    assert reads
    for operation in reads:
        assert {"after", "wait"} <= {parameter["name"] for parameter in operation.document["parameters"]}, operation


async def test_a_read_behind_the_event_is_answered_at_once(loyalty):
    order = paid("o")
    await loyalty.deliver(order)

    answer = await loyalty.get(BALANCE, after=str(order.id), wait=0)

    assert (answer.status_code, answer.json()["lifetime"]) == (200, 100)


@pytest.mark.parametrize("wait", ["3", "3s", "2.5"])
async def test_a_read_ahead_of_the_event_is_answered_once_it_was_applied(loyalty, wait):
    order = paid("o")
    read = asyncio.create_task(loyalty.get(BALANCE, after=str(order.id), wait=wait))
    await until_waiting(loyalty, 1)
    await loyalty.deliver(order)
    applied = monotonic_seconds()

    answer = await read

    assert (answer.status_code, answer.json()["lifetime"]) == (200, 100)
    assert monotonic_seconds() - applied < 1.5
    assert not applied_of(loyalty)._waiting


async def test_an_event_that_is_not_applied_in_time_is_said_to_be_missing(loyalty):
    await loyalty.deliver(paid("o"))

    answer = await loyalty.get(BALANCE, after=str(uuid4()), wait="0.2")

    assert (answer.status_code, answer.json()["code"]) == (425, "not_applied_yet")
    assert answer.headers["retry-after"] == "1"
    assert "order.paid" in answer.json()["detail"]
    assert not applied_of(loyalty)._waiting


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"after": "o-1001-paid"}, {"wait": "-1"}, {"wait": "3.1"}, {"wait": "nan"}, {"wait": "m"}]
)
async def test_a_position_that_cannot_be_is_refused(loyalty, query):
    assert (await loyalty.get(BALANCE, **query)).status_code == 422


async def test_who_waits_holds_no_connection_and_no_shop_holds_all_places(loyalty):
    await loyalty.deliver(paid("o"), paid("o", shop="t"))
    mine = [asyncio.create_task(loyalty.get(BALANCE, after=str(uuid4()), wait=3)) for _ in range(WAITING_PER_SHOP + 20)]
    await until_waiting(loyalty, WAITING_PER_SHOP)
    theirs = asyncio.create_task(loyalty.get(BALANCE, shop="t", after=str(uuid4()), wait="0.5"))
    await until_waiting(loyalty, WAITING_PER_SHOP + 1)
    pools = (loyalty.database.worker, loyalty.database.web)
    await eventually(lambda: [pool.get_size() - pool.get_idle_size() for pool in pools], lambda busy: busy == [0, 0])

    assert (await loyalty.get(BALANCE)).status_code == 200
    assert (await theirs).status_code == 425
    for read in mine:
        read.cancel()
    await asyncio.gather(*mine, return_exceptions=True)
    assert not applied_of(loyalty)._waiting
    assert WAITING_PER_SHOP * 4 == WAITING_MAX


async def test_a_database_that_is_away_for_a_moment_does_not_end_the_wait(loyalty, monkeypatch):
    order = paid("o")
    applied = applied_of(loyalty)
    look, failures = applied._look, iter(range(4))

    async def failing(ids):
        if next(failures, 0) > 0:
            raise ConnectionResetError
        return await look(ids)

    monkeypatch.setattr(applied, "_look", failing)
    read = asyncio.create_task(loyalty.get(BALANCE, after=str(order.id), wait=3))
    await until_waiting(loyalty, 1)
    await loyalty.deliver(order)

    assert (await read).status_code == 200


async def test_an_unknown_customer_is_told_that_events_may_be_on_their_way(loyalty):
    problem = (await loyalty.get("/v1/customers/nobody/balance")).json()

    assert problem["code"] == "unknown_customer"
    assert "may still be on their way" in problem["detail"]
    assert "after=<event_id>" in problem["detail"]


async def test_a_customers_own_token_neither_waits_for_nor_reads_another(loyalty):
    order = paid("o")
    await loyalty.deliver(order)
    for after in (str(order.id), str(uuid4())):
        answer = await loyalty.ask("GET", f"{BALANCE}?after={after}&wait=3", subject="d")

        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")


async def test_the_door_names_the_event_to_wait_for(make_database):
    async with ingest_service(await make_database("ingest")) as ingest:
        other = await ingest.make_source(name="not the record of orders")
        bodies = [
            order_body(),
            order_body({"total": -1}, id="bad"),
            {"id": "l", "type": "customer.updated", "customer": {"id": "c-42"}, "data": {"locale": "fa-IR"}},
        ]
        results = (await ingest.send(bodies)).json()["results"]
        again = (await ingest.send(bodies[0])).json()["results"]
        history_only = (await ingest.send(order_body(id="o-2"), key=other["key"])).json()["results"]
        published = {event.type: event.id for event in await ingest.news()}

    order, bad, profile = (result["event_id"] for result in results)
    assert UUID(order) == published["order.paid"]
    assert bad is None
    assert {published["contact.updated"], published["customer.updated"]} == set(snapshots_of(UUID(profile)))
    assert again[0]["event_id"] == order
    assert [(one["code"], one["event_id"]) for one in history_only] == [("history_only", None)]


async def test_an_export_of_ingest_waits_for_an_event_of_its_own_door(make_database):
    """It is in the history as soon as the door answers; one that was never posted is not."""
    async with ingest_service(await make_database("ingest")) as ingest:
        answer = await ingest.send(order_body())
        event_id = answer.json()["results"][0]["event_id"]

        async def export(after):
            return await ingest.ask(
                "GET", "/v1/customers/c-42/export", "customers:export", params={"after": after, "wait": 0}
            )

        found = await export(event_id)
        assert (found.status_code, [row["event_id"] for row in found.json()["rows"]["events"]]) == (200, [event_id])
        missing = await export(str(uuid4()))
        assert (missing.status_code, missing.json()["code"]) == (425, "not_applied_yet")
