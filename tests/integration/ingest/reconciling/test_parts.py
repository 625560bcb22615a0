"""A file comes in parts: in any order, more than once, and in the form that a shop exports."""

import pytest

from builders.bodies import order_body
from harness.failing import failing_at
from harness.reconciling import begin, carried_on, compared, csv_of, findings, line_of, problem, reconcile, send
from ingest.reconciling import compare as comparing
from ingest.reconciling.carry_on import carry_on
from ingest.reconciling.failpoints import ReconcilingFailpoint


async def test_parts_that_are_repeated_and_reordered_count_once(ingest):
    path = await begin(ingest, b"any file")
    late, early = csv_of(line_of(3), line_of(4)), csv_of(line_of(1), line_of(2))
    for body, first_line in ((late, 4), (early, 2), (late, 4), (early, 2)):
        answer = await send(ingest, path, body, first_line=first_line)
        assert answer.status_code == 200, answer.text
    assert answer.json() == {"rows": 0, "last_line": 5}
    found = await compared(ingest, path)

    assert found["counts"]["orders"]["missing"] == 4
    assert [each["line"] for each in await findings(ingest, path, "missing")] == [2, 3, 4, 5]


async def test_the_same_file_with_the_same_options_is_the_same_reconciliation(ingest):
    body = csv_of(line_of(1))
    path = await begin(ingest, body)
    await send(ingest, path, body)

    assert await begin(ingest, body) == path
    assert (await ingest.ask("GET", path)).json()["last_line"] == 2
    assert await begin(ingest, body, amount_is="net") != path


async def test_json_lines_are_rows_as_well(ingest):
    path = await begin(ingest, b"lines")
    rows = b'{"order_id": 17, "total": 12.5, "paid_at": "2026-11-20", "customer_id": 4}\n\n{"order_id": "o-2"}\n[1]\n'
    answer = await send(ingest, path, rows, first_line=1, media="application/x-ndjson")
    assert answer.json() == {"rows": 3, "last_line": 4}
    await compared(ingest, path)

    missing = await findings(ingest, path, "missing")
    assert [(each["line"], each["order_id"], each["file"]["total"]) for each in missing] == [
        *((1, "17", "12.5"), (3, "o-2", None)),
    ]
    assert [each["line"] for each in await findings(ingest, path, "invalid")] == [4]


@pytest.mark.parametrize(
    ("body", "options", "code"),
    [
        (b"number,total\n1,2\n", {}, "missing_column"),
        (b"order_id,total\n1,2\n", {"columns": {"total": "sum"}}, "unknown_column"),
        (b"order_id,total\n1,2\n", {"columns": {"colour": "total"}}, "unknown_target"),
        (b"order_id;total\n1;2\n", {"delimiter": ","}, "unreadable_file"),
        ("order_id,مبلغ\n1,2\n".encode("cp1256"), {}, "unreadable_file"),
        ("order_id,total\n1,2\n".encode("utf-16"), {"encoding": "utf-8"}, "unreadable_file"),
        (b"", {}, "unreadable_file"),
    ],
)
async def test_a_file_that_cannot_be_read_as_it_was_said_is_refused_as_a_whole(ingest, body, options, code):
    path = await begin(ingest, body, **options)
    answer = await send(ingest, path, body)

    assert problem(answer) == (422, code)
    assert len(answer.json()["detail"]) > 20
    assert problem(await ingest.ask("POST", f"{path}/compare")) == (409, "no_rows")


@pytest.mark.parametrize(
    "wrong",
    [{"unit": "EUR"}, {"zone": "Mars"}, {"statuses": {"x": "y"}},
     {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
     {"fingerprint": "short"}, {"amount_is": "both"}, {"surprise": 1}],
)  # fmt: skip
async def test_options_that_cannot_be_meant_are_refused(ingest, wrong):
    wanted = {"name": "orders.csv", "fingerprint": "12345678", **wrong}

    assert (await ingest.ask("POST", "/v1/reconciliations", json=wanted)).status_code == 422


async def test_a_comparison_that_is_killed_goes_on_where_it_was(ingest, monkeypatch):
    for name in ("ROWS_AT_ONCE", "EXTRAS_AT_ONCE", "QUARANTINED_AT_ONCE"):
        monkeypatch.setattr(comparing, name, 2)
    await ingest.send([order_body({"order_id": f"o-{number}"}, id=f"e-{number}") for number in range(3, 10)])
    body = csv_of(*(line_of(number) for number in range(1, 6)))
    path = await begin(ingest, body, **{"from": "2026-01-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"})
    await send(ingest, path, body)
    await ingest.ask("POST", f"{path}/compare")
    steps = 0
    while True:
        with failing_at(ReconcilingFailpoint.BEFORE_COMMIT):
            await carry_on(ingest.context)
        assert await carry_on(ingest.context)
        steps += 1
        if (await ingest.ask("GET", path)).json()["state"] == "compared":
            break
    orders = (await carried_on(ingest, path))["counts"]["orders"]

    assert steps > 8
    assert (orders["missing"], orders["differs"], orders["extra"]) == (2, 3, 4)


async def test_no_part_is_taken_while_rows_are_compared(ingest):
    path = await begin(ingest, b"any file")
    await send(ingest, path, csv_of(line_of(1)))
    await ingest.ask("POST", f"{path}/compare")

    assert problem(await send(ingest, path, csv_of(line_of(2)), first_line=3)) == (409, "at_work")


async def test_a_deleted_reconciliation_is_gone_with_its_rows(ingest):
    path, _ = await reconcile(ingest, line_of(1))
    assert (await ingest.ask("DELETE", path)).status_code == 204

    assert (await ingest.ask("GET", path)).status_code == 404
    (expiry,) = [each for part in ingest.service.parts for each in part.expiries if each.what == "reconciliations"]
    async with ingest.database.worker.acquire() as connection:
        while await expiry.delete(connection, ingest.clock.now(), ingest.context.settings):
            pass
        assert await connection.fetchval("SELECT count(*) FROM reconciliation_rows") == 0
        assert await connection.fetchval("SELECT count(*) FROM reconciliations") == 0
