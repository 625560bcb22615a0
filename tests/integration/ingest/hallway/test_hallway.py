"""What the hallway does beside keeping events: contacts, refunds that look for their order, many writers at once."""

import asyncio
from datetime import timedelta

from builders.bodies import order_body, refund_body
from harness.ingest_service import ingest_service
from ingest.context import extend
from ingest.hallway.expired_refunds import quarantine_expired
from ingest.hallway.group_commit import Unavailable
from mandegar.database import transaction


async def test_contacts_are_published_when_they_changed_and_only_then(ingest):
    sara = {"id": "c-42", "email": "Sara@Example.com", "phone": "09121234567", "locale": "fa-IR"}
    consenting = {**sara, "consent": {"email": True}, "attributes": {"vip": "yes"}}
    await ingest.send(order_body(customer=consenting))
    first = {event.type: event for event in await ingest.news()}

    assert set(first) == {"order.paid", "contact.updated", "customer.updated"}
    contact, customer = first["contact.updated"].data, first["customer.updated"].data
    assert (contact.version, contact.email, contact.phone) == (1, "sara@example.com", "+989121234567")
    assert contact.consents["email"].status == "granted"
    assert (customer.version, customer.locale, customer.attributes) == (1, "fa-IR", {"vip": "yes"})

    await ingest.send(order_body(id="later", time="2026-11-22T11:00:00Z", customer=sara))
    assert [event.type for event in await ingest.news()] == ["order.paid"]

    update = {"id": "u", "type": "customer.updated", "customer": {"id": "c-42"}, "data": {"phone": None}}
    await ingest.send(update)
    (changed, pseudonyms) = await ingest.news()
    assert (changed.type, changed.data.version, changed.data.phone) == ("contact.updated", 2, None)
    assert changed.data.email == "sara@example.com"
    assert (pseudonyms.type, pseudonyms.data.version, pseudonyms.data.phone_id) == ("customer.updated", 2, None)

    older = order_body(id="older", time="2026-11-01T00:00:00Z", customer={"id": "c-42", "email": "old@example.com"})
    await ingest.send(older)
    (_, replaced) = await ingest.news()
    assert (replaced.type, replaced.data.email) == ("contact.updated", "sara@example.com")
    assert replaced.data.email_since is not None  # so what was said before then was about another address

    await ingest.send(older | {"id": "older still", "time": "2026-10-31T00:00:00Z"})
    assert [event.type for event in await ingest.news()] == ["order.paid"]


async def test_no_address_goes_to_ingest_events(ingest):
    everything = {"email": "sara@example.com", "phone": "09121234567", "name": "Sara Moradi", "locale": "fa-IR"}
    await ingest.send(order_body(customer=everything))
    async with transaction(ingest.database.worker) as connection:
        rows = await connection.fetch("SELECT key, value FROM outbox WHERE topic = 'ingest.events'")

    text = b" ".join(row["key"] + row["value"] for row in rows)
    assert rows
    for secret in (b"sara", b"Sara", b"912123"):
        assert secret not in text


async def test_a_refund_without_customer_finds_an_order_that_is_known(ingest):
    await ingest.send(order_body())
    await ingest.news()
    (result,) = (await ingest.send(refund_body())).json()["results"]
    (event,) = await ingest.news()

    assert (result["status"], result["code"]) == ("accepted", None)
    assert (event.type, event.customer_id) == ("refund.issued", "c-42")
    assert len((await ingest.ask("GET", "/v1/customers/c-42/events")).json()["events"]) == 2


async def test_a_refund_before_its_order_waits_and_is_published_with_it(ingest):
    assert await ingest.results(refund_body()) == [("accepted", "waiting_for_order")]
    assert await ingest.news() == []
    assert await ingest.results(refund_body()) == [("duplicate", None)]
    await ingest.send(order_body())

    assert [(event.type, event.customer_id) for event in await ingest.news()] == [
        ("order.paid", "c-42"),
        ("refund.issued", "c-42"),
    ]


async def test_refund_and_order_in_one_request_find_each_other(ingest):
    assert await ingest.results([refund_body(), order_body()]) == [("accepted", None), ("accepted", None)]
    assert {event.customer_id for event in await ingest.news()} == {"c-42"}


async def test_refunds_and_orders_that_race_never_miss_each_other(ingest, make_database):
    """Two processes: one gets the orders, the other their refunds, at the same time."""

    first = ingest.context
    for number in range(20):
        other = extend(ingest.context)
        data = {"order_id": f"o-{number}"}
        orders = ingest.arrivals([order_body(data, id=f"o-{number}")])
        refunds = ingest.arrivals([refund_body({**data, "refund_id": f"r-{number}"}, id=f"r-{number}")])
        await asyncio.gather(first.commits.submit(orders), other.commits.submit(refunds))

    news = await ingest.news()
    assert len(news) == 40
    assert {event.customer_id for event in news} == {"c-42"}


async def test_while_the_database_is_away_everybody_in_the_queue_is_told_in_time(make_database):
    """Not one flush after the other: the last of a full queue would be told minutes later."""
    database = await make_database("ingest")
    async with ingest_service(database, accept_seconds=0.5) as ingest:
        commits = ingest.context.commits
        requests = [ingest.arrivals([order_body(id=f"{n}-{i}") for i in range(300)]) for n in range(12)]
        async with transaction(database.worker) as blocking:
            await blocking.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            async with asyncio.timeout(3):
                told = await asyncio.gather(*(commits.submit(request) for request in requests), return_exceptions=True)
        assert {type(answer) for answer in told} == {Unavailable}
        assert await ingest.results(order_body()) == [("accepted", None)]


async def test_a_refund_whose_order_never_comes_goes_to_quarantine_after_thirty_days(ingest):
    await ingest.send(refund_body())
    for days, moved in ((29, 0), (2, 1), (1, 0)):
        ingest.clock.advance(timedelta(days=days))
        async with transaction(ingest.database.worker) as connection:
            assert await quarantine_expired(connection, ingest.clock.now()) == moved
    kept = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]

    assert [(item["native_id"], item["code"]) for item in kept] == [("r-1", "order_unknown")]
    await ingest.send(order_body())
    await ingest.news()
    released = await ingest.ask("POST", f"/v1/quarantine/{kept[0]['id']}/release")
    assert released.json()["status"] == "accepted"
    assert [(event.type, event.customer_id) for event in await ingest.news()] == [("refund.issued", "c-42")]


async def test_orders_of_a_source_that_is_no_record_stay_in_the_history(ingest):
    other = await ingest.make_source(name="analytics")
    assert not other["record_of_orders"]

    assert await ingest.results(order_body(), key=other["key"]) == [("accepted", "history_only")]
    view = {"id": "v", "type": "product.viewed", "customer": {"id": "c-42"}, "data": {"product_id": "p"}}
    assert await ingest.results(view, key=other["key"]) == [("accepted", None)]
    assert [event.type for event in await ingest.news()] == ["product.viewed"]
    # A refund from there neither waits nor finds anybody.
    assert await ingest.results(refund_body(), key=other["key"]) == [("accepted", "history_only")]
    assert await ingest.news() == []


async def test_many_writers_with_the_same_events_accept_each_once(ingest):
    batches = [[order_body(id=f"e-{(start + number) % 40}") for number in range(30)] for start in range(0, 40, 5)]
    answers = await asyncio.gather(*(ingest.results(batch) for batch in batches))
    statuses = [status for answer in answers for status, _ in answer]

    assert statuses.count("accepted") == 40
    assert statuses.count("duplicate") == len(statuses) - 40
    assert len(await ingest.news()) == 40
