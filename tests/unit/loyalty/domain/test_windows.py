"""Days on which calendars and clocks turn: which of them are in a window, and at what minute an instant falls."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from loyalty.domain.conditions import Moment, moment_of
from loyalty.domain.windows import GREGORIAN, JALALI, WEEKDAYS, Hours, Once, Yearly, day_of, occurrences, weekday, ymd
from loyalty.domain.zones import ShopZones, always
from mandegar.calendar import shop_days
from mandegar.quantities import to_us

NOWRUZ = Yearly(JALALI, (12, 20), (1, 13))
YALDA = Yearly(JALALI, (9, 30), (10, 1))
LEAP_DAY = Yearly(GREGORIAN, (2, 29), (2, 29))
END_OF_MONTH = Yearly(GREGORIAN, (1, 31), (2, 28))
LAST_OF_ESFAND = Yearly(JALALI, (12, 30), (12, 30))


@pytest.mark.parametrize(
    ("window", "day", "holds"),
    [
        # Yalda is the night before the first of Dey.
        (YALDA, "2026-12-20", False),
        (YALDA, "2026-12-21", True),
        (YALDA, "2026-12-22", True),
        (YALDA, "2026-12-23", False),
        (YALDA, "2024-12-20", True),  # 1403 is a leap year: its Azar ends a day earlier by the Gregorian calendar
        # Nowruz of 1404 (after the leap year 1403), 1405 and 1409 (after the leap year 1408).
        (NOWRUZ, "2025-03-09", False),
        (NOWRUZ, "2025-03-10", True),
        (NOWRUZ, "2025-03-20", True),  # 30 Esfand 1403
        (NOWRUZ, "2025-03-21", True),
        (NOWRUZ, "2025-04-02", True),
        (NOWRUZ, "2025-04-03", False),
        (NOWRUZ, "2026-03-11", True),
        (NOWRUZ, "2026-03-10", False),
        (NOWRUZ, "2030-03-20", True),  # 30 Esfand 1408
        (LAST_OF_ESFAND, "2025-03-20", True),
        (LAST_OF_ESFAND, "2026-03-20", False),  # 29 Esfand 1404
        (LAST_OF_ESFAND, "2026-03-21", False),
        (LEAP_DAY, "2028-02-29", True),
        (LEAP_DAY, "2028-02-28", False),
        (LEAP_DAY, "2027-03-01", False),
        (END_OF_MONTH, "2027-01-30", False),
        (END_OF_MONTH, "2027-01-31", True),
        (END_OF_MONTH, "2028-02-28", True),
        (END_OF_MONTH, "2028-02-29", False),
    ],
)
def test_a_day_is_in_a_window_of_each_year(window, day, holds):
    assert window.holds(date.fromisoformat(day).toordinal()) is holds


@given(
    calendar=st.sampled_from([GREGORIAN, JALALI]),
    first=st.tuples(st.integers(1, 12), st.integers(1, 29)),
    last=st.tuples(st.integers(1, 12), st.integers(1, 29)),
    begin=st.integers(date(1990, 1, 1).toordinal(), date(2190, 1, 1).toordinal()),
)
def test_the_spans_of_a_window_have_its_days_and_no_others(calendar, first, last, begin):
    window = Yearly(calendar, first, last)

    spans = occurrences(window, begin, 5)

    days = range(begin, begin + 4 * 365)
    assert [day for day in days if window.holds(day)] == [
        day for day in days if any(from_ <= day <= until for from_, until in spans)
    ]


def test_a_window_of_each_year_ends_where_days_have_no_numbers():
    assert occurrences(NOWRUZ, date.max.toordinal() - 700, 5)
    assert occurrences(END_OF_MONTH, date.max.toordinal() - 700, 5)


def test_a_window_of_dates_has_both_ends_and_comes_once():
    window = Once(day_of(1405, 9, 30, JALALI), day_of(2026, 12, 22, GREGORIAN))

    assert [window.holds(date(2026, 12, day).toordinal()) for day in (20, 21, 22, 23)] == [False, True, True, False]
    assert not window.holds(date(2027, 12, 21).toordinal())


@pytest.mark.parametrize(("year", "month", "day"), [(1405, 12, 30), (1404, 7, 31), (1405, 13, 1), (1405, 0, 1)])
def test_a_day_that_the_jalali_calendar_does_not_have_is_none(year, month, day):
    with pytest.raises(ValueError, match=r"."):
        day_of(year, month, day, JALALI)


def test_days_are_numbered_alike_in_both_calendars():
    for year in range(1390, 1420):
        for month in range(1, 13):
            day = day_of(year, month, 1, JALALI)
            assert ymd(day, JALALI) == (year, month, 1)
            assert JalaliDate(year, month, 1).to_gregorian() == date.fromordinal(day)
            assert WEEKDAYS[weekday(day)] == date.fromordinal(day).strftime("%A").lower()


@pytest.mark.parametrize(
    ("zone", "instant", "day", "clock"),
    [
        # Berlin: clocks skip from 02:00 to 03:00, and show 02:00 to 03:00 twice.
        ("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29", "01:59"),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29", "03:00"),
        ("Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-29", "23:59"),
        ("Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-30", "00:00"),
        ("Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25", "02:30"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25", "02:30"),
        ("Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25", "23:59"),
        ("Europe/Berlin", "2026-10-25T23:00:00Z", "2026-10-26", "00:00"),
        ("Europe/Berlin", "2028-02-28T23:00:00Z", "2028-02-29", "00:00"),
        ("Europe/Berlin", "2026-12-31T23:00:00Z", "2027-01-01", "00:00"),
        # Tehran has had no summer time since 2022.
        ("Asia/Tehran", "2022-09-20T19:29:59Z", "2022-09-20", "23:59"),
        ("Asia/Tehran", "2026-03-20T20:29:59Z", "2026-03-20", "23:59"),
        ("Asia/Tehran", "2026-03-20T20:30:00Z", "2026-03-21", "00:00"),
        ("Asia/Tehran", "2026-07-01T20:30:00Z", "2026-07-02", "00:00"),
        ("Pacific/Apia", "2011-12-31T09:59:59Z", "2011-12-31", "23:59"),
    ],
)
def test_an_instant_falls_on_a_day_and_a_minute_of_the_shop(zone, instant, day, clock):
    at = to_us(datetime.fromisoformat(instant).astimezone(UTC))
    hour, minute = map(int, clock.split(":"))

    moment = moment_of(always(shop_days(zone)), at, lambda _: True)

    assert moment == Moment(date.fromisoformat(day).toordinal(), hour * 60 + minute)


def test_a_moment_is_in_the_zone_that_the_shop_had_then():
    moved = to_us(datetime(2026, 6, 1, tzinfo=UTC))
    zones = ShopZones([(0, shop_days("Pacific/Kiritimati")), (moved, shop_days("America/Los_Angeles"))])

    before, after = (moment_of(zones, at, lambda _: True) for at in (moved, moved + 1))
    assert before == Moment(date(2026, 6, 1).toordinal(), 14 * 60)
    assert after == Moment(date(2026, 5, 31).toordinal(), 17 * 60)


@pytest.mark.parametrize(
    ("hours", "minute", "hold"),
    [
        (Hours(1080, 1380), 1079, False),
        (Hours(1080, 1380), 1080, True),
        (Hours(1080, 1380), 1379, True),
        (Hours(1080, 1380), 1380, False),
        (Hours(1320, 120), 1320, True),
        (Hours(1320, 120), 0, True),
        (Hours(1320, 120), 119, True),
        (Hours(1320, 120), 120, False),
        (Hours(0, 1440), 1439, True),
    ],
)
def test_hours_end_just_before_their_end_and_may_go_over_midnight(hours, minute, hold):
    assert hours.hold(minute) is hold
