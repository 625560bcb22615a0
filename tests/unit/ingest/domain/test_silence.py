"""A source is silent if it has never been at this time of the week."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.domain.silence import is_silent

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("weeks", "silent"),
    [
        ([100, 90, 120], True),
        ([100] * 8, True),
        ([100, 90], False),  # no rhythm yet
        ([], False),
        ([0] * 8, False),  # it sleeps then
        ([100, 0, 100, 0, 100, 0, 100, 0], False),  # every other week
        ([0, 0, 100, 100, 100, 100, 100, 100], True),  # two weeks of holidays
        ([9] * 8, False),  # so few may be missing by chance
        ([10] * 8, True),
        ([100, 100, 100, 0, 0], True),
        ([100, 100, 0, 0, 0], False),
    ],
)
def test_the_same_stretch_of_earlier_weeks_decides(weeks, silent):
    assert is_silent(NOW - timedelta(hours=2), NOW, weeks) is silent


def test_after_two_weeks_it_is_no_news_any_more():
    assert is_silent(NOW - timedelta(days=14), NOW, [100] * 8)
    assert not is_silent(NOW - timedelta(days=14, seconds=1), NOW, [100] * 8)
