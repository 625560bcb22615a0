"""A test that fails while the machine stands still runs again; every other failure stays one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Stops its own process for a while, as a virtual machine stops with all that runs on it.
STANDING_STILL = """
import os
import subprocess
from pathlib import Path

RUNS = Path(__file__).with_name("runs")


def stand_still():
    subprocess.Popen(["sh", "-c", f"sleep 1.5; kill -CONT {os.getpid()}"])
    os.kill(os.getpid(), 19)


def run():
    with RUNS.open("a") as runs:
        runs.write("x")
    return len(RUNS.read_text())
"""


def ended(directory: Path, test: str) -> tuple[int, int, str]:
    """The exit status of a run of ``test`` alone, how often the test ran, and what was printed."""
    tests = Path(__file__).parents[2]
    (directory / "test_one.py").write_text(STANDING_STILL + test)
    # Loaded as a plugin of its own: the fixtures of this suite are not asked for.
    (directory / "loaded.py").write_text(f"""
import sys
sys.path.insert(0, {str(tests)!r})
import pytest
from harness.standstill import Watch, run_again_after_standstill, standstills

WATCH = Watch()


def pytest_runtest_protocol(item, nextitem):
    run_again_after_standstill(item, nextitem, WATCH)
    return True


def pytest_terminal_summary(terminalreporter):
    for line in standstills(terminalreporter.getreports("passed") + terminalreporter.getreports("failed")):
        terminalreporter.line(line)
""")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "loaded", "-p", "no:cacheprovider", "-c", os.devnull]
    ran = subprocess.run(
        [*command, "--rootdir", str(directory), str(directory / "test_one.py")],
        cwd=directory, env={**os.environ, "PYTHONPATH": str(directory)}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    return ran.returncode, len((directory / "runs").read_text()), ran.stdout


def test_a_test_that_failed_while_the_machine_stood_still_runs_again_and_the_run_says_so(tmp_path):
    status, runs, printed = ended(
        tmp_path, "def test_one():\n    if run() == 1:\n        stand_still()\n        assert 0"
    )

    assert (status, runs) == (0, 2)
    assert "test_one: ran again after a standstill of seconds: 1." in printed


def test_a_fixture_that_failed_while_the_machine_stood_still_is_made_again(tmp_path):
    fixture = (
        "import pytest\n\n@pytest.fixture\ndef one():\n    if run() == 1:\n        stand_still()\n        assert 0\n"
    )
    status, runs, _ = ended(tmp_path, fixture + "\n\ndef test_one(one):\n    pass\n")

    assert (status, runs) == (0, 2)


@pytest.mark.parametrize(
    ("test", "times"),
    [
        ("def test_one():\n    run()\n    assert 0", 1),
        ("def test_one():\n    run()\n    stand_still()\n    assert 0", 3),
    ],
    ids=["without a standstill", "with one each time"],
)
def test_a_test_that_keeps_failing_fails(tmp_path, test, times):
    status, runs, printed = ended(tmp_path, test)

    assert (status, runs) == (1, times)
    assert "1 failed" in printed


def test_a_test_that_passes_though_the_machine_stood_still_does_not_run_again(tmp_path):
    assert ended(tmp_path, "def test_one():\n    run()\n    stand_still()")[:2] == (0, 1)
