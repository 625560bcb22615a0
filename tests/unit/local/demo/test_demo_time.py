"""When the demo's story ends: chosen once per directory."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from mandegar_local.demo.demo_time import demo_origin, noon
from mandegar_local.demo.orders import ZONE
from mandegar_local.stack_clock import start_clock
from mandegar_local.stack_files import StackFiles


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 22, 6, tzinfo=UTC), 22),
        (datetime(2026, 11, 22, 20, 29, tzinfo=UTC), 22),
        (datetime(2026, 11, 22, 20, 31, tzinfo=UTC), 23),
    ],
)
def test_noon_is_that_of_the_day_in_tehran(now, day):
    assert noon(now) == datetime(2026, 11, day, 12, tzinfo=ZONE)


def test_the_first_run_chooses_noon_and_later_runs_keep_it(tmp_path):
    places = StackFiles(tmp_path)

    first = demo_origin(places)
    places.demo.write_text(places.demo.read_text().replace(str(first.year), "2031"))

    assert first.hour == 12
    assert first.utcoffset() == timedelta(hours=3, minutes=30)
    assert demo_origin(places).year == 2031


def test_a_stack_that_has_its_own_time_already_is_not_told_of_the_future(tmp_path):
    places = StackFiles(tmp_path)
    start_clock(places.clock, "2026-11-22T03:00+03:30", time.time())

    ends = demo_origin(places)

    assert datetime(2026, 11, 22, 3, tzinfo=ZONE) <= ends < datetime(2026, 11, 22, 3, 1, tzinfo=ZONE)


def test_reset_removes_the_saved_origin(tmp_path):
    places = StackFiles(tmp_path)

    assert places.demo in places.written_paths()
