"""What a killed run leaves running: ended by the next run, which finds it by the pids that were written down."""

import os
from pathlib import Path

from mandegar_local.children import running_process, write_pid_file
from mandegar_local.stack_files import StackFiles

_RUNNER = "runner"


def sign_in(directory: Path) -> None:
    """Say that this process is the runner of a run's directory."""
    write_pid_file(StackFiles(directory).pid(_RUNNER), os.getpid())


def end_leftovers(runs: Path) -> None:
    """Kill the servers and services of runs whose runner is gone; their data is of no use to anybody."""
    for runner in runs.rglob(f"{_RUNNER}.pid"):
        if running_process(runner) is None:
            for pid_file in runner.parents[1].rglob("*.pid"):
                if pid_file.name != "postmaster.pid" and (process := running_process(pid_file)) is not None:
                    process.kill()
                    process.wait(10)
