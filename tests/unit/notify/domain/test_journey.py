"""Journeys: what starts them, which version is in force, and the id of a send."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from notify.domain import journey
from notify.journeys.built_in import built_in_versions
from notify.journeys.document import journey_of

NOON = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
OFFER = journey_of(built_in_versions()["at_risk_offer"])
CAUSE = UUID("0b1d3f6e-1111-5222-8333-444455556666")


def test_the_packaged_journeys_are_readable():
    assert set(built_in_versions()) == {"at_risk_offer", "points_expiring", "till_code", "welcome_back"}
    assert OFFER.no_later_than == journey.Deadline("crossed_at", timedelta(days=3))
    assert (OFFER.version, OFFER.enabled) == (0, True)


def test_a_crossing_to_another_band_starts_nothing():
    assert OFFER.starts("band.crossed", {"band": "at_risk"})
    assert not OFFER.starts("band.crossed", {"band": "lost"})
    assert not OFFER.starts("points.expiring", {"band": "at_risk"})


def test_no_points_are_no_reason_to_write():
    expiring = journey_of(built_in_versions()["points_expiring"])

    assert expiring.starts("points.expiring", {"points": 1})
    assert not expiring.starts("points.expiring", {"points": 0})
    assert not expiring.starts("points.expiring", {})


def test_one_cause_gives_one_send_per_journey_and_channel():
    ids = {journey.send_id(name, CAUSE, channel) for name in ("a", "b") for channel in ("email", "sms")}

    assert len(ids) == 4
    assert journey.send_id("a", CAUSE, "email") in ids


def test_what_waited_for_one_hour_is_spread_stably():
    within = timedelta(minutes=10)

    assert timedelta() <= journey.spread(CAUSE, within) < within
    assert journey.spread(CAUSE, within) == journey.spread(CAUSE, within)


def test_the_newest_version_that_has_begun_is_in_force_by_name():
    versions = [replace(OFFER, version=number, effective_from=NOON + timedelta(days=number)) for number in range(3)] + [
        replace(OFFER, name="another", version=1, effective_from=NOON + timedelta(days=2))
    ]

    assert [one.version for one in journey.in_force(versions, NOON - timedelta(days=1))] == []
    assert [one.version for one in journey.in_force(versions, NOON + timedelta(days=1.5))] == [1]
    assert [(one.name, one.version) for one in journey.in_force(versions, NOON + timedelta(days=2))] == [
        ("at_risk_offer", 2),
        ("another", 1),
    ]


def test_a_journey_that_is_switched_off_starts_nothing():
    assert OFFER.starts("band.crossed", {"band": "at_risk"})
    assert not replace(OFFER, enabled=False).starts("band.crossed", {"band": "at_risk"})
