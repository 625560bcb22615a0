"""`mandegar reconcile` against the routes of ingest."""

import asyncio
import csv
from functools import partial
from pathlib import Path

import pytest

from builders.bodies import order_body
from harness.in_process import running
from harness.ingest_service import SHOP
from harness.reconciling import HEADER, line_of
from harness.servers import free_port
from harness.tokens import token
from ingest.reconciling.carry_on import carry_on
from mandegar.service.background import every
from mandegar.web.server import serve_http
from mandegar_local.importing.parts import parts_of
from mandegar_local.importing.source_file import SourceFile, look_at
from mandegar_local.person.requests import ServiceAt
from mandegar_local.reconcile import run
from mandegar_local.reconcile.report import differences, report_lines, write_findings
from mandegar_local.reconcile.run import Reconciling
from mandegar_local.stack_error import StackError


def order(number: int) -> dict[str, object]:
    data = {"order_id": f"o-{number}", "total": f"{number}000"}
    return order_body(data, id=f"e-{number}", time="2026-11-20T10:00:00Z", customer={"id": f"c-{number}"})


def looked(file: Path) -> SourceFile:
    return look_at(file, "auto", None)


@pytest.fixture
async def service(ingest):
    """Ingest behind a port, with its background task."""
    app = ingest.client._transport.app
    headers = {"Authorization": f"Bearer {token(SHOP, 'sources:write')}"}
    port = free_port()
    steps = every(0.02, partial(carry_on, ingest.context), name="reconciliations")
    async with running(serve_http(app, "127.0.0.1", [port]), steps):
        yield ServiceAt("ingest", f"http://127.0.0.1:{port}", headers)


async def test_a_file_is_sent_compared_accepted_and_its_findings_are_written(ingest, service, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "ROWS", 2)
    await ingest.send([order(1), order(9)])
    file = tmp_path / "orders.csv"
    lines = [line_of(1), "", line_of(2), line_of(3, customer=" "), f'"{line_of(4)}', line_of(5), "=1+1,5,2026-11-20,"]
    file.write_text("\r\n".join((HEADER, *lines)), encoding="utf-8-sig")
    told: list[str] = []

    def work(options: dict[str, str]) -> tuple[Reconciling, dict[str, object], dict[str, object]]:
        reconciling = Reconciling(service, looked(file), options, told.append)
        before = reconciling.compared()["counts"]
        after = reconciling.accepted()["counts"]
        write_findings(
            tmp_path / "found.csv", [each for kind in ("missing", "invalid") for each in reconciling.findings(kind)]
        )
        return reconciling, before, after

    reconciling, before, after = await asyncio.to_thread(work, {})
    with (tmp_path / "found.csv").open(encoding="utf-8-sig", newline="") as found:
        rows = list(csv.DictReader(found))

    assert (before["orders"]["matched"], before["orders"]["missing"], before["orders"]["invalid"]) == (1, 4, 1)
    assert (after["orders"]["accepted"], differences(after)) == (2, 4)
    assert [(row["line"], row["cause"]) for row in rows] == [
        ("5", "never_came"), ("8", "never_came"), ("6", "unbalanced_quote")
    ]  # fmt: skip
    assert sorted(event.data.order_id for event in await ingest.news()) == ["o-1", "o-2", "o-5", "o-9"]
    assert any("line" in text for text in told)
    shown = "\n".join(report_lines(before))
    assert "missing here" in shown
    assert "line 4" in shown
    again = await asyncio.to_thread(lambda: Reconciling(service, looked(file), {}, told.append).path)
    assert again == reconciling.path


async def test_sending_goes_on_behind_the_last_line(service, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "ROWS", 3)
    file = tmp_path / "orders.csv"
    file.write_text("\n".join((HEADER, *(line_of(number) for number in range(1, 9)))))
    first, *_ = parts_of(looked(file), [], rows=3)
    sent: list[str] = []

    def work() -> dict[str, object]:
        Reconciling(service, looked(file), {}, sent.append).send(first)
        return Reconciling(service, looked(file), {}, sent.append).compared()

    found = await asyncio.to_thread(work)

    assert found["counts"]["orders"]["missing"] == 8
    assert [text for text in sent if "sent" in text] == ["line 7 sent", "line 9 sent"]


async def test_what_ingest_refuses_is_told_in_its_words(service, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("number,total\n1,2\n")

    with pytest.raises(StackError, match="no column is order_id; name it in the mapping"):
        await asyncio.to_thread(lambda: Reconciling(service, looked(file), {}, print).compared())
    with pytest.raises(StackError, match="zone"):
        await asyncio.to_thread(lambda: Reconciling(service, looked(file), {"zone": "Mars"}, print).compared())
    with pytest.raises(StackError, match="cannot be read"):
        looked(tmp_path / "no.csv")
