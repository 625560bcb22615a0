import subprocess
import sys

import pytest

from mandegar import failpoints
from mandegar.failpoints import FailpointRaised, StreamFailpoint, arm, reach


@pytest.fixture(autouse=True)
def disarmed():
    yield
    arm("")


def test_nothing_happens_where_nothing_is_armed():
    for failpoint in StreamFailpoint:
        reach(failpoint)


def test_only_the_named_place_fails_and_only_once():
    arm("batch.after_commit:raise")
    reach(StreamFailpoint.BATCH_BEFORE_COMMIT)
    with pytest.raises(FailpointRaised, match=r"batch\.after_commit"):
        reach(StreamFailpoint.BATCH_AFTER_COMMIT)
    reach(StreamFailpoint.BATCH_AFTER_COMMIT)


def test_it_fails_at_the_nth_pass():
    arm("relay.after_send:raise:3")
    reach(StreamFailpoint.RELAY_AFTER_SEND)
    reach(StreamFailpoint.RELAY_AFTER_SEND)
    with pytest.raises(FailpointRaised):
        reach(StreamFailpoint.RELAY_AFTER_SEND)


def test_exit_ends_the_process_without_a_word():
    code = (
        "from mandegar.failpoints import *; arm('relay.after_send:exit'); "
        "reach(StreamFailpoint.RELAY_AFTER_SEND); print(1)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (failpoints.KILLED, b"")


@pytest.mark.parametrize("text", ["nowhere:exit", "batch.after_commit:burn", "batch.after_commit", "a:b:c"])
def test_a_wrong_failpoint_is_refused_with_the_right_ones(text):
    with pytest.raises(ValueError, match=r"batch\.after_commit"):
        arm(text)


@pytest.mark.parametrize(
    ("service", "own"), [("ingest", "door.before_commit"), ("notify", "delivery.after_call"), ("loyalty", None)]
)
def test_a_service_can_be_failed_in_its_own_places_and_in_those_of_the_stream(service, own):
    code = f"import {service}.main; from mandegar.failpoints import failpoints; print(*failpoints())"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = ended.stdout.split()

    assert "batch.after_commit" in names
    assert [name for name in names if name.startswith(("door.", "delivery."))] == [] or own in names
