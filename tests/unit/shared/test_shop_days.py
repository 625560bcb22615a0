"""Days begin where the shop is."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.calendar import shop_days
from mandegar.quantities import from_us, to_us


def test_points_last_through_the_stated_day_and_go_at_the_next_midnight() -> None:
    days, noon = shop_days("Asia/Tehran"), datetime(2026, 3, 1, 8, 30, tzinfo=UTC)  # 12:00 in Tehran

    assert datetime(2026, 3, 11, 20, 30, tzinfo=UTC) == from_us(days.end_of(days.day_of(to_us(noon)) + 10))


def test_the_evening_of_utc_is_already_the_next_day_in_tehran() -> None:
    days, evening = shop_days("Asia/Tehran"), datetime(2026, 3, 1, 21, 0, tzinfo=UTC)

    assert datetime(2026, 3, 2, 20, 30, tzinfo=UTC) == from_us(days.end_of(days.day_of(to_us(evening))))


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("Africa/Cairo", date(2024, 4, 26), datetime(2024, 4, 25, 22, 0, tzinfo=UTC)),  # midnight is skipped
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 30, 10, 0, tzinfo=UTC)),  # a day is skipped
        ("America/Havana", date(2024, 11, 3), datetime(2024, 11, 3, 4, 0, tzinfo=UTC)),  # midnight comes twice
    ],
)
def test_a_day_whose_midnight_is_skipped_or_doubled_begins_once(zone: str, day: date, start: datetime) -> None:
    assert start == from_us(shop_days(zone).start_of(day.toordinal()))


@given(
    at=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2080, 1, 1)),
    zone=st.sampled_from(["UTC", "Asia/Tehran", "Pacific/Kiritimati", "America/Adak", "Pacific/Apia", "Africa/Cairo"]),
)
def test_every_instant_lies_in_the_day_it_is_given(at: datetime, zone: str) -> None:
    days = shop_days(zone)
    now = to_us(at.replace(tzinfo=UTC))

    assert days.start_of(days.day_of(now)) <= now < days.start_of(days.day_of(now) + 1)
