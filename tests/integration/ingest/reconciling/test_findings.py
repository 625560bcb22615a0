"""What a file has and the history does not, what differs, and what the file does not have; each with why it may be."""

from builders.bodies import order_body, refund_body
from harness.ingest_service import SETTINGS, SHOP
from harness.reconciling import accept, csv_of, findings, line_of, problem, reconcile
from ingest.erasure.finish import finish_some
from ingest.reconciling.carry_on import carry_on


def order(number: int, **data: object) -> dict[str, object]:
    """The order that ``line_of`` has a line for."""
    return order_body(
        {"order_id": f"o-{number}", "total": f"{number}000", **data},
        id=f"e-{number}",
        time="2026-11-20T10:00:00Z",
        customer={"id": f"c-{number}"},
    )


async def test_an_order_that_never_came_is_missing_and_the_others_match(ingest):
    await ingest.send([order(1), order(3)])
    path, found = await reconcile(ingest, line_of(1), line_of(2), line_of(3))
    counts = found["counts"]

    assert counts["orders"] == {
        **dict.fromkeys(("differs", "accepted", "repeated", "invalid", "extra"), 0), "matched": 2, "missing": 1
    }  # fmt: skip
    assert counts["sums"]["matched"] == {"file": "4000", "ours": "4000"}
    assert counts["sums"]["missing"] == {"file": "2000", "ours": "0"}
    (missing,) = await findings(ingest, path, "missing")
    assert (missing["line"], missing["order_id"], missing["customer_id"], missing["cause"], missing["lacks"]) == (
        *(3, "o-2", "c-2", "never_came", None),
    )
    assert missing["file"]["total"] == "2000"
    assert missing["ours"] is None


async def test_an_order_that_the_file_does_not_have_is_an_extra_within_its_period(ingest):
    early = order(7)
    early["time"] = "2026-11-01T10:00:00Z"
    await ingest.send([order(1), order(2), order(3), early])
    path, found = await reconcile(ingest, line_of(1), line_of(3))
    (extra,) = await findings(ingest, path, "extra")

    assert found["counts"]["orders"]["extra"] == 1
    assert (extra["order_id"], extra["customer_id"], extra["cause"]) == ("o-2", "c-2", "not_in_file")
    assert extra["ours"]["total"] == "2000"
    wider, _ = await reconcile(ingest, line_of(1), line_of(3), **{"from": "2026-10-01T00:00:00Z"})
    assert [each["order_id"] for each in await findings(ingest, wider, "extra")] == ["o-2", "o-7"]


async def test_amounts_that_differ_by_a_unit_are_one_cause_with_one_example(ingest):
    await ingest.send([order(number) for number in range(1, 6)])
    _, found = await reconcile(ingest, *(line_of(number, total=f"{number}00") for number in range(1, 6)))

    assert found["counts"]["causes"][0] == {
        "kind": "differs", "cause": "file_times_10", "orders": 5, "line": 2, "order_id": None,
        "why": "the amounts differ by a unit: ours is the file's times 10",
    }  # fmt: skip
    assert [each["code"] for each in found["counts"]["warnings"]] == ["other_unit"]
    _, found = await reconcile(ingest, *(line_of(number, total=f"{number}00") for number in range(1, 6)), unit="IRT")
    assert found["counts"]["orders"]["matched"] == 5


async def test_a_refund_is_seen_in_either_meaning_of_the_amount(ingest):
    await ingest.send([order(2), refund_body({"order_id": "o-2", "amount": "500"})])
    after = line_of(2, total="1500")
    path, _ = await reconcile(ingest, after)
    _, net = await reconcile(ingest, after, amount_is="net")
    before, _ = await reconcile(ingest, line_of(2), amount_is="net")

    assert [each["cause"] for each in await findings(ingest, path, "differs")] == ["file_after_refunds"]
    assert net["counts"]["orders"]["matched"] == 1
    (differs,) = await findings(ingest, before, "differs")
    assert (differs["cause"], differs["ours"]["total"], differs["ours"]["net"]) == (
        *("file_before_refunds", "2000", "1500"),
    )


async def test_the_quarantine_is_named_with_its_code(ingest):
    await ingest.send([order(1, total="-5"), order(2, currency="EUR")])
    path, _ = await reconcile(ingest, line_of(1), line_of(2), line_of(3))

    assert [each["cause"] for each in await findings(ingest, path, "missing")] == [
        *("quarantined_bad_amount", "quarantined_wrong_currency", "never_came"),
    ]


async def test_a_source_that_is_not_the_record_of_orders_and_a_waiting_refund_are_named(ingest):
    other = await ingest.make_source(record_of_orders=False)
    await ingest.send(order(1), key=other["key"])
    await ingest.send(refund_body({"order_id": "o-2"}))
    path, _ = await reconcile(ingest, line_of(1), line_of(2))

    missing = await findings(ingest, path, "missing")
    assert [(each["cause"], each["lacks"]) for each in missing] == [("history_only", None), ("waiting_for_order", None)]
    await ingest.news()
    await accept(ingest, path)
    published = [(event.data.order_id, event.type, event.customer_id) for event in await ingest.news()]
    assert published == [("o-1", "order.paid", "c-1"), ("o-2", "order.paid", "c-2"), ("o-2", "refund.issued", "c-2")]


