"""Quiet hours: overnight windows, zones, and days on which the clock is moved."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.quiet_hours import QuietHours, next_allowed, parse, zone_of

TEHRAN = ZoneInfo("Asia/Tehran")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(21), time(9))


def local(zone, *when):
    return datetime(*when, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ((2026, 11, 22, 20, 59, 59), (2026, 11, 22, 20, 59, 59)),
        ((2026, 11, 22, 21, 0), (2026, 11, 23, 9, 0)),
        ((2026, 11, 22, 23, 59), (2026, 11, 23, 9, 0)),
        ((2026, 11, 23, 0, 0), (2026, 11, 23, 9, 0)),
        ((2026, 11, 23, 8, 59, 59), (2026, 11, 23, 9, 0)),
        ((2026, 11, 23, 9, 0), (2026, 11, 23, 9, 0)),
    ],
)
def test_an_overnight_window_ends_in_the_morning_of_the_customers_zone(at, expected):
    assert next_allowed(local(TEHRAN, *at), TEHRAN, NIGHT) == local(TEHRAN, *expected)


def test_a_window_within_one_day_ends_the_same_day():
    noon = QuietHours(time(12), time(14))

    assert next_allowed(local(TEHRAN, 2026, 11, 22, 13), TEHRAN, noon) == local(TEHRAN, 2026, 11, 22, 14)
    assert next_allowed(local(TEHRAN, 2026, 11, 22, 15), TEHRAN, noon) == local(TEHRAN, 2026, 11, 22, 15)


def test_an_end_that_the_clock_skips_is_taken_late():
    window = QuietHours(time(22), time(2, 30))  # 02:30 does not exist on 29 March 2026 in Berlin

    assert next_allowed(local(BERLIN, 2026, 3, 29, 1), BERLIN, window) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_an_end_that_comes_twice_is_taken_the_second_time():
    window = QuietHours(time(22), time(2, 30))  # 02:30 comes twice on 25 October 2026 in Berlin

    assert next_allowed(local(BERLIN, 2026, 10, 25, 1), BERLIN, window) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    between = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)  # 02:45, the first one
    assert next_allowed(between, BERLIN, window) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    st.sampled_from([TEHRAN, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), UTC]),
    st.times(),
    st.times(),
)
def test_the_answer_is_allowed_itself_and_less_than_a_day_and_two_hours_away(at, zone, start, end):
    if start != end:
        window = QuietHours(start, end)
        allowed = next_allowed(at, zone, window)

        assert at <= allowed < at + timedelta(hours=26)
        later = next_allowed(allowed, zone, window)
        assert later == allowed or later - allowed < timedelta(hours=26)


def test_no_window_means_any_hour():
    at = local(TEHRAN, 2026, 11, 22, 3)

    assert next_allowed(at, TEHRAN, parse("")) == at


def test_a_window_is_read_from_text():
    assert parse("21:00-09:00") == NIGHT


@pytest.mark.parametrize("text", ["21:00", "25:00-09:00", "9-9", "09:00-09:00"])
def test_a_window_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError):
        parse(text)


def test_the_customers_zone_comes_before_the_shops_and_nonsense_is_passed_over():
    assert zone_of("Europe/Berlin", "Asia/Tehran") == BERLIN
    assert zone_of("Not/AZone", "Asia/Tehran") == TEHRAN
    assert zone_of("../../etc/passwd", None) is None
