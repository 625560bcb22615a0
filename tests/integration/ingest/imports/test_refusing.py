"""Files, parts and moments that do not fit are refused, and nothing of them is counted."""

import json

import pytest

from harness.importing import ORDERS, begin, csv_of, errors_of, order_rows, parts_of, send_part, state_of
from ingest.hallway.group_commit import Busy, Unavailable

FILE = csv_of(ORDERS, *order_rows(range(30)))


@pytest.mark.parametrize(
    ("header", "fields", "code"),
    [
        ("order_id,customer_id,paid_at,currency", {}, "missing_column"),
        ("order_id,customer_id,paid_at,total", {}, "unit_missing"),
        ("order_id,customer_id,paid_at,total", {"unit": "EUR"}, "wrong_currency"),
        (ORDERS, {"columns": {"total": "Summe"}}, "unknown_column"),
        (ORDERS, {"columns": {"sum": "total"}}, "unknown_target"),
        (ORDERS + ",total", {}, "column_twice"),
        (ORDERS.replace(",", ";"), {}, "missing_column"),
        (ORDERS, {"zone": "Tehran"}, "invalid"),
        (ORDERS, {"calendar": "hijri"}, "invalid"),
        (ORDERS, {"fingerprint": "x"}, "invalid"),
        (ORDERS + ",no\u0000te", {}, "invalid"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_read_is_refused_before_any_row(ingest, header, fields, code):
    answer = await begin(ingest, "orders", csv_of(header, "1,2,3,4,5"), **fields)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await ingest.ask("GET", "/v1/imports")).json()["imports"] == []


async def test_parts_that_do_not_belong_to_the_file_are_refused(ingest):
    import_id = (await begin(ingest, "orders", FILE)).json()["import_id"]
    other = await send_part(ingest, import_id, csv_of("a,b", "1,2"), 2)
    latin = await ingest.ask(
        "POST", f"/v1/imports/{import_id}/rows", content=FILE.encode() + b"\xff", params={"first_line": 2}
    )
    many = await send_part(ingest, import_id, csv_of(ORDERS, *order_rows(range(1001))), 2)
    nothing = await send_part(ingest, import_id, csv_of(ORDERS), 2)
    nobody = await send_part(ingest, "00000000-0000-0000-0000-000000000000", FILE, 2)

    assert [answer.json()["code"] for answer in (other, latin, many, nothing, nobody)] == [
        "other_columns", "bad_encoding", "part_too_large", "no_rows", "unknown_import",
    ]  # fmt: skip
    assert (await state_of(ingest, import_id))["totals"]["rows"] == 0


@pytest.mark.parametrize(("error", "code"), [(Busy, "busy"), (Unavailable, "unavailable")])
async def test_an_overloaded_hallway_is_answered_with_retry_after_and_nothing_is_counted(
    ingest, monkeypatch, error, code
):
    import_id = (await begin(ingest, "orders", FILE)).json()["import_id"]
    ((first_line, part),) = parts_of(FILE, 100)

    async def refuse(_):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(ingest.context.commits, "submit", refuse)
        answer = await send_part(ingest, import_id, part, first_line)
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert int(answer.headers["Retry-After"]) >= 1
    assert (await state_of(ingest, import_id))["next_line"] == 2
    assert (await send_part(ingest, import_id, part, first_line)).status_code == 200


async def test_an_import_keeps_to_the_rates_of_sources(ingest):
    import_id = (await begin(ingest, "orders", FILE)).json()["import_id"]
    source_id = (await state_of(ingest, import_id))["source_id"]
    await ingest.database.worker.execute("UPDATE sources SET events_per_second = 1 WHERE id = $1", source_id)
    answers = [await send_part(ingest, import_id, part, line) for line, part in parts_of(FILE, 15)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert int(answers[1].headers["Retry-After"]) >= 1


async def test_an_import_of_another_shop_is_unknown(ingest):
    import_id = (await begin(ingest, "orders", FILE)).json()["import_id"]
    for method, suffix in (("GET", ""), ("GET", "/errors"), ("POST", "/finish"), ("POST", "/stop")):
        answer = await ingest.ask(method, f"/v1/imports/{import_id}{suffix}", shop="another")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_import")


async def test_odd_text_in_every_field_is_an_error_of_its_line_and_repeats_nothing(ingest):
    planted = ["\x07sara", "sara\ud800", "sara@example.test" * 50, "\u202esara\u2028", "=sara()", "' OR sara --", "[]"]
    names = (
        "order_id",
        "customer_id",
        "email",
        "paid_at",
        "total",
        "currency",
        "status",
        "refunded",
        "coupons",
        "items",
    )
    sound = {"order_id": "o", "customer_id": "c", "paid_at": "2026-01-01", "total": "5", "currency": "IRR"}
    rows = [
        {**sound, "order_id": f"o-{name}-{place}", name: text} for name in names for place, text in enumerate(planted)
    ]
    rows += [{"sara@example.test": "x"}, {**sound, "a\u0000": "sara", "items": [{"sku": "\x07sara"}, "sara", None]}]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    begun = await begin(ingest, "orders", text, form="json_lines", header=[])
    answer = await send_part(ingest, begun.json()["import_id"], text, 1)
    listed = await errors_of(ingest, begun.json()["import_id"])

    assert answer.status_code == 200
    totals = answer.json()["totals"]
    assert totals["rows"] == len(rows)
    assert totals["accepted"] + totals["refused"] == len(rows)
    assert "sara" not in json.dumps(listed)
    assert len(listed) == totals["errors"]
