"""Orders that are missing are accepted in their place, and count once whatever comes later."""

from datetime import UTC, datetime

from builders.bodies import order_body, refund_body
from harness.failing import failing_at
from harness.reconciling import accept, begin, compared, csv_of, findings, line_of, problem, reconcile, send
from ingest.reconciling import accept as accepting
from ingest.reconciling.carry_on import carry_on
from ingest.reconciling.failpoints import ReconcilingFailpoint

TIME = datetime(2026, 11, 20, 10, tzinfo=UTC)


def order(number: int) -> dict[str, object]:
    """The order that ``line_of`` has a line for, as the shop sends it itself."""
    data = {"order_id": f"o-{number}", "total": f"{number}000"}
    return order_body(data, id=f"e-{number}", time="2026-11-20T10:00:00Z", customer={"id": f"c-{number}"})


async def test_a_missing_order_is_accepted_at_its_time_for_its_customer(ingest):
    path, found = await reconcile(ingest, line_of(1))
    assert found["counts"]["acceptable"] == 1
    accepted = await accept(ingest, path)
    (event,) = await ingest.news()

    assert (accepted["counts"]["orders"]["missing"], accepted["counts"]["orders"]["accepted"]) == (0, 1)
    assert (event.type, event.time, event.customer_id, event.backfill) == ("order.paid", TIME, "c-1", False)
    assert (event.data.order_id, event.data.total, event.data.status) == ("o-1", 1000, "paid")
    (past,) = (await ingest.ask("GET", "/v1/customers/c-1/events")).json()["events"]
    assert (past["source_id"], past["id"]) == (ingest.source_id, "reconciled/o-1")


async def test_accepting_again_publishes_nothing_and_so_does_another_file(ingest):
    path, _ = await reconcile(ingest, line_of(1))
    await accept(ingest, path)
    await ingest.news()
    again = await compared(ingest, path)
    await accept(ingest, path)
    other, found = await reconcile(ingest, line_of(1), line_of(2))

    assert (again["counts"]["orders"]["matched"], again["counts"]["orders"]["missing"]) == (1, 0)
    assert found["counts"]["orders"]["matched"] == 1
    assert await ingest.news() == []
    await accept(ingest, other)
    assert [event.data.order_id for event in await ingest.news()] == ["o-2"]


async def test_what_came_since_the_comparison_is_not_accepted_once_more(ingest):
    path, _ = await reconcile(ingest, line_of(1), line_of(2))
    await ingest.send(order(1))
    await ingest.news()
    found = await accept(ingest, path)

    assert [event.data.order_id for event in await ingest.news()] == ["o-2"]
    (matched,) = await findings(ingest, path, "matched")
    assert (matched["order_id"], matched["cause"]) == ("o-1", "came_since")
    assert found["counts"]["orders"]["accepted"] == 1


async def test_some_of_the_missing_are_accepted_by_their_ids(ingest):
    path, _ = await reconcile(ingest, line_of(1), line_of(2), line_of(3))
    found = await accept(ingest, path, order_ids=["o-2", "o-9"])

    assert [event.data.order_id for event in await ingest.news()] == ["o-2"]
    assert (found["counts"]["orders"]["missing"], found["counts"]["orders"]["accepted"]) == (2, 1)
    none = await ingest.ask("POST", f"{path}/accept", json={"order_ids": ["o-9"], "confirm": True})
    assert problem(none) == (409, "nothing_missing")


async def test_a_status_decides_what_is_accepted(ingest):
    header = "order_id,total,paid_at,customer_id,status"
    lines = [f"{line_of(number)},{word}" for number, word in enumerate(("open", "paid", "لغو شده", "refunded"), 1)]
    path, _ = await reconcile(ingest, *lines, header=header)
    await accept(ingest, path)
    events = {event.data.order_id: event for event in await ingest.news()}

    assert {id_: (event.type, event.data.status) for id_, event in events.items()} == {
        "o-1": ("order.placed", "open"), "o-2": ("order.paid", "paid"),
        "o-3": ("order.updated", "cancelled"), "o-4": ("order.updated", "refunded"),
    }  # fmt: skip


