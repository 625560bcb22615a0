from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mandegar.clock import Clock
from mandegar_local.stack_clock import running_clock, start_clock
from mandegar_local.stack_error import StackError

NOON_IN_TEHRAN = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def test_a_new_clock_starts_at_the_given_instant(tmp_path: Path) -> None:
    clock = start_clock(tmp_path / "clock.json", "2026-11-22T12:00+03:30", 1000.0)

    assert clock.at(1000.0) == NOON_IN_TEHRAN
    assert NOON_IN_TEHRAN + timedelta(seconds=7) == clock.at(1007.0)


def test_it_starts_now_unless_told_otherwise(tmp_path: Path) -> None:
    assert datetime.fromtimestamp(1000.0, UTC) == start_clock(tmp_path / "clock.json", "now", 1000.0).at(1000.0)


def test_it_stands_still_while_the_stack_is_down(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    start_clock(file, "2026-11-22T08:30:00Z", 1000.0).save(1060.0, running=False)

    resumed = start_clock(file, "2030-01-01T00:00:00Z", 90_000.0)

    assert NOON_IN_TEHRAN + timedelta(seconds=60) == resumed.at(90_000.0)


def test_after_a_kill_it_resumes_beyond_whatever_a_process_can_have_seen(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    clock = start_clock(file, "2026-11-22T08:30:00Z", 1000.0)
    clock.save(1060.0, running=True)
    seen = clock.at(1060.99)  # just before the next time it would have been kept

    assert start_clock(file, "now", 90_000.0).at(90_000.0) > seen


def test_it_went_on_while_processes_of_a_killed_supervisor_lived(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    clock = start_clock(file, "2026-11-22T08:30:00Z", 1000.0)

    assert start_clock(file, "now", 5000.0, left_running=True).at(5000.0) >= clock.at(5000.0)


def test_the_services_read_the_same_clock_from_its_text(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    clock = start_clock(file, "2026-11-22T12:00+03:30", datetime.now(UTC).timestamp())

    assert running_clock(file) == clock
    assert abs(Clock.parse(clock.text).now() - clock.at(datetime.now(UTC).timestamp())) < timedelta(seconds=1)


@pytest.mark.parametrize("text", ["noon", "2026-11-22T12:00"])
def test_an_instant_without_zone_or_meaning_is_refused_in_one_sentence(text: str, tmp_path: Path) -> None:
    with pytest.raises(StackError, match="2026-11-22T12:00"):
        start_clock(tmp_path / "clock.json", text, 1000.0)
