"""What a process of a service does: everything, or the half that answers requests, or the half that works."""

import os
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

NICENESS = 10
_AUTOGROUP = Path("/proc/self/autogroup")


class Role(StrEnum):
    """The role of a process. ``ALL`` is both others in one process."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"

    @property
    def answers(self) -> bool:
        """Whether the process serves the API."""
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        """Whether the process runs lanes, relay, timer and background tasks."""
        return self is not Role.WEB


def lower_priority() -> None:
    """Let the scheduler prefer other processes, as far as the system permits it.

    Linux groups processes by session, and compares the niceness of a process only inside its group, so the group gets
    the same niceness, unless it has others in it: in a terminal's session, all that runs there would be starved.
    Threads and processes that are started afterwards inherit it.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICENESS))
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            _AUTOGROUP.write_text(str(NICENESS))
