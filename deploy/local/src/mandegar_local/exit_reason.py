"""Why a process ended: its exit code or signal, and the last error in its log."""

import re
from pathlib import Path

from mandegar_local.children import last_lines

_LINES = 60
# A line of the services' log: time, level, event, place and fields.
_ERROR = re.compile(r"\[(?:error|critical)\s*\]\s+(?P<event>\S.*?)\s+\[[\w.]+\]\s*(?P<fields>.*)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def exit_reason(code: int, log_file: Path | None) -> str:
    """One sentence; a signal needs no reason, because the process could not write one."""
    if code < 0:
        return f"ended by signal {-code}"
    why = _last_error(log_file) if log_file is not None and code else ""
    return f"ended with exit code {code}" + (f" ({why})" if why else "")


def _last_error(log_file: Path) -> str:
    lines = [_COLOURS.sub("", line).strip() for line in last_lines(log_file, _LINES).splitlines()]
    for line in reversed(lines):
        if (found := _ERROR.search(line)) is not None:
            fields = re.sub(r"\bservice=\S+", "", found["fields"]).strip()
            return f"{found['event']}: {fields}"[:300] if fields else found["event"]
    return next((line[:300] for line in reversed(lines) if line), "")
