"""When nothing is under way any more."""

from datetime import UTC, datetime

import pytest

from mandegar_local.demo.snapshot import write_snapshot
from mandegar_local.demo.waiting import expected_of, is_quiet, to_apply, undecided


def stream(*, rows=0, lag=0, applied=1):
    groups = {"loyalty": {"applied": {"order.paid": applied} if applied else {}, "lag_records": lag}}
    return {"loyalty": {"groups": groups, "outbox": {"rows": rows}, "dead_letters": 0}}


@pytest.mark.parametrize(
    ("said", "quiet"),
    [
        (stream(), True),
        (stream(rows=1), False),
        (stream(lag=1), False),
        (stream(lag=None), False),
        (stream(lag=None, applied=0), True),
    ],
)
def test_quiet_is_an_empty_outbox_and_no_record_behind(said, quiet):
    assert is_quiet(said) == quiet


def test_each_service_has_to_apply_its_types():
    accepted = {"order.paid": 10, "refund.issued": 2}

    assert expected_of("loyalty", accepted) == accepted
    assert expected_of("notify", accepted) == {"order.paid": 10}
    assert to_apply(accepted) == 34


def test_a_message_that_waits_for_its_hour_is_decided_and_one_on_its_way_is_not():
    counts = [
        {"state": "ready", "reason": "quiet_hours", "messages": 1},
        {"state": "sent", "reason": None, "messages": 2},
        {"state": "unknown", "reason": "timeout", "messages": 4},
        {"state": "ready", "reason": None, "messages": 8},
        {"state": "sending", "reason": None, "messages": 16},
    ]

    assert undecided(counts) == 24


def test_a_snapshot_does_not_tell_when_it_was_taken(tmp_path):
    origin = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    files = [tmp_path / "one" / "a.json", tmp_path / "b.json"]

    for file, as_of in zip(files, ("08:31", "08:59"), strict=True):
        write_snapshot(file, origin, {"balances": {"c-1": {"available": 5, "as_of": as_of}}, "messages": [{"n": 1}]})

    assert files[0].read_bytes() == files[1].read_bytes()
    assert b'"available": 5' in files[0].read_bytes()
