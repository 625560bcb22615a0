"""Files become events of the shop: once, in any order of their parts, whoever sends them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from builders.bodies import order_body
from harness.failing import failing_at
from harness.importing import ORDERS, begin, csv_of, errors_of, imported, order_rows, parts_of, send_part, state_of
from harness.ingest_service import NOON
from ingest.imports.failpoints import ImportFailpoint

FILE = csv_of(ORDERS, *order_rows(range(30)))
CLUB = "customer_id,joined_at,email,email_consent,email_consent_at,points,points_expire,tier,tier_until"


async def test_each_row_of_a_file_of_orders_is_an_order_and_its_sums_are_reconciled(ingest):
    finished = await imported(ingest, "orders", FILE)
    news = await ingest.news()
    orders = [event for event in news if event.type == "order.paid"]

    assert (finished["state"], finished["totals"]["rows"], finished["totals"]["accepted"]) == ("finished", 30, 30)
    assert Decimal(finished["totals"]["total"]) == Decimal(finished["totals"]["total_accepted"]) == 30_000_000
    assert {event.data.order_id for event in orders} == {f"o-{number}" for number in range(30)}
    assert all(event.backfill for event in orders)


async def test_the_same_file_again_is_the_same_import_and_changes_nothing(ingest):
    first = await imported(ingest, "orders", FILE)
    await ingest.news()
    again = (await begin(ingest, "orders", FILE)).json()
    answer = await send_part(ingest, again["import_id"], *reversed(parts_of(FILE, 100)[0]))

    assert (again["import_id"], again["state"], again["next_line"]) == (first["import_id"], "finished", 32)
    assert (answer.status_code, answer.json()["code"]) == (409, "import_ended")
    assert await ingest.news() == []


async def test_another_file_with_the_same_rows_has_the_same_events(ingest):
    await imported(ingest, "orders", FILE)
    await ingest.news()
    other = await imported(ingest, "orders", csv_of(ORDERS, *order_rows(range(29, -1, -1))), rows=7)

    assert (other["totals"]["accepted"], other["totals"]["known"]) == (30, 30)
    assert [event.type for event in await ingest.news()] == ["source.closed"] * 12


async def test_parts_in_any_order_and_more_than_once_are_counted_once(ingest):
    import_id = (await begin(ingest, "orders", FILE)).json()["import_id"]
    parts = parts_of(FILE, 7)
    first, second, *_, last = parts
    for first_line, part in (last, second, last, first, second, first):
        assert (await send_part(ingest, import_id, part, first_line)).status_code == 200
    half = await state_of(ingest, import_id)
    assert (half["next_line"], half["totals"]["rows"]) == (16, 16)
    assert half["received"] == [{"first_line": 2, "next_line": 16}, {"first_line": 30, "next_line": 32}]
    gap = await ingest.ask("POST", f"/v1/imports/{import_id}/finish")
    assert (gap.status_code, gap.json()["code"]) == (409, "lines_missing")

    for first_line, part in parts:
        assert (await send_part(ingest, import_id, part, first_line)).status_code == 200
    ended = (await ingest.ask("POST", f"/v1/imports/{import_id}/finish")).json()
    assert (ended["totals"]["rows"], Decimal(ended["totals"]["total_accepted"])) == (30, 30_000_000)


async def test_two_clients_with_the_same_part_at_once_count_it_once(ingest):
    import_id = (await begin(ingest, "orders", FILE)).json()["import_id"]
    answers = await asyncio.gather(
        *(send_part(ingest, import_id, part, line) for line, part in parts_of(FILE, 10) for _ in range(3))
    )

    assert {answer.status_code for answer in answers} == {200}
    totals = (await state_of(ingest, import_id))["totals"]
    assert (totals["rows"], totals["accepted"]) == (30, 30)
    assert len([event for event in await ingest.news() if event.type == "order.paid"]) == 30


async def test_parts_that_share_a_line_with_another_are_refused_with_what_was_taken(ingest):
    import_id = (await begin(ingest, "orders", FILE)).json()["import_id"]
    first_line, part = parts_of(FILE, 10)[0]
    await send_part(ingest, import_id, part, first_line)
    shifted = csv_of(ORDERS, *order_rows(range(5, 15)))
    answer = await send_part(ingest, import_id, shifted, first_line + 5)

    assert (answer.status_code, answer.json()["code"]) == (409, "lines_taken")
    assert answer.json()["taken"] == {"first_line": 2, "next_line": 12}
    assert (await state_of(ingest, import_id))["totals"]["rows"] == 10


async def test_parts_that_share_lines_are_not_both_counted_when_they_come_at_once(ingest):
    import_id = (await begin(ingest, "orders", FILE)).json()["import_id"]
    shapes = [(2, csv_of(ORDERS, *order_rows(range(10)))), (7, csv_of(ORDERS, *order_rows(range(5, 15))))]
    answers = await asyncio.gather(*(send_part(ingest, import_id, part, line) for line, part in shapes))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await state_of(ingest, import_id))["totals"]["rows"] == 10


async def test_a_part_that_was_accepted_and_not_noted_is_taken_again_without_a_second_effect(ingest):
    import_id = (await begin(ingest, "orders", FILE)).json()["import_id"]
    ((first_line, part),) = parts_of(FILE, 100)

    with failing_at(ImportFailpoint.BEFORE_NOTED):
        await send_part(ingest, import_id, part, first_line)
    assert (await state_of(ingest, import_id))["next_line"] == 2
    again = (await send_part(ingest, import_id, part, first_line)).json()

    assert (again["totals"]["accepted"], again["totals"]["known"]) == (30, 30)
    assert len([event for event in await ingest.news() if event.type == "order.paid"]) == 30


async def test_a_broken_line_costs_that_line_only_and_is_named(ingest):
    rows = order_rows(range(6))
    rows[1] = rows[1].replace("2026-01-02T10:00:00Z", "sometime")
    rows[2] = "o-2,c-2"
    rows[3] = 'o-3,"c-3'
    rows[4] = rows[4].replace("IRR", "EUR").replace("1000000", "sara@example.test")
    text = csv_of(ORDERS, *rows)
    finished = await imported(ingest, "orders", text)
    errors = await errors_of(ingest, finished["import_id"])

    assert (finished["totals"]["rows"], finished["totals"]["accepted"], finished["totals"]["refused"]) == (6, 2, 4)
    assert [(error["line"], error["column"], error["code"], error["refused"]) for error in errors] == [
        (3, "paid_at", "bad_time", True),
        (4, None, "wrong_number_of_fields", True),
        (5, None, "unbalanced_quote", True),
        (6, "total", "bad_amount", True),
    ]
    assert "sara" not in json.dumps(errors)


async def test_a_dry_run_reports_the_same_errors_and_accepts_nothing(ingest):
    await imported(ingest, "orders", csv_of(ORDERS, *order_rows([0])))
    await ingest.news()
    rows = order_rows(range(4))
    rows[0] = rows[0].replace("1000000", "2000000")
    rows[1] = rows[1].replace("1000000", "a lot")
    text = csv_of(ORDERS, *rows)
    tried = await imported(ingest, "orders", text, dry_run=True)
    assert await ingest.news() == []
    done = await imported(ingest, "orders", text)

    assert tried["import_id"] != done["import_id"]
    assert tried["totals"] == done["totals"]
    assert tried["totals"]["total"] == "4000000"
    seen = await errors_of(ingest, tried["import_id"])
    assert seen == await errors_of(ingest, done["import_id"])
    assert [(error["line"], error["code"]) for error in seen] == [(2, "id_conflict"), (3, "bad_amount")]
    assert (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"] == []


async def test_customers_come_with_their_past_their_consents_and_their_balances(ingest):
    text = csv_of(
        CLUB,
        "c-1,1399/01/15,sara@example.test,subscribed,1400/02/01,1200,1406/12/29,gold,1406/06/31",
        "c-2,2020-05-01,ali@example.test,unsubscribed,2025-01-01,0,,,",
    )
    finished = await imported(ingest, "customers", text, as_of="2026-11-01T00:00:00Z")
    news = await ingest.news()
    by_type = {event.type: event for event in news if event.customer_id in ("c-1", None)}
    contacts = {event.customer_id: event.data for event in news if event.type == "contact.updated"}

    assert (finished["totals"]["accepted"], finished["totals"]["points_accepted"]) == (2, 1200)
    joined = {event.customer_id: event.time for event in news if event.type == "customer.signed_up"}
    assert joined["c-1"] == datetime(2020, 4, 2, 19, 30, tzinfo=UTC)
    assert (contacts["c-1"].email, contacts["c-1"].consents["email"].status) == ("sara@example.test", "granted")
    assert contacts["c-2"].consents["email"].status == "withdrawn"
    assert contacts["c-2"].consents["email"].at == datetime(2024, 12, 31, 20, 30, tzinfo=UTC)
    assert by_type["points.opened"].data.points == 1200
    assert by_type["points.opened"].time == datetime(2026, 11, 1, tzinfo=UTC)
    assert by_type["tier.granted"].data.tier == "gold"
    assert by_type["shop.updated"].data.points_from == datetime(2026, 11, 1, tzinfo=UTC)


async def test_an_opt_out_without_a_date_stands_whatever_the_shop_repeats_later(ingest):
    await imported(ingest, "customers", csv_of("customer_id,joined_at,email,newsletter", "c-1,2020-05-01,a@b.test,no"))
    ingest.clock.advance(timedelta(days=3))
    customer = {"id": "c-1", "email": "a@b.test", "consent": {"email": True}}
    later = [
        order_body({"order_id": f"o-{day}"}, id=f"o-{day}", time=(NOON + timedelta(day)).isoformat(), customer=customer)
        for day in (1, 2)
    ]
    assert {result["status"] for result in (await ingest.send(later)).json()["results"]} == {"accepted"}
    contacts = [event.data for event in await ingest.news() if event.type == "contact.updated"]

    assert {contact.consents["email"].status for contact in contacts} == {"withdrawn"}


async def test_a_customer_can_have_several_lots_and_a_lot_is_one_however_often_it_comes(ingest):
    text = csv_of("customer_id,points,expires", "c-1,100,2027-01-01", "c-1,250,2027-06-01", "c-1,250,2027-06-01")
    # Two lots that nothing tells apart are not silently one.
    first = await imported(ingest, "points", text, as_of="2026-11-01T00:00:00Z")
    lots = [event.data for event in await ingest.news() if event.type == "points.opened"]
    await imported(ingest, "points", text + "c-2,5,\n")
    more = [event.data for event in await ingest.news() if event.type == "points.opened"]

    assert sorted(lot.points for lot in lots) == [100, 250]
    assert len({lot.lot_id for lot in lots}) == 2
    assert (first["totals"]["points"], first["totals"]["points_accepted"], first["totals"]["accepted"]) == (600, 350, 2)
    assert [error["code"] for error in await errors_of(ingest, first["import_id"])] == ["same_lot"]
    assert [lot.points for lot in more] == [5]


async def test_balances_need_a_cut_off_and_a_shop_has_one(ingest):
    text = csv_of("customer_id,points", "c-1,100")
    without = await begin(ingest, "points", text)
    ahead = await begin(ingest, "points", text, as_of=(NOON + timedelta(days=1)).isoformat())
    tried = await begin(ingest, "points", text, as_of="2026-10-01T00:00:00Z", dry_run=True)
    set_ = await begin(ingest, "points", text, as_of="2026-11-01T00:00:00Z")
    other = await begin(ingest, "points", text, as_of="2026-11-02T00:00:00Z")
    later = await begin(ingest, "points", csv_of("customer_id,points", "c-2,100"))

    assert (without.status_code, without.json()["code"]) == (422, "as_of_missing")
    assert (ahead.status_code, ahead.json()["code"]) == (422, "as_of_ahead")
    assert (tried.status_code, set_.status_code) == (200, 200)
    assert (other.status_code, other.json()["code"]) == (409, "other_cut_off")
    assert later.json()["as_of"] == "2026-11-01T00:00:00Z"


async def test_statuses_versions_and_refunds_of_orders(ingest):
    text = csv_of(
        ORDERS + ",status,refunded,version",
        "o-1,c-1,2026-01-01,100,IRR,completed,,",
        "o-2,c-1,2026-01-02,100,IRR,partially_refunded,40,",
        "o-3,c-1,2026-01-03,100,IRR,لغو شده,,",
        "o-4,c-1,2026-01-04,100,IRR,pending,,",
        "o-5,c-1,2026-01-05,100,IRR,closed,,",
        "o-6,c-1,2026-01-06,100,IRR,paid,,1",
        "o-6,c-1,2026-01-06,90,IRR,paid,10,2",
    )
    finished = await imported(ingest, "orders", text, statuses={"closed": "refunded"})
    news = [event for event in await ingest.news() if event.type.startswith(("order", "refund"))]
    said = {(event.type, event.data.order_id, getattr(event.data, "status", None)) for event in news}

    assert finished["totals"]["accepted"] == 7
    assert said == {
        ("order.paid", "o-1", None), ("order.paid", "o-2", None), ("refund.issued", "o-2", None),
        ("order.updated", "o-3", "cancelled"), ("order.placed", "o-4", None), ("order.updated", "o-5", "refunded"),
        ("order.paid", "o-6", None), ("refund.issued", "o-6", None),
    }  # fmt: skip
    assert Decimal(finished["totals"]["refunded_accepted"]) == 50


async def test_consecutive_rows_of_one_order_are_its_lines(ingest):
    text = csv_of(
        "Name,Email,Financial Status,Paid at,Currency,Total,Lineitem quantity,Lineitem price,Lineitem sku",
        "#1001,sara@example.test,paid,2026-01-01 10:00:00 +0330,IRR,300,1,100,p-1",
        "#1001,sara@example.test,,,,,2,100,p-2",
        "#1002,ali@example.test,paid,2026-01-01 11:00:00 +0330,IRR,50,1,50,p-1",
        "#1002,ali@example.test,,,,60,1,50,p-1",
    )
    finished = await imported(ingest, "orders", text)
    (order,) = [event for event in await ingest.news() if event.type == "order.paid"]

    assert [(item.product_id, item.quantity, item.unit_price) for item in order.data.items] == [
        ("p-1", 1, 100), ("p-2", 2, 100),
    ]  # fmt: skip
    assert (finished["totals"]["rows"], finished["totals"]["accepted"], finished["totals"]["refused"]) == (4, 2, 2)
    assert [error["code"] for error in await errors_of(ingest, finished["import_id"])] == ["rows_differ"]
    assert finished["together"] == ["Name"]


async def test_json_lines_may_have_items_and_fields_of_their_own(ingest):
    rows = [
        {"order_id": 1001, "customer_id": "c-1", "paid_at": "2026-01-01T10:00:00Z", "total": 250.5, "currency": "IRR",
         "items": [{"product_id": "p-1", "quantity": 2, "price": 100}, {"sku": "p-2"}, {"sku": "p-3", "price": -5}]},
        {"order_id": 1002, "email": "sara@example.test", "placed_at": "2026-01-01T10:00:00Z", "total": 5,
         "currency": "IRR"},
        {"order_id": 1003, "customer_id": "c-1", "total": 5, "currency": "IRR"},
        ["no object"],
    ]  # fmt: skip
    text = "".join(json.dumps(row) + "\n" for row in rows)
    begun = await begin(ingest, "orders", text, form="json_lines", header=[])
    answer = (await send_part(ingest, begun.json()["import_id"], text, 1)).json()
    orders = {event.data.order_id: event for event in await ingest.news() if event.type == "order.paid"}

    assert [(item.product_id, item.unit_price) for item in orders["1001"].data.items] == [("p-1", 100), ("p-2", None)]
    assert orders["1001"].data.total == Decimal("250.5")
    assert orders["1002"].customer_id.startswith("g_")
    assert [(error["line"], error["code"], error["refused"]) for error in answer["errors"]] == [
        (1, "bad_amount", False), (3, "missing_column", True), (4, "bad_json", True),
    ]  # fmt: skip


async def test_messages_of_another_system_are_told(ingest):
    text = csv_of(
        "customer_id,message_id,channel,sent_at,marketing",
        "c-1,m-1,email,1405/08/01 10:00,yes",
        "c-1,m-2,fax,1405/08/01,",
        "c-2,m-1,email,1405/08/01 10:00,",
    )
    finished = await imported(ingest, "messages", text)
    sent, other = [event for event in await ingest.news() if event.type == "message.sent_elsewhere"]

    assert (sent.data.channel, sent.data.marketing, sent.time) == (
        "email",
        True,
        datetime(2026, 10, 23, 6, 30, tzinfo=UTC),
    )
    assert other.id != sent.id
    assert (finished["totals"]["accepted"], finished["totals"]["refused"]) == (2, 1)


async def test_open_coupons_are_told_without_their_codes(ingest):
    text = csv_of(
        "شماره موبایل,کد تخفیف,مبلغ,درصد,سقف تخفیف,حداقل خرید,تاریخ انقضا",
        "۰۹۱۲۱۲۳۴۵۶۷,یلدا-۷۷۷۷,۵۰٬۰۰۰,,,۲۰۰٬۰۰۰,۱۴۰۵/۱۲/۲۹",
        "09121234568,WELCOME-10,,۱۰,,,",
        "09121234569,welcome 10,,20,,,",
        "09121234569,TWO-WAYS,5000,20,,,",
        "09121234569,x,,20,,,",
    )
    finished = await imported(ingest, "coupons", text, unit="IRT")
    amount, percent = [event for event in await ingest.news() if event.type == "coupon.opened"]

    assert (amount.data.amount, amount.data.minimum_spend) == (Decimal(500_000), Decimal(2_000_000))
    assert amount.data.expires_at == datetime(2027, 3, 20, 20, 30, tzinfo=UTC)
    assert (percent.data.percent, percent.data.expires_at) == (Decimal(10), None)
    assert amount.customer_id.startswith("g_")
    assert (finished["totals"]["accepted"], finished["totals"]["refused"]) == (2, 3)
    errors = (await ingest.ask("GET", f"/v1/imports/{finished['import_id']}/errors")).json()["errors"]
    assert [(error["line"], error["code"]) for error in errors] == [
        (4, "id_conflict"), (5, "invalid_data"), (6, "bad_value"),
    ]  # fmt: skip
    assert (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"] == []
    native = await ingest.database.worker.fetch("SELECT native_id FROM events WHERE type = 'coupon.opened'")
    assert not [row for row in native if "WELCOME" in row["native_id"].upper() or "یلدا" in row["native_id"]]
    again = await imported(ingest, "coupons", text + "\n", unit="IRT")
    assert again["totals"]["known"] == 2
    assert [event for event in await ingest.news() if event.type == "coupon.opened"] == []


async def test_rows_of_an_erased_customer_are_not_stored(ingest):
    await ingest.send(order_body(customer={"id": "c-1"}))
    await ingest.ask("DELETE", "/v1/customers/c-1", "customers:erase")
    await ingest.news()
    finished = await imported(ingest, "orders", csv_of(ORDERS, *order_rows([1, 2])))

    assert (finished["totals"]["suppressed"], finished["totals"]["accepted"]) == (1, 1)
    assert {event.customer_id for event in await ingest.news()} == {"c-2", None}


async def test_finishing_says_that_the_source_is_complete_and_the_next_import_goes_on_under_it(ingest):
    first = await imported(ingest, "orders", csv_of(ORDERS, *order_rows([1])))
    closed = [event for event in await ingest.news() if event.type == "source.closed"]
    again = await ingest.ask("POST", f"/v1/imports/{first['import_id']}/finish")
    assert await ingest.news() == []
    second = await imported(ingest, "orders", csv_of(ORDERS, *order_rows([2])))
    later = [event for event in await ingest.news() if event.type == "source.closed"]

    assert again.status_code == 200
    assert len(closed) == len(later) == 12
    assert not {event.id for event in closed} & {event.id for event in later}
    assert first["source_id"] == second["source_id"] == closed[0].data.source_id
    sources = (await ingest.ask("GET", "/v1/sources")).json()["sources"]
    assert [source["closed_at"] for source in sources if source["source_id"] == first["source_id"]] == [None]
    refused = await ingest.ask("POST", f"/v1/sources/{first['source_id']}/close")
    assert (refused.status_code, refused.json()["code"]) == (409, "source_of_imports")


async def test_an_import_that_was_stopped_goes_on(ingest):
    import_id = (await begin(ingest, "orders", FILE)).json()["import_id"]
    (first_line, part), (second_line, rest) = parts_of(FILE, 15)
    await send_part(ingest, import_id, part, first_line)
    stopped = (await ingest.ask("POST", f"/v1/imports/{import_id}/stop")).json()
    refused = await send_part(ingest, import_id, rest, second_line)
    again = (await begin(ingest, "orders", FILE)).json()

    assert (stopped["state"], refused.json()["code"]) == ("stopped", "import_ended")
    assert (again["import_id"], again["state"], again["next_line"]) == (import_id, "running", 17)
    assert (await send_part(ingest, import_id, rest, second_line)).status_code == 200
