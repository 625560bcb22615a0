"""The output of `make up`: lines of progress, then the state of each process (a live table on a terminal)."""

import asyncio
import sys
import time
from collections.abc import Sequence

import psutil
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mandegar_local.supervised_process import SupervisedProcess

_REFRESH_SECONDS = 0.5
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

    async def follow(self, processes: Sequence[SupervisedProcess]) -> None:
        """Show the state of the processes until cancelled: in a live table on a terminal, else a line per change."""
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as live:
                while True:
                    live.update(_table(processes), refresh=True)
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
    return f"{process.name:<10} {process.state:<10} {process.url}  (pid {process.pid or '-'}{restarts}){why}"


def fail(text: str) -> None:
    """Print an error on stderr."""
    sys.stderr.write(text.rstrip() + "\n")
    sys.stderr.flush()


def _table(processes: Sequence[SupervisedProcess]) -> Group:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("process", "state", "address", "pid", "memory", "restarts"):
        table.add_column(heading, justify="right" if heading in ("pid", "memory", "restarts") else "left")
    for process in processes:
        state = f"[{_COLOURS.get(process.state, 'white')}]{process.state}[/]"
        table.add_row(
            process.name, state, process.url, str(process.pid or "-"), _memory(process.pid), str(process.restarts or "")
        )
    reasons = [f"{process.name}: {process.why}" for process in processes if process.why]
    return Group(table, *reasons)


def _memory(pid: int | None) -> str:
    try:
        return f"{psutil.Process(pid).memory_info().rss >> 20} MB" if pid else "-"
    except psutil.NoSuchProcess:
        return "-"