async def test_cancellations_and_versions_are_told_from_amounts(ingest):
    cancelled = {"id": "x", "type": "order.cancelled", "time": "2026-11-21T10:00:00Z", "data": {"order_id": "o-1"}}
    await ingest.send([order(1), order(2), order(3, version=1), order(4, version=2), cancelled])
    header = "order_id,total,paid_at,customer_id,status,version"
    path, _ = await reconcile(
        ingest, f"{line_of(1)},,", f"{line_of(2)},cancelled,", f"{line_of(3)},,2", f"{line_of(4, total='7')},,1",
        header=header,
    )  # fmt: skip

    assert [each["cause"] for each in await findings(ingest, path, "differs")] == [
        *("cancelled_here", "ended_in_file", "older_here", "newer_here"),
    ]


async def test_a_payment_that_did_not_come_is_told_from_the_order_that_did(ingest):
    await ingest.send([order(1) | {"type": "order.placed"}, order(2)])
    path, _ = await reconcile(ingest, line_of(1), line_of(2))

    (differs,) = await findings(ingest, path, "differs")
    assert (differs["order_id"], differs["cause"]) == ("o-1", "unpaid_here")


async def test_an_erased_customer_is_neither_missing_nor_named(ingest):
    await ingest.send(order(1))
    before, _ = await reconcile(ingest, line_of(1), line_of(2, customer="c-1"))
    await ingest.ask("DELETE", "/v1/customers/c-1", "customers:erase")
    while await finish_some(ingest.context):
        pass
    assert await findings(ingest, before, "missing") == []
    path, _ = await reconcile(ingest, line_of(1), line_of(2, customer="c-1"), line_of(3))

    (matched,) = await findings(ingest, path, "matched")
    assert (matched["order_id"], matched["cause"], matched["customer_id"]) == ("o-1", "erased", None)
    erased, other = await findings(ingest, path, "missing")
    assert (erased["cause"], erased["customer_id"], bool(erased["lacks"])) == ("customer_erased", None, True)
    assert other["customer_id"] == "c-3"
    await ingest.news()
    await accept(ingest, path)
    assert [event.data.order_id for event in await ingest.news()] == ["o-3"]


async def test_where_the_body_is_deleted_it_came_and_its_amount_is_not_compared(ingest):
    guest = order(2)
    guest["customer"] = {"email": "sara@example.com"}
    await ingest.send([order(1), guest])
    await ingest.database.worker.execute("UPDATE events SET body = NULL")
    path, _ = await reconcile(ingest, line_of(1, total="7"), line_of(2, total="7"))

    (matched,) = await findings(ingest, path, "matched")
    assert (matched["order_id"], matched["cause"], matched["ours"]) == ("o-1", "body_deleted", None)
    (differs,) = await findings(ingest, path, "differs")
    assert (differs["order_id"], differs["ours"]["total"]) == ("o-2", "2000")


async def test_another_currency_is_named_and_not_accepted(ingest):
    await ingest.send(order(1))
    header = "order_id,total,paid_at,customer_id,currency"
    path, found = await reconcile(ingest, f"{line_of(1)},EUR", f"{line_of(2)},EUR", f"{line_of(3)},IRR", header=header)

    assert [each["cause"] for each in await findings(ingest, path, "differs")] == ["other_currency"]
    missing = await findings(ingest, path, "missing")
    assert [(each["cause"], bool(each["lacks"])) for each in missing] == [
        ("other_currency", True),
        ("never_came", False),
    ]
    assert found["counts"]["currencies"] == [
        {"currency": None, "orders": 1, "file": "3000"}, {"currency": "EUR", "orders": 2, "file": "3000"}
    ]  # fmt: skip


async def test_times_of_another_zone_are_one_warning(ingest):
    await ingest.send([order(number) for number in range(1, 5)])
    lines = [line_of(number, time="2026-11-20 10:00:00") for number in range(1, 5)]
    _, found = await reconcile(ingest, *lines)

    assert found["counts"]["shifts"] == [{"minutes": -210, "orders": 4, "line": 2}]
    assert [each["code"] for each in found["counts"]["warnings"]] == ["other_zone"]
    _, found = await reconcile(ingest, *lines, zone="UTC")
    assert (found["counts"]["shifts"], found["counts"]["warnings"]) == ([], [])


