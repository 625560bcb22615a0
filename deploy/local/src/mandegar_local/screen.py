"""The output of `make up`: lines of progress, then the state of each process (a live table on a terminal)."""

import asyncio
import re
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.live import Live
from rich.text import Text

from mandegar_local.memory import memory_lines
from mandegar_local.ports import WORKERS
from mandegar_local.stack_clock import StackClock, clock_words
from mandegar_local.supervised_process import SupervisedProcess
from mandegar_local.text_table import indented, row_name, text_table

_REFRESH_SECONDS = 0.5
_HEADINGS = ("process", "state", "lag", "backlog", "dead letters", "restarts", "address")
_NUMBERS = ("lag", "backlog", "dead letters", "restarts")
_COLOURS = {
    "ready": "green", "up": "green", "degraded": "yellow", "not ready": "yellow", "starting": "yellow",
    "restarting": "red", "silent": "red",
}  # fmt: skip


class Screen:
    """Prints lines of progress and the state of the processes."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._began = time.monotonic()

    def log(self, text: str) -> None:
        """Print a line with the time since the start; may be called from any thread."""
        passed = f"{time.monotonic() - self._began:6.1f} s  "
        self._console.print(Text.assemble((passed, "dim"), text))

    async def follow(self, processes: Sequence[SupervisedProcess], clock: StackClock) -> None:
        """Show the state of the processes until cancelled: in a live table on a terminal, else a line per change."""
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as live:
                while True:
                    lines = state_lines(processes, clock, time.time(), self._console.width)
                    live.update(_coloured(lines), refresh=True)
                    await asyncio.sleep(_REFRESH_SECONDS)
        shown: dict[str, str] = {}
        while True:
            for process in processes:
                if shown.get(process.name) != process.state:
                    shown[process.name] = process.state
                    self.log(status_line(process))
            await asyncio.sleep(_REFRESH_SECONDS)


def status_line(process: SupervisedProcess) -> str:
    """The state of a process in one line."""
    restarts = f", restarted {process.restarts}×" if process.restarts else ""
    why = f": {process.why}" if process.why else ""
    return f"{process.name:<14} {process.state:<10} {process.url}  (pid {process.pid or '-'}{restarts}){why}"


def fail(text: str) -> None:
    """Print an error on stderr."""
    sys.stderr.write(text.rstrip() + "\n")
    sys.stderr.flush()


def state_lines(processes: Sequence[SupervisedProcess], clock: StackClock, unix: float, width: int) -> list[str]:
    """The screen of a running stack: a row per process, what is wrong, and the clock."""
    rows = [
        (
            row_name(process.name), process.state,
            *(process.figures.cells() if process.name in WORKERS.values() else ("", "", "")),
            str(process.restarts or ""), process.url,
        )
        for process in processes
    ]  # fmt: skip
    lines = text_table(_HEADINGS, rows, right=_NUMBERS)
    for process in processes:
        if process.why:
            lines += indented(f"{process.name} is {process.state}: {process.why}", width)
        if process.last_exit:
            lines += indented(f"{process.name} {process.last_exit}", width)
    used = {process.name: process.memory for process in processes if process.memory is not None}
    return [*lines, *memory_lines(used, width), "", clock_words(clock, unix)]


def _coloured(lines: Sequence[str]) -> Text:
    text = Text("\n".join(lines))
    for state in re.finditer(rf"(?m)^ *\w+ +({'|'.join(_COLOURS)})\b", text.plain):
        text.stylize(_COLOURS[state[1]], *state.span(1))
    return text
