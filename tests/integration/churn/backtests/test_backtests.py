"""Backtests of a shop's own orders: asked for, computed in a child process, read, cancelled, given up."""

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from builders.events import NOON
from builders.orders import historic
from churn.backtests.kind import BACKTESTS
from churn.backtests.rows import KEPT
from churn.backtests.run import run_next
from harness.cdnow import Cdnow
from harness.churn_service import Churn
from mandegar.children import Progress
from mandegar.database import transaction
from mandegar.jobs.rows import claim, finish, renew

CUSTOMERS = 150
# The last fields of a row whose lease has passed, whatever the clock of the database says.
PASSED = "UPDATE backtests SET leased_until = '2020-01-01T00:00:00Z'"


async def deliver_sample(churn: Churn, cdnow: Cdnow) -> list[Any]:
    """Orders of some customers of the sample; what is on file of them, by customer."""
    some = {line.customer for line in cdnow.lines[:CUSTOMERS]}
    lines = sorted((line for line in cdnow.lines if line.customer in some), key=lambda line: line.customer)
    events = [
        historic(f"o{line.number}", line.amount, customer=line.customer, days=(line.day - NOON.date()).days)
        for line in lines
    ]
    for begin in range(0, len(events), 500):
        await churn.deliver(*events[begin : begin + 500])
    return lines


