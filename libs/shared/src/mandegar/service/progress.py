"""Shows the progress of a long command: a bar on a terminal, a line every five seconds elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from mandegar.clock import monotonic_seconds

LINE_EVERY_SECONDS = 5.0


class ProgressBar:
    """The bar of one step of a command."""

    def __init__(self, console: Console, bar: Progress, task: TaskID, title: str) -> None:
        self._console, self._bar, self._task, self._title = console, bar, task, title
        self._started_at = self._printed_at = monotonic_seconds()
        self.done = 0

    def update(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` items are done."""
        self.done = done
        self._bar.update(self._task, completed=done, total=total)
        if not self._console.is_terminal and monotonic_seconds() - self._printed_at >= LINE_EVERY_SECONDS:
            self._printed_at = monotonic_seconds()
            self._console.print(f"{self._title}: {done:,} of {total:,}", highlight=False)

    def finish(self) -> None:
        """Print the number of items and the duration, unless a bar shows them."""
        seconds = monotonic_seconds() - self._started_at
        if not self._console.is_terminal:
            self._console.print(f"{self._title}: {self.done:,} in {seconds:.1f} s", highlight=False)


@contextmanager
def progress(title: str) -> Iterator[ProgressBar]:
    """Show the progress of a step during the block."""
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        step = ProgressBar(console, bar, bar.add_task(title, total=None), title)
        yield step
        step.finish()
