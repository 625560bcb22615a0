"""When the demo's story ends: chosen once per directory."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from mandegar_local.demo.orders import ZONE
from mandegar_local.demo.origin import noon, story_ends_at
from mandegar_local.places import Places
from mandegar_local.stack_clock import start_clock


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
    places = Places(tmp_path)

    first = story_ends_at(places)
    places.demo.write_text(places.demo.read_text().replace(str(first.year), "2031"))

    assert first.hour == 12
    assert first.utcoffset() == timedelta(hours=3, minutes=30)
    assert story_ends_at(places).year == 2031


def test_a_stack_that_has_its_own_time_already_is_not_told_of_the_future(tmp_path):
    places = Places(tmp_path)
    start_clock(places.clock, "2026-11-22T03:00+03:30", time.time())

    ends = story_ends_at(places)

    assert datetime(2026, 11, 22, 3, tzinfo=ZONE) <= ends < datetime(2026, 11, 22, 3, 1, tzinfo=ZONE)


def test_removing_the_stack_forgets_the_story(tmp_path):
    places = Places(tmp_path)

    assert places.demo in places.all_kept()
