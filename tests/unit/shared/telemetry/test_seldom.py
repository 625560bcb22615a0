"""A line that repeats is written at once, and then once a minute with the number of times."""

import pytest

from mandegar.telemetry import seldom


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    """Sets the seconds that have passed."""
    now = [1_000.0]
    monkeypatch.setattr(seldom, "monotonic_seconds", lambda: now[0])
    return lambda seconds: now.__setitem__(0, 1_000.0 + seconds)


def test_an_hour_of_failures_each_second_is_a_line_a_minute_that_counts_them(at):
    lines = seldom.Seldom()
    times = []
    for second in range(3_600):
        at(second)
        times.append(lines.times("UnsupportedCodecError"))

    written = [count for count in times if count]
    assert (written[0], len(written)) == (1, 60)
    assert set(written[1:]) == {60}


def test_each_kind_has_its_own_line_and_none_is_late(at):
    lines = seldom.Seldom()
    assert lines.times("a") == 1
    assert lines.times("b") == 1
    assert lines.times("a") == 0
    at(61)
    assert lines.times("a") == 2