async def test_a_part_that_was_refunded_needs_the_id_of_its_refund(ingest):
    header = "order_id,total,paid_at,customer_id,refunded,refund_id"
    path, found = await reconcile(
        ingest, f"{line_of(1)},300,", f"{line_of(2)},300,r-2", f"{line_of(3)},3000,", f"{line_of(4)},0,", header=header
    )
    assert found["counts"]["lacking"] == {"refund_id": 1}
    await accept(ingest, path)
    await ingest.send(refund_body({"refund_id": "r-2", "order_id": "o-2", "amount": "300"}, id="late"))
    events = await ingest.news()

    assert sorted((event.data.order_id, event.type) for event in events) == [
        ("o-2", "order.paid"), ("o-2", "refund.issued"), ("o-2", "refund.issued"), ("o-3", "order.updated"),
        ("o-4", "order.paid"),
    ]  # fmt: skip
    assert {event.data.refund_id for event in events if event.type == "refund.issued"} == {"r-2"}


async def test_lines_without_what_accepting_needs_are_named_and_left(ingest):
    path, found = await reconcile(
        ingest, "o-1,1000,,c-1", "o-2,2000,2026-11-20T10:00:00Z,", "o-3,,2026-11-20T10:00:00Z,c-3", line_of(4)
    )
    assert found["counts"]["lacking"] == {"time": 1, "customer": 1, "total": 1}
    await accept(ingest, path)

    assert [event.data.order_id for event in await ingest.news()] == ["o-4"]
    assert [bool(each["lacks"]) for each in await findings(ingest, path, "missing")] == [True, True, True]


async def test_a_step_that_is_killed_is_repeated_and_publishes_nothing_twice(ingest, monkeypatch):
    monkeypatch.setattr(accepting, "ROWS_AT_ONCE", 2)
    path, _ = await reconcile(ingest, *(line_of(number) for number in range(1, 6)))
    await ingest.ask("POST", f"{path}/accept", json={"confirm": True})
    assert await carry_on(ingest.context)
    with failing_at(ReconcilingFailpoint.BEFORE_COMMIT):
        await carry_on(ingest.context)
    assert sorted(event.data.order_id for event in await ingest.news()) == ["o-1", "o-2"]
    while await carry_on(ingest.context):
        pass

    assert sorted(event.data.order_id for event in await ingest.news()) == ["o-3", "o-4", "o-5"]


async def test_a_file_of_another_shop_is_not_accepted_without_confirmation(ingest):
    await ingest.send(order(1))
    path, found = await reconcile(ingest, *(line_of(number) for number in range(1, 21)))
    answer = await ingest.ask("POST", f"{path}/accept", json={})

    assert problem(answer) == (409, "needs_confirmation")
    assert answer.json()["warnings"] == found["counts"]["warnings"]
    assert "of 20 orders 1 are known here: is this the right shop" in answer.json()["warnings"][0]["detail"]
    assert not await carry_on(ingest.context)


async def test_nothing_is_accepted_before_the_whole_file_was_compared(ingest):
    body = csv_of(line_of(1))
    path = await begin(ingest, body)
    assert problem(await ingest.ask("POST", f"{path}/compare")) == (409, "no_rows")
    await send(ingest, path, body)
    assert problem(await ingest.ask("POST", f"{path}/accept", json={})) == (409, "not_compared")
    await compared(ingest, path)
    await send(ingest, path, csv_of(line_of(2)), first_line=3)
    assert problem(await ingest.ask("POST", f"{path}/accept", json={})) == (409, "not_compared")


async def test_a_shop_whose_record_of_orders_is_closed_is_told_so(ingest):
    path, _ = await reconcile(ingest, line_of(1))
    await ingest.ask("POST", f"/v1/sources/{ingest.source_id}/close")

    assert problem(await ingest.ask("POST", f"{path}/accept", json={})) == (409, "no_record_of_orders")
