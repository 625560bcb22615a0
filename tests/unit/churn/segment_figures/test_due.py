"""A snapshot is due half an hour after a day of the shop has begun, and once other segments are in force."""

from datetime import UTC, datetime, timedelta

import pytest

from churn.segment_figures.claim_rows import Standing
from churn.segment_figures.take import is_due

# Midnight in Tehran.
MIDNIGHT = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)


def due(taken: float | None, now: float, *, zone: str = "Asia/Tehran", generation: int = 3, taken_of: int | None = 3):
    """Whether a snapshot is due ``now`` hours after midnight, the last one was ``taken``."""
    at = None if taken is None else MIDNIGHT + timedelta(hours=taken)
    return is_due(Standing("s", zone, generation, taken_of, at), MIDNIGHT + timedelta(hours=now))


@pytest.mark.parametrize(
    ("taken", "now", "expected"),
    [(-10, -1, False), (-10, 0.4, False), (-10, 0.6, True), (0.4, 0.6, True), (0.6, 24.4, False), (0.6, 24.6, True)],
)
def test_a_snapshot_is_due_once_a_day(taken, now, expected):
    assert due(taken, now) == expected


def test_days_are_those_of_the_shop():
    assert not due(-10, 0.6, zone="UTC")
    assert due(-10, 5, zone="UTC")


def test_a_first_one_and_other_segments_are_due_at_once():
    assert due(None, 0, taken_of=None)
    assert due(-1, 0, generation=4)
    assert not due(1, 0), "a clock that was set back"
