"""A time means the same instant in every spelling that can be read, and what can be read in two ways is not read."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.events.written_time import written_time

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEN = datetime(2026, 11, 1, 10, tzinfo=UTC)
TEHRAN = ZoneInfo("Asia/Tehran")


def read(written, zone=TEHRAN):
    return written_time(written, zone=zone, now=NOW)


FORMS = [
    lambda at: at.isoformat(),
    lambda at: at.isoformat(sep=" "),
    lambda at: at.isoformat().lower(),
    lambda at: at.isoformat().replace("T", "t"),
    lambda at: at.isoformat().replace("+00:00", "Z"),
    lambda at: at.isoformat().replace("+00:00", "z"),
    lambda at: at.isoformat(sep=" ").replace("+00:00", " UTC"),
    lambda at: at.isoformat(sep="_"),
    lambda at: at.isoformat(timespec="microseconds").replace(".", ","),
    lambda at: (
        at.isoformat(timespec="microseconds").replace("+", "999+") if at.utcoffset() >= timedelta(0) else at.isoformat()
    ),
    lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.%f%z"),
    lambda at: at.strftime("%Y-%m-%d %H:%M:%S.%f %z"),
    lambda at: at.strftime("%Y%m%dT%H%M%S.%f%z"),
    lambda at: at.isoformat()[:10] + at.isoformat()[10:].replace("-", "\u2212"),
    lambda at: f"{at.isoformat()}[Etc/Anywhere]",
    lambda at: f"\u200e {at.isoformat()}\ufeff",
    lambda at: at.isoformat().translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
    lambda at: at.astimezone(TEHRAN).replace(tzinfo=None).isoformat(),
    lambda at: at.astimezone(TEHRAN).replace(tzinfo=None).isoformat(sep=" "),
]
INSTANTS = st.datetimes(datetime(2001, 9, 10), datetime(2026, 11, 21)).map(lambda at: at.replace(tzinfo=UTC))
OFFSETS = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@given(INSTANTS, OFFSETS, st.sampled_from(FORMS))
def test_every_spelling_of_an_instant_is_that_instant(instant, offset, form):
    # Of an hour that a zone has twice the first is meant.
    if instant.astimezone(TEHRAN).fold or instant.astimezone(TEHRAN).astimezone(UTC) != instant:
        return
    assert read(form(instant.astimezone(offset))) == instant


@given(INSTANTS, st.sampled_from([1, 1_000, 1_000_000]))
def test_a_number_is_seconds_milliseconds_or_microseconds_since_1970(instant, parts):
    microseconds = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    number = microseconds * parts // 1_000_000
    expected = instant - timedelta(microseconds=microseconds % (1_000_000 // parts))

    assert read(number) == read(float(number)) == read(str(number)) == expected


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2017-01-01t03:29:60.5+03:30", datetime(2017, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 10, 31, 20, 30, tzinfo=UTC)),
        ("2026-11-01T10:00Z", TEN),
        ("1793527200.25", TEN + timedelta(seconds=0.25)),
    ],
)
def test_a_leap_second_is_the_next_one_and_a_date_is_its_midnight(written, instant):
    assert read(written) == instant


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-01T10:00:60Z",  # no leap second is there
        "2026-11-01T10:00:61Z",
        "2026-11-01+03:30",  # half past three, or midnight in Tehran
        "2026-11-01-10:00",
        "01/11/2026 10:00",
        "11-01-2026",
        "2026110110",  # a date without separators, or the year 2034
        "202611011000",
        "20261101100000",
        20261101,
        179352720,
        1793527200 + 2 * 86_400 * 365,
        "2026-11-01T10:00:00+25:00",
        "2026-11-01T10:00:00 PM",
        "10:00",
        "yesterday",
        "-1793527200",
        float("inf"),
        1e300,
        -1.0,
        0,
        "0",
        "9" * 70,
        "2026-11-01T10:00:00Z" + " " * 100 + "x",
    ],
)  # fmt: skip
def test_what_may_mean_something_else_is_not_read(written):
    with pytest.raises((ValueError, ArithmeticError)):
        read(written)


@given(st.one_of(st.text("0123456789-:TtZz+ .,UTC[]/", max_size=30), st.floats(), st.integers()))
def test_whatever_is_written_is_read_or_refused(written):
    with suppress(ValueError, ArithmeticError):
        assert read(written).tzinfo is UTC


def test_the_door_takes_them_and_keeps_the_others(door, order):
    assert door.accepted(order(time="2026-11-01t10:00:00z")).event.time == TEN
    assert door.accepted(order(time=1793527200000)).event.time == TEN
    assert door.accepted(order(time="")).event.time == door.now
    for time in ("01/11/2026", True, {}, 7):
        refusal = door.one(order(time=time))
        assert (refusal.code, refusal.status) == ("bad_time", "quarantined")
