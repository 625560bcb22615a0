import subprocess
import sys

import pytest

from mandegar import failpoints
from mandegar.failpoints import Failpoint, FailpointRaised, arm, reach


@pytest.fixture(autouse=True)
def disarmed():
    yield
    arm("")


def test_nothing_happens_where_nothing_is_armed():
    for failpoint in Failpoint:
        reach(failpoint)


def test_only_the_named_place_fails_and_only_once():
    arm("batch.after_commit:raise")
    reach(Failpoint.BATCH_BEFORE_COMMIT)
    with pytest.raises(FailpointRaised, match=r"batch\.after_commit"):
        reach(Failpoint.BATCH_AFTER_COMMIT)
    reach(Failpoint.BATCH_AFTER_COMMIT)


def test_it_fails_at_the_nth_pass():
    arm("relay.after_send:raise:3")
    reach(Failpoint.RELAY_AFTER_SEND)
    reach(Failpoint.RELAY_AFTER_SEND)
    with pytest.raises(FailpointRaised):
        reach(Failpoint.RELAY_AFTER_SEND)


def test_exit_ends_the_process_without_a_word():
    code = (
        "from mandegar.failpoints import *; arm('door.after_commit:exit'); reach(Failpoint.DOOR_AFTER_COMMIT); print(1)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (failpoints.KILLED, b"")


@pytest.mark.parametrize("text", ["nowhere:exit", "batch.after_commit:burn", "batch.after_commit", "a:b:c"])
def test_a_wrong_failpoint_is_refused_with_the_right_ones(text):
    with pytest.raises(ValueError, match=r"door\.before_commit"):
        arm(text)
