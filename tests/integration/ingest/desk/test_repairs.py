"""Events in quarantine by their cause, and the repair of all that have one."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from builders.bodies import order_body
from harness.failing import failing_at
from harness.locking import until_waiting
from harness.repairing import COMMA, MOVE_TOTAL, carried_out, groups, repair, without_total
from ingest.desk.repairs import carry_on as carrying
from ingest.desk.repairs.carry_on import carry_on
from ingest.desk.repairs.failpoints import RepairFailpoint
from mandegar.database import transaction


async def test_events_are_grouped_by_source_and_cause_with_their_place_and_an_example(ingest):
    other = await ingest.make_source(record_of_orders=False)
    await ingest.send([without_total(1), without_total(2), order_body({"currency": "XYZ"}, id="e-3")])
    ingest.clock.advance(timedelta(minutes=5))
    await ingest.send(without_total(4))
    await ingest.send(without_total(5), key=other["key"])
    first, *others = await groups(ingest)

    assert (first["source_id"], first["code"], first["place"], first["events"]) == (
        *(ingest.source_id, "invalid_data", "/data/total", 3),
    )
    assert (first["detail"], first["more"]) == ("data.total is missing", False)
    assert json.loads(first["example"]["body"]) in (without_total(1), without_total(2))
    assert (first["first_at"], first["last_at"]) == ("2026-11-22T12:00:00Z", "2026-11-22T12:05:00Z")
    assert sorted((group["source_id"], group["code"]) for group in others) == sorted(
        [(ingest.source_id, "wrong_currency"), (other["source_id"], "invalid_data")]
    )


async def test_a_suggested_repair_is_one_after_which_the_events_are_accepted(ingest):
    await ingest.send([without_total(1), without_total(2), without_total(3)])
    (group,) = await groups(ingest)
    assert group["suggestion"] == {"steps": [MOVE_TOTAL], "accepts": 3, "tried": 3}

    repaired = await carried_out(ingest, group, *group["suggestion"]["steps"])
    assert (repaired["state"], repaired["accepted"], repaired["remaining"]) == ("finished", 3, {})
    assert sorted(event.data.total for event in await ingest.news()) == [1_000_000, 2_000_000, 3_000_000]


async def test_pages_of_groups_go_on_where_they_ended(ingest):
    fields = ["order_id", "total", "currency"]
    for number, field in enumerate(fields):
        body = order_body(id=f"e-{number}")
        del body["data"][field]
        await ingest.send(body)
    await ingest.send(order_body(id="e-9", time="soon"))
    seen, after = [], None
    while True:
        query = {"limit": 1, **({"after": after} if after else {})}
        page = (await ingest.ask("GET", "/v1/quarantine/groups", params=query)).json()
        seen += [group["detail"] for group in page["groups"]]
        after = page["next_after"]
        if after is None:
            break

    assert len(seen) == len(set(seen)) == 4


async def test_a_dry_run_shows_what_would_become_of_the_events_and_changes_nothing(ingest):
    odd = without_total(3)
    odd["data"]["sum"] = "a lot"
    await ingest.send([without_total(1), without_total(2), odd])
    (group,) = await groups(ingest)
    answer = await repair(ingest, group, MOVE_TOTAL, dry_run=True, examples=1)
    shown = answer.json()

    assert answer.status_code == 200
    assert (shown["events"], shown["tried"], shown["accepted"], shown["duplicates"]) == (3, 3, 2, 0)
    assert shown["remaining"] == {"bad_amount": 1}
    accepted, refused = sorted(shown["examples"], key=lambda example: example["status"])
    before, after = json.loads(accepted["before"]), json.loads(accepted["after"])
    assert before in (without_total(1), without_total(2))
    assert after["data"]["total"] == before["data"]["sum"]
    assert (accepted["status"], refused["status"], refused["code"]) == ("accepted", "quarantined", "bad_amount")
    assert await groups(ingest) == [group]
    assert await ingest.news() == []
    assert not await carry_on(ingest.context)


async def test_what_a_mapping_does_not_mend_stays_as_it_was_received(ingest):
    odd = without_total(2)
    odd["data"]["sum"] = "a lot"
    await ingest.send([without_total(1), odd])
    (group,) = await groups(ingest)
    repaired = await carried_out(ingest, group, MOVE_TOTAL)
    (left,) = await groups(ingest)

    assert (repaired["tried"], repaired["accepted"], repaired["remaining"]) == (2, 1, {"bad_amount": 1})
    assert json.loads(left["example"]["body"]) == odd
    assert (left["group_id"], left["events"]) == (group["group_id"], 1)


async def test_the_original_stays_beside_what_was_accepted(ingest):
    await ingest.send(without_total(1))
    (group,) = await groups(ingest)
    await carried_out(ingest, group, MOVE_TOTAL)
    (entry,) = (await ingest.ask("GET", "/v1/quarantine", params={"state": "released"})).json()["quarantine"]
    body = (await ingest.ask("GET", f"/v1/quarantine/{entry['id']}")).json()["body"]
    (event,) = (await ingest.ask("GET", "/v1/customers/c-1/events")).json()["events"]

    assert json.loads(body) == without_total(1)
    assert event["body"]["data"]["total"] == "1000000"


async def test_the_same_repair_again_changes_nothing(ingest):
    odd = without_total(2)
    odd["data"]["sum"] = "a lot"
    await ingest.send([without_total(1), odd])
    (group,) = await groups(ingest)
    await carried_out(ingest, group, MOVE_TOTAL)
    await ingest.news()
    again = await carried_out(ingest, group, MOVE_TOTAL)

    assert (again["tried"], again["accepted"], again["remaining"]) == (1, 0, {"bad_amount": 1})
    assert await ingest.news() == []


async def test_a_repair_that_is_killed_goes_on_where_it_was(ingest, monkeypatch):
    monkeypatch.setattr(carrying, "EVENTS_AT_ONCE", 3)
    await ingest.send([without_total(number) for number in range(1, 9)])
    (group,) = await groups(ingest)
    path = (await repair(ingest, group, MOVE_TOTAL)).headers["Location"]
    assert await carry_on(ingest.context)
    with failing_at(RepairFailpoint.BEFORE_COMMIT):
        await carry_on(ingest.context)
    between = (await ingest.ask("GET", path)).json()
    while await carry_on(ingest.context):
        pass
    ended = (await ingest.ask("GET", path)).json()

    assert (between["state"], between["tried"], between["events"]) == ("running", 3, 8)
    assert (ended["state"], ended["tried"], ended["accepted"]) == ("finished", 8, 8)
    assert sorted(event.data.order_id for event in await ingest.news()) == [f"o-{number}" for number in range(1, 9)]


async def test_two_processes_carry_one_repair_on_one_after_the_other(ingest, monkeypatch):
    monkeypatch.setattr(carrying, "EVENTS_AT_ONCE", 2)
    await ingest.send([without_total(number) for number in range(1, 10)])
    (group,) = await groups(ingest)
    path = (await repair(ingest, group, MOVE_TOTAL)).headers["Location"]

    async def until_ended() -> None:
        while (await ingest.ask("GET", path)).json()["state"] == "running":
            await carry_on(ingest.context)

    await asyncio.gather(until_ended(), until_ended())
    ended = (await ingest.ask("GET", path)).json()

    assert (ended["tried"], ended["accepted"]) == (9, 9)
    assert len(await ingest.news()) == 9


async def test_two_operators_cannot_repair_one_group_in_two_ways_at_once(ingest):
    await ingest.send([without_total(1)])
    (group,) = await groups(ingest)
    one, other = await asyncio.gather(repair(ingest, group, MOVE_TOTAL), repair(ingest, group, COMMA))
    first, second = sorted((one, other), key=lambda answer: answer.status_code)
    same = await repair(ingest, group, *first.json()["steps"])

    assert (first.status_code, second.status_code, second.json()["code"]) == (202, 409, "repair_running")
    assert second.json()["repair_id"] == first.json()["repair_id"]
    assert (same.status_code, same.json()["repair_id"]) == (202, first.json()["repair_id"])


async def test_a_release_by_hand_while_the_group_is_repaired_counts_once(ingest):
    await ingest.send([without_total(1), without_total(2)])
    (group,) = await groups(ingest)
    await repair(ingest, group, MOVE_TOTAL)
    by_hand = json.loads(group["example"]["body"])
    by_hand["data"]["total"] = "7"
    path = f"/v1/quarantine/{group['example']['quarantine_id']}/release"
    answers = await asyncio.gather(ingest.ask("POST", path, json=by_hand), carry_on(ingest.context))
    while await carry_on(ingest.context):
        pass

    assert answers[0].status_code in (200, 409)
    assert sorted(event.data.order_id for event in await ingest.news()) == ["o-1", "o-2"]


async def test_an_entry_that_was_dropped_while_a_repair_looked_ahead_stays_dropped(ingest):
    await ingest.send(without_total(1))
    (group,) = await groups(ingest)
    await repair(ingest, group, MOVE_TOTAL)
    entry_id = group["example"]["quarantine_id"]
    async with transaction(ingest.database.worker) as connection:
        await connection.execute("UPDATE quarantine SET state = 'dropped' WHERE id = $1", UUID(entry_id))
        step = asyncio.create_task(carry_on(ingest.context))
        await until_waiting(ingest.database.worker, 1)
    assert await step
    entry = (await ingest.ask("GET", f"/v1/quarantine/{entry_id}")).json()

    assert entry["state"] == "dropped"
    assert await ingest.news() == []


async def test_a_stopped_repair_leaves_what_it_did_and_what_it_did_not(ingest, monkeypatch):
    monkeypatch.setattr(carrying, "EVENTS_AT_ONCE", 1)
    await ingest.send([without_total(1), without_total(2)])
    (group,) = await groups(ingest)
    path = (await repair(ingest, group, MOVE_TOTAL)).headers["Location"]
    await carry_on(ingest.context)
    stopped = await ingest.ask("POST", f"{path}/stop")
    again = await ingest.ask("POST", f"{path}/stop")

    assert (stopped.json()["state"], stopped.json()["accepted"]) == ("stopped", 1)
    assert again.json() == stopped.json()
    assert not await carry_on(ingest.context)
    assert [left["events"] for left in await groups(ingest)] == [1]


async def test_events_that_come_while_a_repair_runs_are_left_for_the_next_one(ingest):
    await ingest.send(without_total(1))
    (group,) = await groups(ingest)
    await repair(ingest, group, MOVE_TOTAL)
    ingest.clock.advance(timedelta(seconds=1))
    await ingest.send(without_total(2))
    while await carry_on(ingest.context):
        pass

    assert [left["events"] for left in await groups(ingest)] == [1]


@pytest.mark.parametrize("resent_first", [True, False])
async def test_of_an_event_that_the_shop_repaired_itself_meanwhile_one_counts(ingest, resent_first):
    mended = {**without_total(1), "data": {"order_id": "o-1", "currency": "IRR", "total": "1000000"}}
    await ingest.send(without_total(1))
    (group,) = await groups(ingest)
    if resent_first:
        await ingest.send(mended)
    repaired = await carried_out(ingest, group, MOVE_TOTAL)
    if not resent_first:
        assert await ingest.results(mended) == [("duplicate", None)]

    assert (repaired["accepted"], repaired["duplicates"]) == ((0, 1) if resent_first else (1, 0))
    assert [event.data.total for event in await ingest.news()] == [1_000_000]
    assert await groups(ingest) == []


async def test_a_mapping_that_contradicts_what_was_accepted_since_releases_nothing(ingest):
    await ingest.send(without_total(1))
    (group,) = await groups(ingest)
    await ingest.send({**without_total(1), "data": {"order_id": "o-1", "currency": "IRR", "total": "5"}})
    shown = (await repair(ingest, group, MOVE_TOTAL, dry_run=True)).json()
    repaired = await carried_out(ingest, group, MOVE_TOTAL)

    assert shown["remaining"] == repaired["remaining"] == {"id_conflict": 1}
    assert [event.data.total for event in await ingest.news()] == [5]
    assert [left["code"] for left in await groups(ingest)] == ["invalid_data"]


async def test_a_mapping_that_makes_things_worse_releases_nothing_and_adds_nothing(ingest):
    await ingest.send([without_total(1), without_total(2)])
    (group,) = await groups(ingest)
    repaired = await carried_out(ingest, group, {"op": "remove", "path": "/data"}, {"op": "remove", "path": "/id"})

    assert (repaired["accepted"], sum(repaired["remaining"].values())) == (0, 2)
    assert [(left["group_id"], left["events"]) for left in await groups(ingest)] == [(group["group_id"], 2)]
    assert await ingest.database.worker.fetchval("SELECT count(*) FROM quarantine") == 2


@pytest.mark.parametrize(
    "step",
    [
        {"op": "add", "path": "/id", "value": "one"},
        {"op": "default", "path": "/customer/id", "value": "c-1"},
        {"op": "add", "path": "/customer", "value": {"email": "all@example.com"}},
        {"op": "map", "path": "/data/order_id", "values": {"": "o-1"}},
        {"op": "move", "from": "total", "path": "/data/total"},
        {"op": "move", "from": "/data/items/*/price", "path": "/data/total"},
        {"op": "add", "path": "/data/~x", "value": 1},
        {"op": "time", "path": "/time", "format": "%Q"},
        {"op": "time", "path": "/time", "format": "%d %d"},
        {"op": "number", "path": "/data/total", "decimal": ";"},
        {"op": "test", "path": "/data/total", "value": 1},
        {"op": "add", "path": "/data/items/*/note", "value": "x" * 1_000},
        {"op": "add", "path": "/data/note", "value": "\ud83d"},
    ],
)
async def test_a_mapping_that_would_melt_events_into_one_or_means_nothing_is_refused(ingest, step):
    await ingest.send(without_total(1))
    (group,) = await groups(ingest)
    for query in ({}, {"dry_run": True}):
        answer = await repair(ingest, group, step, **query)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert not await carry_on(ingest.context)


async def test_numbers_odd_text_and_fields_that_nobody_reads_are_written_again_as_they_were(ingest):
    fields = (
        b'"note": "half \\ud83d \\u0000 \xd8\xb3", "big": 12345678901234567890.123456789012345678, "e": 1e5, "no": null'
    )
    body = (
        b'{"id": "e-1", "type": "order.paid", "customer": {"id": "c-1"}, %s, "data": {"order_id": "o-1", '
        b'"currency": "IRR", "sum": 12.50, "items": [{"sku": "a", "unit_price": 1.10}]}}' % fields
    )
    await ingest.send(body)
    (group,) = await groups(ingest)
    repaired = await carried_out(ingest, group, MOVE_TOTAL)
    stored = await ingest.database.worker.fetchval("SELECT body FROM events")

    assert repaired["accepted"] == 1
    assert b'"total":12.50' in stored
    assert b'"unit_price":1.10' in stored
    assert fields.replace(b'": ', b'":').replace(b', "', b',"') in stored


async def test_another_shop_sees_and_repairs_nothing(ingest):
    await ingest.send(without_total(1))
    (group,) = await groups(ingest)
    begun = (await repair(ingest, group, MOVE_TOTAL)).json()
    for path in (f"groups/{group['group_id']}/repair", f"repairs/{begun['repair_id']}/stop"):
        answer = await ingest.ask("POST", f"/v1/quarantine/{path}", shop="other", json={"steps": []})
        assert answer.status_code == 404
    unknown = await ingest.ask("GET", f"/v1/quarantine/repairs/{begun['repair_id']}", shop="other")
    dry = await ingest.ask(
        "POST",
        f"/v1/quarantine/groups/{group['group_id']}/repair",
        shop="other",
        json={"steps": []},
        params={"dry_run": True},
    )
    empty = await ingest.ask("GET", "/v1/quarantine/groups", shop="other")
    none = await ingest.ask("GET", "/v1/quarantine/repairs", shop="other")

    assert (unknown.status_code, dry.status_code) == (404, 404)
    assert (empty.json()["groups"], none.json()["repairs"]) == ([], [])
    assert (await repair(ingest, {"group_id": uuid4()}, MOVE_TOTAL)).status_code == 404
