"""Journeys: their documents, what starts them, and the id of a send."""

from datetime import timedelta
from uuid import UUID

import pytest

from notify.domain import journey
from notify.journeys.built_in import built_in

CAUSE = UUID("0b1d3f6e-1111-5222-8333-444455556666")


def test_the_packaged_journeys_are_readable():
    assert set(built_in()) == {"at_risk_offer", "points_expiring"}
    assert built_in()["at_risk_offer"].no_later_than == journey.Deadline("crossed_at", timedelta(days=3))


def test_a_crossing_to_another_band_starts_nothing():
    offer = built_in()["at_risk_offer"]

    assert offer.starts("band.crossed", {"band": "at_risk"})
    assert not offer.starts("band.crossed", {"band": "lost"})
    assert not offer.starts("points.expiring", {"band": "at_risk"})


def test_no_points_are_no_reason_to_write():
    expiring = built_in()["points_expiring"]

    assert expiring.starts("points.expiring", {"points": 1})
    assert not expiring.starts("points.expiring", {"points": 0})
    assert not expiring.starts("points.expiring", {})


def test_one_cause_gives_one_send_per_journey_and_channel():
    ids = {journey.send_id(name, CAUSE, channel) for name in ("a", "b") for channel in ("email", "sms")}

    assert len(ids) == 4
    assert journey.send_id("a", CAUSE, "email") in ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [("P3D", timedelta(days=3)), ("PT12H", timedelta(hours=12)), ("P1DT30M", timedelta(days=1, minutes=30))],
)
def test_durations_are_iso_8601(text, expected):
    assert journey.duration(text) == expected


@pytest.mark.parametrize("text", ["", "P", "3D", "P1M", "P-1D", "PT"])
def test_a_duration_that_is_none_is_refused(text):
    with pytest.raises(ValueError):
        journey.duration(text)


def test_what_waited_for_one_hour_is_spread_stably():
    within = timedelta(minutes=10)

    assert timedelta() <= journey.spread(CAUSE, within) < within
    assert journey.spread(CAUSE, within) == journey.spread(CAUSE, within)


@pytest.mark.parametrize("missing", ["name", "trigger", "channel", "send_no_later_than"])
def test_a_document_without_what_it_needs_is_refused(missing):
    document = {
        "name": "x",
        "version": 1,
        "trigger": {"event": "band.crossed"},
        "channel": "email",
        "template": "x",
        "send_no_later_than": {"field": "crossed_at", "after": "P1D"},
    }
    assert journey.parse(document).name == "x"

    del document[missing]
    with pytest.raises(KeyError):
        journey.parse(document)
