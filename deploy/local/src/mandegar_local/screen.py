"""What a person sees: lines during set-up, then one status line per part (a live table on a terminal)."""

import asyncio
import sys
import time
from collections.abc import Sequence

import psutil
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mandegar_local.part import Part

_REFRESH_SECONDS = 0.5
_COLOURS = {"ready": "green", "up": "green", "not ready": "yellow", "starting": "yellow", "restarting": "red"}


class Screen:
    """Prints progress, and keeps a table of the parts up to date on a terminal."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._began = time.monotonic()

    def log(self, text: str) -> None:
        """One line of progress; safe from any thread."""
        passed = f"{time.monotonic() - self._began:6.1f} s  "
        self._console.print(Text.assemble((passed, "dim"), text))

    async def follow(self, parts: Sequence[Part]) -> None:
        """Show the state of the parts for ever: a live table on a terminal, a line per change elsewhere."""
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as live:
                while True:
                    live.update(_table(parts), refresh=True)
                    await asyncio.sleep(_REFRESH_SECONDS)
        shown: dict[str, str] = {}
        while True:
            for part in parts:
                if shown.get(part.name) != part.state:
                    shown[part.name] = part.state
                    self.log(status_line(part))
            await asyncio.sleep(_REFRESH_SECONDS)


def status_line(part: Part) -> str:
    """One part in one line."""
    restarts = f", restarted {part.restarts}×" if part.restarts else ""
    return f"{part.name:<10} {part.state:<10} {part.url}  (pid {part.pid or '-'}{restarts})"


def fail(text: str) -> None:
    """Say on stderr why nothing more happens."""
    sys.stderr.write(text.rstrip() + "\n")
    sys.stderr.flush()


def _table(parts: Sequence[Part]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("part", "state", "address", "pid", "memory", "restarts"):
        table.add_column(heading, justify="right" if heading in ("pid", "memory", "restarts") else "left")
    for part in parts:
        state = f"[{_COLOURS.get(part.state, 'white')}]{part.state}[/]"
        table.add_row(part.name, state, part.url, str(part.pid or "-"), _memory(part.pid), str(part.restarts or ""))
    return table


def _memory(pid: int | None) -> str:
    try:
        return f"{psutil.Process(pid).memory_info().rss >> 20} MB" if pid else "-"
    except psutil.NoSuchProcess:
        return "-"