async def ask(churn: Churn, **body: Any) -> str:
    answer = await churn.ask("POST", "/v1/backtests", "journeys:write", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def told(churn: Churn, backtest_id: str) -> Any:
    answer = await churn.get(f"/v1/backtests/{backtest_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def cancel(churn: Churn, backtest_id: str) -> Any:
    return (await churn.ask("POST", f"/v1/backtests/{backtest_id}/cancel", "journeys:write")).json()


async def test_a_backtest_finds_what_the_command_finds_in_the_same_orders(churn, cdnow, tmp_path):
    lines = await deliver_sample(churn, cdnow)
    backtest_id = await ask(churn, horizon_weeks=13)
    early = await churn.get(f"/v1/backtests/{backtest_id}/report")
    assert (early.status_code, early.json()["code"]) == (409, "not_done")
    assert await run_next(churn.context)
    answer = await told(churn, backtest_id)

    assert (answer["status"], answer["progress"], answer["failure"]) == ("done", None, None)
    assert answer["result"] == result_of_command(lines, tmp_path, horizon=13)
    page = await churn.get(f"/v1/backtests/{backtest_id}/report")
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.count("<img") == 3
    assert "sha256-" in page.headers["content-security-policy"]
    [listed] = (await churn.get("/v1/backtests")).json()["backtests"]
    assert listed == {name: value for name, value in answer.items() if name != "result"}
    for text in (page.text, json.dumps(answer)):
        assert not any(f'"{line.customer}"' in text for line in lines)


def result_of_command(lines: list[Any], folder: Path, horizon: int) -> Any:
    orders = folder / "orders.csv"
    rows = [f"{line.customer},{line.day},{line.amount}\n" for line in lines]
    orders.write_text("customer_id,time,amount\n" + "".join(rows))
    command = [sys.executable, "-m", "churn.backtest", str(orders), "--horizon", str(horizon)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


async def test_a_shop_without_orders_has_a_report_that_says_so(churn):
    backtest_id = await ask(churn)
    assert await run_next(churn.context)
    answer = await told(churn, backtest_id)

    assert (answer["status"], answer["horizon_weeks"], answer["result"]["mean"]["n"]) == ("done", 8, 0)
    assert "too short" in answer["result"]["reason"]
    assert "too short" in (await churn.get(f"/v1/backtests/{backtest_id}/report")).text


async def test_a_shop_has_one_backtest_at_a_time_and_a_cancelled_one_ends(churn):
    first = await ask(churn)
    again = await churn.ask("POST", "/v1/backtests", "journeys:write", json={})
    assert (again.status_code, again.json()["code"], again.json()["id"]) == (409, "backtest_open", first)
    assert int(again.headers["retry-after"]) > 0

    async with transaction(churn.database.worker) as connection:
        job = await claim(connection, BACKTESTS, churn.clock.now())
    assert job is not None
    other = await churn.ask("POST", "/v1/backtests", "journeys:write", shop="s2", json={})
    assert other.status_code == 202
    assert not await run_next(churn.context)  # another process computes the first
    async with transaction(churn.database.worker) as connection:
        assert await renew(connection, BACKTESTS, job, Progress("origins fitted", 3, 10))
    assert (await told(churn, first))["progress"] == {"doing": "origins fitted", "done": 3, "total": 10}

    assert (await cancel(churn, first))["status"] == "cancelled"
    async with transaction(churn.database.worker) as connection:
        assert not await renew(connection, BACKTESTS, job, Progress("origins fitted", 4, 10))
        assert not await finish(connection, BACKTESTS, job, churn.clock.now())
    assert (await told(churn, first))["status"] == "cancelled"
    assert await ask(churn) != first


async def test_a_backtest_that_is_cancelled_while_it_is_computed_is_ended(churn, cdnow):
    await deliver_sample(churn, cdnow)
    backtest_id = await ask(churn)
    running = asyncio.create_task(run_next(churn.context))
    while (await told(churn, backtest_id))["progress"] is None:
        await asyncio.sleep(0.05)
    await cancel(churn, backtest_id)

    assert await asyncio.wait_for(running, 30)
    assert (await told(churn, backtest_id))["result"] is None
    assert not [each for each in psutil.Process().children() if "churn.backtest.sampled" in each.cmdline()]


async def test_a_backtest_whose_process_ended_begins_again_and_is_given_up_after_three_times(churn):
    backtest_id = await ask(churn)
    for attempt in (1, 2, 3):
        async with transaction(churn.database.worker) as connection:
            job = await claim(connection, BACKTESTS, churn.clock.now())
            await connection.execute(PASSED)
        assert job is not None
        assert job.attempt == attempt
    assert await run_next(churn.context)

    assert "ended 3 times" in (await told(churn, backtest_id))["failure"]


async def test_a_backtest_whose_child_fails_says_so_and_the_next_one_is_computed(churn, monkeypatch):
    backtest_id = await ask(churn)
    monkeypatch.setattr("churn.backtests.run.MODULE", "churn.no_such_module")
    assert await run_next(churn.context)
    answer = await told(churn, backtest_id)
    monkeypatch.undo()

    assert (answer["status"], "worker says why" in answer["failure"]) == ("failed", True)
    again = await ask(churn)
    assert await run_next(churn.context)
    assert (await told(churn, again))["status"] == "done"


@pytest.mark.parametrize("body", [{"horizon_weeks": 5}, {"horizon_weeks": "NaN"}, {"horizon_weeks": 8, "x": 1}, []])
async def test_what_cannot_be_computed_is_refused(churn, body):
    answer = await churn.ask("POST", "/v1/backtests", "journeys:write", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_another_shop_sees_no_backtest_and_the_last_ones_are_kept_for_a_while(churn):
    backtest_ids = []
    for _ in range(KEPT + 2):
        backtest_ids.append(await ask(churn))
        await cancel(churn, backtest_ids[-1])
        churn.clock.advance(timedelta(seconds=1))
    for path in (backtest_ids[-1], str(uuid4())):
        answer = await churn.get(f"/v1/backtests/{path}", shop="s2")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_backtest")

    [expiry] = [each for each in churn.service.expiries if each.what == "backtests"]
    for days, deleted in ((0, 2), (89, 0), (91, KEPT), (91, 0)):
        async with transaction(churn.database.worker) as connection:
            now = churn.clock.now() + timedelta(days=days)
            assert await expiry.delete(connection, now, churn.context.settings) == deleted
    assert (await churn.get(f"/v1/backtests/{backtest_ids[0]}")).status_code == 404
