"""What is released from quarantine is accepted as if that had happened when it was received."""

from datetime import timedelta

from builders.bodies import order_body, refund_body
from harness.ingest_service import SHOP
from harness.repairing import MOVE_TOTAL, carried_out, groups, repair, without_total
from ingest.hallway.expired_refunds import WAITS_AT_MOST, quarantine_expired
from mandegar.database import transaction


async def test_an_event_happened_when_it_was_received_and_not_when_it_is_released(ingest):
    ahead = (ingest.clock.now() + timedelta(hours=20)).isoformat()
    nameless = without_total(2)
    del nameless["time"]
    await ingest.send([without_total(1, time=ahead), nameless])
    received = ingest.clock.now()
    (group,) = await groups(ingest)
    ingest.clock.advance(timedelta(days=20))
    await carried_out(ingest, group, MOVE_TOTAL)
    first, second = sorted(await ingest.news(), key=lambda event: event.data.order_id)

    assert first.time == second.time == received
    assert first.data.written_at is not None
    assert first.recorded_time == second.recorded_time == ingest.clock.now()


async def test_one_that_is_released_by_hand_did_too(ingest):
    ahead = (ingest.clock.now() + timedelta(hours=20)).isoformat()
    await ingest.send(order_body({"total": "-5"}, time=ahead))
    received = ingest.clock.now()
    (entry,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    ingest.clock.advance(timedelta(days=20))
    await ingest.ask("POST", f"/v1/quarantine/{entry['id']}/release", json=order_body(time=ahead))
    (event,) = await ingest.news()

    assert (event.time, event.recorded_time) == (received, ingest.clock.now())


async def test_what_a_closed_source_sent_before_can_be_released_and_completes_it_again(ingest):
    history = await ingest.make_source(historical=True)
    await ingest.send([without_total(1), without_total(2)], key=history["key"])
    ingest.clock.advance(timedelta(minutes=1))
    await ingest.ask("POST", f"/v1/sources/{history['source_id']}/close")
    closings = [event.id for event in await ingest.news() if event.type == "source.closed"]
    (group,) = await groups(ingest)
    repaired = await carried_out(ingest, group, MOVE_TOTAL)
    first, second, *again = await ingest.news()

    assert repaired["accepted"] == 2
    assert {first.type, second.type} == {"order.paid"}
    assert first.backfill
    assert len({event.data.partition for event in again}) == len(again) == len(closings) > 1
    assert {event.type for event in again} == {"source.closed"}
    assert not {event.id for event in again} & {*closings}


async def test_what_came_after_its_source_was_closed_stays_refused(ingest):
    await ingest.send(without_total(1))
    (group,) = await groups(ingest)
    await ingest.database.worker.execute("UPDATE sources SET closed_at = $1", ingest.clock.now() - timedelta(seconds=1))
    repaired = await carried_out(ingest, group, MOVE_TOTAL)

    assert repaired["remaining"] == {"source_closed": 1}
    assert await ingest.news() == []


async def test_a_source_that_lost_its_role_was_the_record_of_orders_when_it_sent_the_event(ingest):
    await ingest.send(without_total(1))
    other = await ingest.make_source(record_of_orders=False)
    await ingest.send(without_total(2), key=other["key"])
    await ingest.ask("PATCH", f"/v1/sources/{other['source_id']}", json={"record_of_orders": True})
    await ingest.news()
    for group in await groups(ingest):
        await carried_out(ingest, group, MOVE_TOTAL)

    assert [event.data.order_id for event in await ingest.news()] == ["o-1"]


async def test_an_order_left_its_guest_when_the_account_claimed_it(ingest):
    await ingest.send(order_body({"order_id": "o-1"}, customer={"email": "sara@example.com"}))
    ingest.clock.advance(timedelta(hours=1))
    await ingest.send(without_total(1))
    claimed = ingest.clock.now()
    (group,) = await groups(ingest)
    ingest.clock.advance(timedelta(days=20))
    await carried_out(ingest, group, MOVE_TOTAL)
    moves = [event for event in await ingest.news() if event.type == "order.moved"]

    assert [(event.time, event.data.to) for event in moves] == [(claimed, "c-1")]


async def test_a_refund_whose_order_was_in_quarantine_finds_it(ingest):
    await ingest.send([without_total(1), refund_body({"order_id": "o-1"})])
    (group,) = await groups(ingest)
    await carried_out(ingest, group, MOVE_TOTAL)

    assert [(event.type, event.customer) for event in await ingest.news()] == [
        ("order.paid", (SHOP, "c-1")),
        ("refund.issued", (SHOP, "c-1")),
    ]


async def test_a_refund_that_waited_too_long_is_dated_when_it_came(ingest):
    undated = refund_body({"order_id": "o-1"})
    del undated["time"]
    await ingest.send(undated)
    came = ingest.clock.now()
    ingest.clock.advance(WAITS_AT_MOST + timedelta(days=1))
    async with transaction(ingest.database.worker) as connection:
        assert await quarantine_expired(connection, ingest.clock.now()) == 1
    await ingest.send(order_body({"order_id": "o-1"}))
    await ingest.news()
    (group,) = await groups(ingest)
    await carried_out(ingest, group)

    assert [(event.type, event.time) for event in await ingest.news()] == [("refund.issued", came)]


async def test_what_a_mapping_shows_to_be_of_an_erased_customer_is_not_released(ingest):
    await ingest.send(order_body(customer={"id": "c-1"}))
    hidden = order_body({"order_id": "o-2"}, id="e-2", whom="c-1")
    del hidden["customer"]
    await ingest.send(hidden)
    (group,) = await groups(ingest)
    erased = await ingest.ask("DELETE", "/v1/customers/c-1", "customers:erase")
    assert erased.status_code < 300, erased.text
    await ingest.news()
    step = {"op": "move", "from": "/whom", "path": "/customer/id"}
    shown = (await repair(ingest, group, step, dry_run=True)).json()
    repaired = await carried_out(ingest, group, step)

    assert shown["remaining"] == repaired["remaining"] == {"customer_erased": 1}
    assert shown["accepted"] == repaired["accepted"] == 0
    assert await ingest.news() == []


async def test_an_empty_mapping_tries_events_as_they_are(ingest):
    await ingest.send(order_body({"currency": "IRT"}))
    (group,) = await groups(ingest)
    await ingest.ask("PATCH", f"/v1/sources/{ingest.source_id}", json={"unit": "IRT"})
    (now,) = await groups(ingest)
    repaired = await carried_out(ingest, group)

    assert (group["suggestion"], now["suggestion"]["steps"]) == (None, [])
    assert repaired["accepted"] == 1
    assert [event.data.total for event in await ingest.news()] == [125_000_000]
