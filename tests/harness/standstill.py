"""A test that fails while the machine stands still is run again: it failed for no reason of its own.

A virtual machine that is moved or copied stops for some seconds, with every process on it. All limits of time pass at
once then: the database ends transactions that wait for their next statement, requests get no answer in time. A thread
that wakes a few times a second notices; a failure without such a gap stays a failure.
"""

import time
from threading import Thread
from typing import Final

import pytest
from _pytest.runner import runtestprotocol

# Half of the shortest limit of time that a working service sets itself.
STANDSTILL_SECONDS: Final = 0.75
_BEAT_SECONDS: Final = 0.1
_RUNS_MAX: Final = 3
_NOTE: Final = "ran again after a standstill of seconds"


class Watch:
    """Notices when this process got no time for longer than ``STANDSTILL_SECONDS``, on a thread of its own."""

    def __init__(self) -> None:
        self._longest = 0.0
        Thread(target=self._beat, name="standstill", daemon=True).start()

    def longest(self) -> float:
        """The longest standstill since the last call, in seconds; 0 if there was none."""
        time.sleep(2 * _BEAT_SECONDS)  # let the thread notice one that has just ended
        longest, self._longest = self._longest, 0.0
        return longest

    def forget(self) -> None:
        """What was before is of no interest."""
        self._longest = 0.0

    def _beat(self) -> None:
        before = time.monotonic()
        while True:
            time.sleep(_BEAT_SECONDS)
            now = time.monotonic()
            if now - before > STANDSTILL_SECONDS:
                self._longest = max(self._longest, now - before)
            before = now


def run_again_after_standstill(item: pytest.Item, nextitem: pytest.Item | None, watch: Watch) -> None:
    """Run a test as pytest does, again if it failed while the machine stood still; its last run counts."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for run in range(1, _RUNS_MAX + 1):
        watch.forget()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if run == _RUNS_MAX or not any(report.failed for report in reports) or not (stood := watch.longest()):
            break
        item.user_properties.append((_NOTE, f"{stood:.1f}"))
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def standstills(reports: list[pytest.TestReport]) -> list[str]:
    """A line for each run that a standstill spoilt."""
    return [
        f"{report.nodeid}: {_NOTE}: {seconds}"
        for report in reports
        if report.when == "call"
        for note, seconds in report.user_properties
        if note == _NOTE
    ]
