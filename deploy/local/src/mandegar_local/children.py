"""Child processes: started in a session of their own, stopped with a deadline, and found again after a kill -9.

Each child is recorded in `<name>.pid` (pid and start time), so that a later run stops what an earlier supervisor left
behind, and never a stranger that was given the same pid since.
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
    """The account a child runs under, when it is not ours."""

    uid: int
    gid: int


@dataclass(eq=False)
class Child:
    """A running child process and the signal that ends it cleanly."""

    process: subprocess.Popen[bytes]
    pid_file: Path
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative = the signal that ended it."""
        return self.process.poll()

    def stop(self, seconds: float = 20.0) -> None:
        """End it cleanly, by force after `seconds`; safe to call again and from any thread."""
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
    """A server that runs as a child of ours; what starts one adds its address."""

    child: Child

    @property
    def pid(self) -> int:
        """Process id of the server's main process."""
        return self.child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative = the signal that ended it."""
        return self.child.exit_code

    def stop(self) -> None:
        """Shut it down cleanly, which may take seconds; safe to call again and from any thread."""
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
    """Start a command with its output appended to `log_file`; stopped at the latest when this interpreter ends."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    _turn_over(log_file)
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # Ctrl-C is the supervisor's: it stops its children in order
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
    """Record a live process, so that `recorded` finds it and no other."""
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(json.dumps({"pid": pid, "started": _started(pid)}))


def stop_leftover(pid_file: Path, stop_signal: signal.Signals = signal.SIGTERM, seconds: float = 20.0) -> bool:
    """Stop the process that an earlier run recorded, if it is still that process; True when there was one."""
    process = recorded(pid_file)
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


def recorded(pid_file: Path) -> psutil.Process | None:
    """The live process that a pid file names, None when it has ended or its pid belongs to another one now."""
    try:
        record = json.loads(pid_file.read_text())
        process = psutil.Process(record["pid"])
        alive = process.status() != psutil.STATUS_ZOMBIE and process.create_time() == record["started"]
    except (OSError, ValueError, TypeError, KeyError, psutil.NoSuchProcess):
        return None
    return process if alive else None


def last_lines(log_file: Path, count: int = 5) -> str:
    """The end of a log, for the sentence that says why a child did not come up."""
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


def _turn_over(log_file: Path) -> None:
    if log_file.exists() and log_file.stat().st_size > _LOG_BYTES_MAX:
        log_file.replace(log_file.with_suffix(".1.log"))
