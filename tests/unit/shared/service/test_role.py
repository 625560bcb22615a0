"""A worker gives way to other processes, and nobody else has to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel groups no sessions")

_LOWER = "from mandegar.service.role import lower_priority; lower_priority()"
# A terminal: the leader of a session, in which a worker is started that leads none.
_TERMINAL = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_LOWER!r}], check=True)"
_TELL = "; import os; print(os.getpriority(os.PRIO_PROCESS, 0)); print(open('/proc/self/autogroup').read())"


def priorities(program: str) -> tuple[int, str]:
    """The niceness of a process that leads a session, and the session's own, behind ``program``."""
    said = subprocess.run(
        [sys.executable, "-c", program + _TELL], capture_output=True, text=True, check=True, start_new_session=True
    ).stdout.split()
    return int(said[0]), said[-1]


def test_a_worker_lowers_its_own_session():
    lowered = max(10, os.getpriority(os.PRIO_PROCESS, 0))

    assert priorities(_LOWER) == (lowered, "10")


def test_a_worker_in_a_terminal_leaves_the_terminal_alone():
    assert priorities(_TERMINAL) == (os.getpriority(os.PRIO_PROCESS, 0), "0")
