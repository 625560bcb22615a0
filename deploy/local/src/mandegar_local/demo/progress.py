"""Shows the progress of the demo: a bar per step on a terminal, a line every ten seconds elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from mandegar.clock import monotonic_seconds

_LINE_EVERY_SECONDS = 10.0


class Step:
    """A step of the demo."""

    def __init__(self, stage: "Stage", bar: Progress, task: TaskID, title: str, total: int | None) -> None:
        self._stage, self._bar, self._task = stage, bar, task
        self.title, self.total, self.done = title, total, 0
        self._printed_at = self._began = monotonic_seconds()
        self._note = ""

    def advance(self, by: int) -> None:
        """Add to the number of items that are done."""
        self.move_to(self.done + by)

    def move_to(self, done: int) -> None:
        """Set the number of items that are done."""
        self.done = done
        self._bar.update(self._task, completed=done)
        self._print_line()

    def show_note(self, note: str) -> None:
        """Show why the step waits; "" if it does not."""
        self._note = note
        self._bar.update(self._task, note=note)
        self._print_line()

    def lasted(self) -> float:
        """Seconds since the step began."""
        return monotonic_seconds() - self._began

    def _print_line(self) -> None:
        if monotonic_seconds() - self._printed_at > _LINE_EVERY_SECONDS:
            self._printed_at = monotonic_seconds()
            done = f"{self.done:,} of {self.total:,}" if self.total else "…"
            self._stage.line(f"  {self.title}: {done}{f' ({self._note})' if self._note else ''}")


class Stage:
    """The output of the demo while it runs, one step at a time."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def line(self, text: str) -> None:
        """Print a line, unless bars are shown."""
        if not self.console.is_terminal:
            self.console.print(text, highlight=False, markup=False)

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Step]:
        """Show a step with `total` items, or of unknown length, during the block; then print its duration."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn())
        more = (TimeElapsedColumn(), TextColumn("[yellow]{task.fields[note]}"))
        disable = not self.console.is_terminal
        with Progress(*columns, *more, console=self.console, transient=True, disable=disable) as bar:
            task = bar.add_task(title, total=total, note="")
            step = Step(self, bar, task, title, total)
            yield step
        much = f" {step.done:,}" if total else ""
        self.console.print(f"[green]✓[/] {title}:{much} [dim]in {step.lasted():.1f} s[/]", highlight=False)
