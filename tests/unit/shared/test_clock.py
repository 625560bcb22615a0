"""The clock: what MANDEGAR_CLOCK may say, and that a frozen one stands still."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mandegar.clock import Clock, FrozenClock, monotonic_seconds

NOON = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
TEHRAN = timezone(timedelta(hours=3, minutes=30))
A_WHILE = timedelta(seconds=30)
STARTS = [f"2026-11-22T08:30:00Z@{started}" for started in ("x", "nan", "inf", "1e30")]


def test_without_words_it_is_the_systems_clock():
    assert abs(Clock.parse("").now() - datetime.now(UTC)) < A_WHILE


@pytest.mark.parametrize(
    "instant", ["2026-11-22T08:30:00Z", "2026-11-22T12:00:00+03:30", "2026-11-22 08:30:00.000+00:00"]
)
def test_a_clock_that_was_started_elsewhere_runs_on_from_there(instant):
    started = datetime.now(UTC) - timedelta(hours=2)

    now = Clock.parse(f"{instant}@{started.timestamp()}").now()

    assert abs(now - (NOON + timedelta(hours=2))) < A_WHILE
    assert now.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["now", "@", "2026-11-22T08:30:00Z", "2026-11-22T08:30:00Z@", "@1795336200", "x@1", *STARTS],
)
def test_anything_else_is_refused_with_the_expected_form(text):
    with pytest.raises(ValueError, match="must look like"):
        Clock.parse(text)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="needs a zone"):
        Clock.parse("2026-11-22T08:30:00@1795336200.0")
    with pytest.raises(ValueError, match="needs a zone"):
        FrozenClock(datetime(2026, 11, 22))


def test_a_frozen_clock_moves_only_when_it_is_moved():
    clock = FrozenClock(NOON.astimezone(TEHRAN))

    assert clock.now() == clock.now() == NOON
    assert clock.now().tzinfo is UTC

    clock.advance(timedelta(days=1))
    assert clock.now() == NOON + timedelta(days=1)

    clock.set(NOON)
    assert clock.now() == NOON


def test_monotonic_seconds_never_go_back():
    seconds = [monotonic_seconds() for _ in range(100)]

    assert seconds == sorted(seconds)
