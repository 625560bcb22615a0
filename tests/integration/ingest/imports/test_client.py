"""What `mandegar import` sends: killed at any moment and started again, it ends where one run ends."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from harness.importing import ORDERS, csv_of, order_rows, state_of
from harness.ingest_service import SCOPES, SHOP
from harness.tokens import token
from mandegar_local.demo.retrying_client import RetryingClient
from mandegar_local.importing.report import error_lines, report_lines
from mandegar_local.importing.sending import Sending
from mandegar_local.importing.source_file import SourceFile, look_at
from mandegar_local.stack_error import StackError

URL = "http://ingest.test"


class Killed(Exception):
    """The client died."""


class Through(httpx2.AsyncBaseTransport):
    """Passes requests on to the service; may lose answers, or refuse some requests as a service does that is busy."""

    def __init__(self, ingest: Any, *, loses: int = 0, busy: int = 0) -> None:
        self._inner = ingest.client._transport
        self._loses, self._busy = loses, busy
        self.parts = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/rows"):
            self.parts += 1
            if self._busy and self.parts % self._busy == 0:
                return httpx2.Response(503, headers={"Retry-After": "0"}, json={"code": "busy"})
        response = await self._inner.handle_async_request(request)
        if request.url.path.endswith("/rows") and self._loses and self.parts % self._loses == 0:
            await response.aread()
            raise httpx2.ReadError("the answer was lost")
        return response


def client(ingest: Any, **faults: int) -> tuple[Sending, RetryingClient]:
    http = RetryingClient(token(SHOP, SCOPES), lambda _: None, transport=Through(ingest, **faults))
    return Sending(http, URL), http


def file_of(tmp_path: Path, text: str) -> SourceFile:
    path = tmp_path / "orders.csv"
    path.write_text(text)
    return look_at(path, "auto", None)


def wanted(file: SourceFile, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "orders", "name": "orders.csv", "fingerprint": file.fingerprint, "header": file.header, **fields,
    }  # fmt: skip


async def run(ingest: Any, file: SourceFile, *, killed_after: int = 10**9, rows: int = 5, **faults: int) -> Any:
    """One run of the client, which may be killed when so many parts were answered."""
    sending, http = client(ingest, **faults)
    answered = 0

    def advance(_line: int, _answer: Any) -> None:
        nonlocal answered
        answered += 1
        if answered > killed_after:
            raise Killed

    import_ = await sending.begin(wanted(file))
    try:
        await sending.send(import_, file, advance, rows=rows)
        return await sending.finish(import_["import_id"])
    except Killed:
        return None
    finally:
        await http.close()


async def test_a_client_that_is_killed_again_and_again_ends_where_one_run_ends(ingest, tmp_path):
    file = file_of(tmp_path, csv_of(ORDERS, *order_rows(range(60))))
    runs = 0
    while (ended := await run(ingest, file, killed_after=runs % 3, rows=3 + runs % 4)) is None:
        runs += 1
        assert runs < 60
    orders = [event for event in await ingest.news() if event.type == "order.paid"]

    assert runs > 3
    assert (ended["totals"]["rows"], ended["totals"]["accepted"]) == (60, 60)
    assert Decimal(ended["totals"]["total_accepted"]) == 60_000_000
    assert len(ended["received"]) == 1
    assert len(orders) == 60


async def test_lost_answers_and_a_busy_service_are_survived(ingest, tmp_path):
    file = file_of(tmp_path, csv_of(ORDERS, *order_rows(range(40))))
    ended = await run(ingest, file, loses=3, busy=4)

    assert (ended["state"], ended["totals"]["accepted"]) == ("finished", 40)
    assert len([event for event in await ingest.news() if event.type == "order.paid"]) == 40


async def test_two_clients_with_one_file_in_other_parts_end_with_one_import(ingest, tmp_path):
    file = file_of(tmp_path, csv_of(ORDERS, *order_rows(range(80))))
    answers = await asyncio.gather(*(run(ingest, file, rows=rows) for rows in (3, 5)), return_exceptions=True)
    finished = [answer for answer in answers if isinstance(answer, dict)]

    assert finished
    # One of the two may find that the other has ended the import.
    assert all(isinstance(answer, dict | StackError) for answer in answers)
    totals = (await state_of(ingest, finished[0]["import_id"]))["totals"]
    assert (totals["rows"], totals["accepted"]) == (80, 80)


async def test_a_refusal_is_one_sentence_and_the_report_names_lines(ingest, tmp_path):
    rows = order_rows(range(4))
    rows[2] = rows[2].replace("1000000", "many")
    file = file_of(tmp_path, csv_of(ORDERS, *rows))
    sending, http = client(ingest)
    with pytest.raises(StackError, match="names no column of the file"):
        await sending.begin(wanted(file, columns={"total": "Summe"}))
    ended = await run(ingest, file)
    errors = await sending.errors(ended["import_id"])
    kept = await sending.write_errors(ended["import_id"], tmp_path / "errors.csv")
    await http.close()

    assert report_lines(ended)[0] == "rows: 4 in the file, 3 accepted"
    assert [line.split(":")[0] for line in error_lines(errors)] == ["  line 4, column total"]
    assert kept == 1
    assert "4,total,bad_amount" in (tmp_path / "errors.csv").read_text(encoding="utf-8-sig")
