"""Which draws are held by themselves follows from the versions of a programme, the calendar and the instant alone."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import TEHRAN, programme
from loyalty.domain.act_rules import DRAWN, ActRule, Acts, Draw
from loyalty.domain.programme import BEGINNING, Programme
from loyalty.domain.timed_draws import MISSED_MAX, seed_of, timed_draws
from loyalty.domain.zones import always
from mandegar.calendar import shop_days
from mandegar.quantities import DAY_US, from_us, to_us

SEED = "pomegranates of Saveh"
ZONE = ZoneInfo("Asia/Tehran")


def on(*day: int) -> int:
    """The first instant of a day in Tehran, of the Gregorian calendar."""
    return to_us(datetime(*day, tzinfo=ZONE))


def version(number: int, since: int, *draws: Draw, stored: int | None = None) -> Programme:
    rules = tuple([ActRule(name="lucky", on=DRAWN, points=5, draw=draw) for draw in draws])
    acts = Acts(rules, since=since if stored is None else stored)
    return programme(version=number, effective_from=since, acts=acts)


def each(period: str, *, seed: str = SEED, wait: int = 0) -> Draw:
    return Draw(0, 0, 2, "", seed, period, wait)


def named(versions: list[Programme], now: int) -> list[str]:
    """The draws that are due, and those to come in brackets."""
    return [one.name if one.at <= now else f"({one.name})" for one in timed_draws(versions, TEHRAN, now)]


def test_a_month_is_drawn_at_its_end_in_its_calendar_a_leap_esfand_too():
    jalali = [version(1, on(2030, 1, 20), each("jalali_month"))]  # 1 Bahman 1408, a leap year
    bahman, esfand, *_ = timed_draws(jalali, TEHRAN, on(2030, 3, 21))

    assert [(one.name, one.begin, one.end, one.at) for one in (bahman, esfand)] == [
        ("lucky:1408-11", on(2030, 1, 20), on(2030, 2, 19), on(2030, 2, 19)),
        ("lucky:1408-12", on(2030, 2, 19), on(2030, 3, 21), on(2030, 3, 21)),
    ]
    assert {bahman.seed, esfand.seed} == {seed_of(SEED, "lucky:1408-11"), seed_of(SEED, "lucky:1408-12")}
    gregorian = [version(1, on(2028, 2, 1), each("month"))]
    assert named(gregorian, on(2028, 3, 1) - 1)[0] == "(lucky:2028-02)"
    assert named(gregorian, on(2028, 3, 1))[0] == "lucky:2028-02"
    weekly = [version(1, on(2026, 11, 21), each("jalali_week"))]
    assert named(weekly, on(2026, 11, 28))[0] == "lucky:2026-11-21"


def test_what_began_before_the_draw_was_stored_is_not_drawn():
    late = [version(1, on(2026, 11, 22), each("month"))]
    backdated = [version(1, on(2026, 11, 1), each("month"), stored=on(2026, 11, 22))]
    other_seed = [version(1, on(2026, 11, 1), each("month")), version(2, on(2026, 11, 9), each("month", seed="other"))]
    same = [version(1, on(2026, 11, 1), each("month")), version(2, on(2026, 11, 9), each("month"))]

    for versions in (late, backdated, other_seed):
        assert named(versions, on(2026, 12, 15))[0] == "(lucky:2026-12)"
    assert named(same, on(2026, 12, 15)) == ["lucky:2026-11", "(lucky:2026-12)", "(lucky:2027-01)"]


def test_a_draw_that_is_given_up_is_held_for_what_had_ended_by_then():
    versions = [version(1, on(2026, 11, 1), each("month", wait=DAY_US)), version(2, on(2026, 12, 1))]

    assert named(versions, on(2026, 12, 1)) == ["(lucky:2026-11)"]
    assert named(versions, on(2027, 3, 1)) == ["lucky:2026-11"]
    assert named([versions[0], version(2, on(2026, 12, 1) - 1)], on(2027, 3, 1)) == []


def test_a_draw_with_dates_is_held_once_by_the_version_in_force_at_its_end():
    dated = Draw(on(2026, 11, 1), on(2026, 12, 1), 1, "", SEED)
    versions = [version(1, BEGINNING, dated, stored=0), version(2, on(2026, 11, 20), dated)]
    (found,) = timed_draws(versions, TEHRAN, on(2026, 12, 1))

    assert (found.name, found.version, found.seed, found.at) == ("lucky", 2, SEED, on(2026, 12, 1))
    assert named([version(1, on(2026, 12, 2), dated)], on(2026, 12, 3)) == []
    assert named([version(1, BEGINNING, dated, stored=0)], on(2028, 12, 1)) == []


def test_instants_that_no_calendar_has_are_no_draw():
    far, early = (
        Draw(on(2026, 11, 1), 300_000_000_000_000_000, 1, "", SEED, "", DAY_US),
        Draw(-1, on(2026, 12, 1), 1, "", SEED),
    )

    assert named([version(1, on(2026, 11, 1), far)], on(2026, 11, 2)) == []
    assert named([version(1, on(2026, 11, 1), early)], on(2026, 11, 2)) == []


def test_a_draw_that_was_stored_later_from_an_earlier_day_on_does_not_hide_that_it_was_there():
    earlier = version(1, on(2026, 10, 1), each("month"), stored=on(2026, 11, 22))
    versions = [earlier, version(2, on(2026, 10, 20), each("month"))]

    assert named(versions, on(2026, 12, 1))[0] == "lucky:2026-11"


days = st.integers(on(2026, 3, 1) // DAY_US, on(2028, 6, 1) // DAY_US)


@given(
    begins=st.lists(days, min_size=1, max_size=4, unique=True),
    drawn=st.lists(st.sampled_from(["month", "jalali_month", "week", "jalali_week", None]), min_size=4, max_size=4),
    wait=st.sampled_from([0, DAY_US, 40 * DAY_US]),
    steps=st.lists(st.integers(1, 90), min_size=1, max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_each_draw_is_due_once_whenever_it_is_asked_and_what_was_due_stays_so(begins, drawn, wait, steps):
    versions = [
        version(number, begin * DAY_US, *([each(period, wait=wait)] if period else []))
        for number, (begin, period) in enumerate(zip(sorted(begins), drawn, strict=False), 1)
    ]
    now, held = min(begins) * DAY_US, set()
    for step in steps:
        now += step * DAY_US
        found = timed_draws(versions, TEHRAN, now)
        names = [one.name for one in found]
        due = {(one.name, one.begin, one.at, one.version) for one in found if one.at <= now}

        assert len(set(names)) == len(names)
        assert {one for one in held if one[2] > now - MISSED_MAX} <= due
        assert all(one.at == one.end + wait and one.begin < one.end for one in found)
        held |= due


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Africa/Cairo"])
def test_periods_follow_each_other_where_clocks_are_moved(zone):
    zones = always(shop_days(zone))
    found = timed_draws([version(1, on(2026, 1, 1), each("week"))], zones, on(2026, 12, 31))

    assert all(one.end == later.begin for one, later in pairwise(found))
    assert {from_us(one.end).astimezone(ZoneInfo(zone)).weekday() for one in found} == {0}
