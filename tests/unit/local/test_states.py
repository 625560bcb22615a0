"""What the local stack shows of a service: its state, and why, from what its routes answer."""

from math import nan
from pathlib import Path

import httpx2
import pytest

from mandegar_local.overview import query_services, read_gauges
from mandegar_local.readiness import read_state
from mandegar_local.screen import status_line
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
    assert read_gauges(GAUGES.format(lag=3)) == {"kafka_consumer_lag_records": 7, "outbox_rows": 5}
    assert read_gauges(GAUGES.format(lag=nan)) == {"outbox_rows": 5}


async def test_a_service_that_does_not_answer_is_not_ready():
    stack = {"tokens": {"admin": "t", "operator": "t"}, "services": {"loyalty": "http://127.0.0.1:9"}}

    (status,) = await query_services(stack)

    assert status.state == "not ready"
    assert status.why.startswith("no answer (")


def test_the_line_of_a_process_says_why_it_is_degraded():
    process = SupervisedProcess("loyalty", start=lambda: None, log=print, pid_file=Path("/nowhere"))
    process.state, process.why = "degraded", f"kafka: {SILENT}"

    assert status_line(process).endswith(f": kafka: {SILENT}")