async def test_ids_match_as_the_shop_writes_them_and_as_they_are_published(ingest):
    written = "#سفارش ۱"
    await ingest.send(order(1) | {"data": {"order_id": written, "total": "1000", "currency": "IRR"}})
    (event,) = await ingest.news()
    for named in (written, event.data.order_id):
        _, found = await reconcile(ingest, f'"{named}",1000,2026-11-20T10:00:00Z,c-1')
        assert (found["counts"]["orders"]["matched"], found["counts"]["orders"]["extra"]) == (1, 0)


async def test_ids_of_a_shop_that_publishes_them_as_sent_match(ingest):
    assert (await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, "customer_ids": "as_sent"})).is_success
    await ingest.send(order(1) | {"data": {"order_id": "سفارش 1", "total": "1000", "currency": "IRR"}})
    _, found = await reconcile(ingest, "سفارش 1,1000,2026-11-20T10:00:00Z,c-1")

    assert (found["counts"]["orders"]["matched"], found["counts"]["orders"]["extra"]) == (1, 0)


async def test_an_order_twice_in_the_file_counts_once_and_two_amounts_are_an_error(ingest):
    await ingest.send([order(1), order(2)])
    path, found = await reconcile(ingest, line_of(1), line_of(1), line_of(2), "o-2,,,", line_of(2, total="7"))

    orders = found["counts"]["orders"]
    assert (orders["matched"], orders["repeated"], orders["invalid"]) == (2, 2, 1)
    (invalid,) = await findings(ingest, path, "invalid")
    assert (invalid["line"], invalid["cause"]) == (6, "order_twice")


async def test_lines_that_cannot_be_read_are_named_and_the_others_compared(ingest):
    await ingest.send(order(1))
    path, found = await reconcile(
        ingest, f"{line_of(1)},9", "o-7,1,2026-11-20,c,99999999999999999999", 'o-2,"12,5,2026,c',
        "o-3,a lot,2026-11-20,c-3", "o-4,1000,sometime,c-4",
        ",7,2026-11-20,c-5", "o-6,1,2026-11-20,c-6,1,more", header="order_id,total,paid_at,customer_id,version",
    )  # fmt: skip

    assert found["counts"]["orders"]["matched"] == 1
    assert [each["cause"] for each in await findings(ingest, path, "invalid")] == [
        *("bad_number", "unbalanced_quote", "bad_amount", "bad_time", "missing_value", "too_many_fields"),
    ]


async def test_dates_and_digits_of_the_shop_are_understood(ingest):
    await ingest.send(order(1))
    path, found = await reconcile(
        ingest, "o-1;۱٬۰۰۰;۱۴۰۵/۰۸/۲۹ ۱۳:۳۰;c-1", "o-2;1.234,5;1405/08/29;c-2",
        header="شماره سفارش;مبلغ;date paid;customer", decimal_mark=",",
    )  # fmt: skip
    (missing,) = await findings(ingest, path, "missing")

    assert found["counts"]["orders"]["matched"] + found["counts"]["orders"]["invalid"] == 1
    assert missing["file"]["total"] == "1234.5"


async def test_pages_of_findings_go_on_where_they_ended(ingest):
    await ingest.send([order(number) for number in range(1, 4)])
    path, _ = await reconcile(ingest, *(line_of(number) for number in range(4, 9)), **{"from": "2026-11-01T00:00:00Z"})
    for kind, number in (("missing", 5), ("extra", 3)):
        seen, after = [], {}
        while True:
            query = {"kind": kind, "limit": 2, **after}
            page = (await ingest.ask("GET", f"{path}/findings", params=query)).json()
            seen += [each["order_id"] for each in page["findings"]]
            if page["next_after"] is None:
                break
            after = {"after": page["next_after"]}
        assert len(seen) == len(set(seen)) == number
    for wrong in ({"kind": "missing", "after": "x"}, {"kind": "extra", "after": "\x00"}, {"kind": "odd"}):
        assert problem(await ingest.ask("GET", f"{path}/findings", params=wrong)) == (422, "invalid")


async def test_a_shop_is_told_nothing_of_the_orders_of_another(ingest):
    await ingest.send([order(number) for number in range(1, 9)])
    await ingest.ask("PUT", "/v1/shops/other", "ops", shop="other", json=SETTINGS)
    body = csv_of(*(line_of(number) for number in range(1, 9)))
    wanted = {"name": "x", "fingerprint": "12345678"}
    made = await ingest.ask("POST", "/v1/reconciliations", shop="other", json=wanted)
    path = f"/v1/reconciliations/{made.json()['reconciliation_id']}"
    sent = await ingest.ask("POST", f"{path}/rows", shop="other", content=body, headers={"Content-Type": "text/csv"})
    assert sent.status_code == 200
    await ingest.ask("POST", f"{path}/compare", shop="other")
    while await carry_on(ingest.context):
        pass
    found = (await ingest.ask("GET", path, shop="other")).json()

    assert (found["counts"]["orders"]["missing"], found["counts"]["orders"]["extra"]) == (8, 0)
    assert (await ingest.ask("GET", path)).status_code == 404
