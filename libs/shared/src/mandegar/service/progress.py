"""How far a long command is: a bar on a terminal, lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from mandegar.clock import monotonic_seconds

LINE_EVERY_SECONDS = 5.0


class Step:
    """One step under way."""

    def __init__(self, console: Console, bar: Progress, task: TaskID, title: str) -> None:
        self._console, self._bar, self._task, self._title = console, bar, task, title
        self._began = self._said_at = monotonic_seconds()
        self.done = 0

    def at(self, done: int, total: int) -> None:
        """So much of so much is done."""
        self.done = done
        self._bar.update(self._task, completed=done, total=total)
        if not self._console.is_terminal and monotonic_seconds() - self._said_at >= LINE_EVERY_SECONDS:
            self._said_at = monotonic_seconds()
            self._console.print(f"{self._title}: {done:,} of {total:,}", highlight=False)

    def end(self) -> None:
        """Say what it came to."""
        seconds = monotonic_seconds() - self._began
        if not self._console.is_terminal:
            self._console.print(f"{self._title}: {self.done:,} in {seconds:.1f} s", highlight=False)


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Show a step for as long as the block lasts."""
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        shown = Step(console, bar, bar.add_task(title, total=None), title)
        yield shown
        shown.end()
