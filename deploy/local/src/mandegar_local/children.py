"""Child processes, each started in a session of its own and recorded in a pid file.

A pid file holds pid and start time. After a kill -9 of the supervisor, the next run stops the recorded processes, and
no other process that has got the same pid since.
"""

import atexit
import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOG_BYTES_MAX = 20_000_000


@dataclass(frozen=True, slots=True)
class User:
    """The account of a child, if it is not the account of this process."""

    uid: int
    gid: int


@dataclass(eq=False)
class Child:
    """A running child process, and the signal on which it shuts down."""

    process: subprocess.Popen[bytes]
    pid_file: Path
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs, negative for the signal that ended it."""
        return self.process.poll()

    def stop(self, seconds: float = 20.0) -> None:
        """Send the stop signal, and kill the process after `seconds`; may be called again and from any thread."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.pid_file.unlink(missing_ok=True)
        atexit.unregister(self.stop)


@dataclass(frozen=True)
class ChildServer:
    """A server that runs as a child process; subclasses add its address."""

    child: Child

    @property
    def pid(self) -> int:
        """Process id of the server's main process."""
        return self.child.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs, negative for the signal that ended it."""
        return self.child.exit_code

    def stop(self) -> None:
        """Shut it down, which may take seconds; may be called again and from any thread."""
        self.child.stop()


def start_child(
    command: Sequence[str | Path],
    *,
    pid_file: Path,
    log_file: Path,
    environment: Mapping[str, str] | None = None,
    user: User | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Start a command and append its output to `log_file`; the child is stopped when this interpreter exits."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    _rotate(log_file)
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops its children in order
            cwd="/" if user else None,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
    write_pid_file(pid_file, process.pid)
    child = Child(process, pid_file, stop_signal)
    atexit.register(child.stop)
    return child


def write_pid_file(pid_file: Path, pid: int) -> None:
    """Record pid and start time of a running process."""
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(json.dumps({"pid": pid, "started": _started(pid)}))


def stop_leftover(pid_file: Path, stop_signal: signal.Signals = signal.SIGTERM, seconds: float = 20.0) -> bool:
    """Stop the process that a pid file of an earlier run records; True if it was still running."""
    process = running_process(pid_file)
    if process is not None:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(stop_signal)
            try:
                process.wait(seconds)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait()
    pid_file.unlink(missing_ok=True)
    return process is not None


def running_process(pid_file: Path) -> psutil.Process | None:
    """The process that a pid file records; None if it has ended, also if another process has its pid now."""
    try:
        record = json.loads(pid_file.read_text())
        process = psutil.Process(record["pid"])
        alive = process.status() != psutil.STATUS_ZOMBIE and process.create_time() == record["started"]
    except (OSError, ValueError, TypeError, KeyError, psutil.NoSuchProcess):
        return None
    return process if alive else None


def last_lines(log_file: Path, count: int = 5) -> str:
    """The last lines of a log, for the error about a child that did not start."""
    try:
        lines = log_file.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-count:])


def _started(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def _rotate(log_file: Path) -> None:
    if log_file.exists() and log_file.stat().st_size > _LOG_BYTES_MAX:
        log_file.replace(log_file.with_suffix(".1.log"))
