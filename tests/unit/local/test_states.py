"""What the local stack shows of a service: its state, and why, from what its routes answer."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest

from mandegar_local.exit_reason import exit_reason
from mandegar_local.figures import Figures, read_gauges
from mandegar_local.memory import memory_lines, memory_of
from mandegar_local.overview import ServiceStatus, overview, query_services
from mandegar_local.ports import WORKERS
from mandegar_local.readiness import read_state
from mandegar_local.screen import state_lines, status_line
from mandegar_local.stack_clock import StackClock
from mandegar_local.supervised_process import SupervisedProcess

SILENT = "Kafka does not answer (TimeoutError); its last answer was 7 s ago"
GAUGES = 'kafka_consumer_lag_records{{group="a"}} {lag}\nkafka_consumer_lag_records{{group="b"}} 4\noutbox_rows 5\n'


@pytest.mark.parametrize(
    ("status", "body", "state", "wrong"),
    [
        (200, {"checks": {"database": "ok"}, "degraded": {}}, "ready", {}),
        (200, {"checks": {"database": "ok"}, "degraded": {"kafka": SILENT}}, "degraded", {"kafka": SILENT}),
        (503, {"checks": {"database": "away"}, "degraded": {}}, "not ready", {"database": "away"}),
        (200, {"checks": {"database": "ok"}}, "ready", {}),
        (200, "up", "ready", {}),
        (502, "<html>", "not ready", {"answer": "HTTP 502"}),
        (503, [], "not ready", {"answer": "HTTP 503"}),
    ],
)
def test_a_state_is_ready_degraded_or_not_ready(status, body, state, wrong):
    assert read_state(httpx2.Response(status, json=body)) == (state, wrong)


def test_a_gauge_that_is_unknown_is_not_zero():
    seconds = 'kafka_consumer_lag_seconds{group="a"} 3.5\nkafka_consumer_lag_seconds{group="b"} 12.5\n'
    assert read_gauges(seconds) == {"kafka_consumer_lag_seconds": 12}
    assert read_gauges(GAUGES.format(lag=3)) == {"kafka_consumer_lag_records": 7, "outbox_rows": 5}
    assert read_gauges(GAUGES.format(lag=nan)) == {"outbox_rows": 5}


async def test_a_service_that_does_not_answer_is_not_ready():
    stack = {"tokens": {"admin": "t", "operator": "t"}, "services": {"loyalty": "http://127.0.0.1:9"}}

    (status,) = await query_services(stack)

    assert status.state == "not ready"
    assert list(status.wrong) == ["no answer"]


def test_the_line_of_a_process_says_why_it_is_degraded():
    process = SupervisedProcess("loyalty", start=lambda: None, log=print, pid_file=Path("/nowhere"))
    process.state, process.why = "degraded", f"kafka: {SILENT}"

    assert status_line(process).endswith(f": kafka: {SILENT}")


NAMES = ("ingest", "loyalty", "churn", "notify")
LONG = (
    "Kafka does not answer (TimeoutError); its last answer was 7 s ago, and http://127.0.0.1:32674/readyz says so too"
)


def stack_with(*, restarts=0, exits=None):
    return {"restarts": dict.fromkeys(NAMES, restarts), "exits": exits or {}}


@pytest.mark.parametrize("state", ["ready", "degraded", "not ready"])
@pytest.mark.parametrize("figures", [Figures(), Figures(3, 4, 5), Figures(999_999, 100_000, 12_345)])
def test_the_status_fits_into_80_columns_also_when_a_service_is_down(state, figures):
    """With the widest ports, each row in one line and its address whole."""
    wrong = {} if state == "ready" else {"kafka": LONG, "database": LONG}
    statuses = [
        ServiceStatus(process, f"http://127.0.0.1:{port + place}", state, wrong, figures)
        for place, name in enumerate(NAMES, start=1)
        for process, port in ((name, 32660), (WORKERS[name], 32670))
    ]
    exits = {"churn": "ended with exit code 70 (part_failed: part=lanes) at 10:00:00 UTC, and was started again"}
    lines = overview(statuses, stack_with(restarts=12, exits=exits), 80)

    assert max(map(len, lines)) <= 80
    for status in statuses:
        (row,) = [line for line in lines if line.endswith(status.url)]
        works = status.name.endswith("-worker")
        assert row.split()[:2] == ["worker" if works else status.name, state.split()[0]]
        assert (figures.cells()[1] in row.split()) == works
    text = " ".join(line.strip() for line in lines)
    assert text.count("http://127.0.0.1:32674/readyz") == text.count("Kafka does not answer")
    assert all(f"{name} is {state}: kafka: Kafka does not answer" in text for name in NAMES if wrong)
    assert "churn ended with exit code 70 (part_failed: part=lanes)" in text


def test_the_front_screen_shows_lag_backlog_dead_letters_clock_and_why_a_process_ended(tmp_path):
    log = tmp_path / "churn.log"
    log.write_text(
        "2026-11-28T10:00:00Z [info     ] started        [mandegar.run.runner] service=churn\n"
        "2026-11-28T10:00:01Z [error    ] part_failed    [m.run] error=AttributeError part=http service=churn\n"
        "Traceback (most recent call last):\n"
    )
    process = SupervisedProcess(
        "churn-worker",
        start=lambda: None,
        log=lambda _: None,
        pid_file=Path("/nowhere"),
        log_file=log,
        url="http://127.0.0.1:32673",
    )
    process.running = SimpleNamespace(pid=1, exit_code=70, stop=lambda: None)
    process._log_exit(0.2)
    process.state, process.restarts, process.figures = "not ready", 3, Figures(17, 4, 2)
    process.memory = 71_400_000
    clock = StackClock(tmp_path / "clock", datetime(2026, 11, 28, 12, tzinfo=UTC), 1_000.0)
    lines = state_lines([process], clock, 1_000.0, 80)

    assert max(map(len, lines)) <= 80
    assert lines[2].split() == ["worker", "not", "ready", "17", "4", "2", "3", "http://127.0.0.1:32673"]
    told = " ".join(line.strip() for line in lines)
    assert "churn-worker ended with exit code 70 (part_failed: error=AttributeError part=http) at" in told
    assert "Memory: 71 MB in all: churn-worker 71" in told
    assert lines[-1].startswith("Clock: 12:00:00 UTC on 28 November 2026, ")


@pytest.mark.parametrize(
    ("code", "log", "said"),
    [
        (-9, "x [error    ] part_failed [a.b] part=relay", "ended by signal 9"),
        (0, "", "ended with exit code 0"),
        (1, None, "ended with exit code 1"),
        (1, "usage: no such option\n\n", "ended with exit code 1 (usage: no such option)"),
        (
            70,
            "x [error    ] not_started [a.b] service=churn why='no\\ndatabase'",
            "ended with exit code 70 (not_started: ",
        ),
    ],
)
def test_an_exit_is_told_with_its_reason(code, log, said, tmp_path):
    file = tmp_path / "log"
    if log is not None:
        file.write_text(log)
    assert exit_reason(code, file).startswith(said)
    assert "\n" not in exit_reason(code, file)


def test_memory_is_that_of_a_process_and_its_children_each_once():
    hungry = "import sys; full = bytearray(60_000_000); sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hungry], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.read(1)
        alone = memory_of({"parent": os.getpid(), "child": child.pid})
        together = memory_of({"parent": os.getpid()})
        child.kill()

    assert 60e6 < alone["child"] < 120e6
    assert together["parent"] > alone["parent"] + 55e6
    assert memory_of({"ended": child.pid}) == {}


def test_the_line_of_memory_sums_up_and_is_left_out_where_nothing_is_known():
    assert memory_lines({"loyalty": 60_000_000, "loyalty-worker": 71_600_000}, 80) == [
        "Memory: 132 MB in all: loyalty 60, loyalty-worker 72"
    ]
    assert memory_lines({}, 80) == []
