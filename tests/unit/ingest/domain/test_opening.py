"""What a club that moves in writes about its points and tiers, as the other services will read it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mandegar.events import decode, encode
from mandegar.events.identity import is_opaque


def lot(**data: Any) -> dict[str, Any]:
    return {"id": "e", "type": "points.opened", "customer": {"id": "c"}, "data": {"lot_id": "l", "points": 1, **data}}


def grant(**data: Any) -> dict[str, Any]:
    told = {"tier": "gold", "until": "2027-03-20", **data}
    return {"id": "e", "type": "tier.granted", "customer": {"id": "c"}, "data": told}


def test_a_day_is_the_last_day_of_points_and_an_instant_is_kept(door):
    day = door.accepted(lot(expires_at="2027-03-20")).event.data
    persian_digits = door.accepted(lot(expires_at="۲۰۲۷-۰۳-۲۰")).event.data
    instant = door.accepted(lot(expires_at="2027-03-20T12:00:00+03:30")).event.data
    never = door.accepted(lot(expires_at="")).event.data

    assert (day.last_day, day.expires_at) == (date(2027, 3, 20), None)
    assert persian_digits.last_day == date(2027, 3, 20)
    assert (instant.last_day, instant.expires_at) == (None, datetime(2027, 3, 20, 8, 30, tzinfo=UTC))
    assert (never.last_day, never.expires_at) == (None, None)


def test_a_tier_lasts_until_the_end_of_a_day_of_the_shop(door):
    day = door.accepted(grant()).event.data
    instant = door.accepted(grant(until="2027-03-20T12:00:00Z")).event.data

    assert day.until == datetime(2027, 3, 20, 20, 30, tzinfo=UTC)
    assert instant.until == datetime(2027, 3, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize("points", [0, "1200", 1200.0, "1e3", 10**15])
def test_points_are_whole_however_they_are_written(door, points):
    data = door.accepted(lot(points=points)).event.data

    assert data.points == int(float(points))
    assert decode(encode(door.accepted(lot(points=points)).event)).data == data


@pytest.mark.parametrize("points", [-1, 1.5, "0.5", 10**15 + 1, "1e400", "-0.1"])
def test_other_numbers_of_points_are_refused(door, points):
    assert door.code(lot(points=points)) == "bad_amount"


@pytest.mark.parametrize(
    "end", ["1405-12-29", "9999-12-31", "2200-01-01", "1969-12-31", "tomorrow", "20/03/2027", "2027-02-30", -1, 7, "0"]
)
def test_an_end_that_is_no_day_of_our_time_is_refused(door, end):
    assert door.code(lot(expires_at=end)) == "bad_time"
    assert door.code(grant(until=end)) == "bad_time"


def test_a_tier_needs_an_end_and_a_name(door):
    assert door.code(grant(until="")) == "bad_time"
    for name in ("", "  ", "x" * 61, "go\nld", "\x00"):
        assert door.code(grant(tier=name)) in ("invalid_data", "invalid_event")


def test_names_and_ids_that_could_be_about_a_person_are_published_as_hashes(door):
    named = door.accepted(grant(tier="سارا کاشته")).event.data
    plain = door.accepted(grant(tier=" gold ")).event.data
    phone = door.accepted(lot(lot_id="09121234567")).event.data

    assert named.tier.startswith("h_")
    assert plain.tier == "gold"
    assert phone.lot_id.startswith("h_")
    assert all(map(is_opaque, (named.tier, phone.lot_id)))


def test_they_are_no_acts_of_a_browser(door):
    for body in (lot(), grant()):
        assert door.code(body, trust="browser") == "not_allowed"


def test_a_time_ahead_of_ours_is_kept_to_order_corrections(door):
    ahead = {**lot(), "time": "2026-11-22T13:00:00Z"}

    event = door.accepted(ahead).event

    assert event.time == door.now
    assert event.data.written_at is not None
