"""What a person sees while the demo works: a bar per step on a terminal, lines elsewhere, and why it waits."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from mandegar.clock import monotonic_seconds

_LINE_EVERY_SECONDS = 10.0


class Step:
    """One step under way. `move_to` is how far it is, `tell` why it waits."""

    def __init__(self, stage: "Stage", bar: Progress, task: TaskID, title: str, total: int | None) -> None:
        self._stage, self._bar, self._task = stage, bar, task
        self.title, self.total, self.done = title, total, 0
        self._said_at = self._began = monotonic_seconds()
        self._note = ""

    def advance(self, by: int) -> None:
        """So much more is done."""
        self.move_to(self.done + by)

    def move_to(self, done: int) -> None:
        """So much is done."""
        self.done = done
        self._bar.update(self._task, completed=done)
        self._say_now_and_then()

    def tell(self, note: str) -> None:
        """What it waits for; "" when it goes on."""
        self._note = note
        self._bar.update(self._task, note=note)
        self._say_now_and_then()

    def lasted(self) -> float:
        """Seconds since it began."""
        return monotonic_seconds() - self._began

    def _say_now_and_then(self) -> None:
        if monotonic_seconds() - self._said_at > _LINE_EVERY_SECONDS:
            self._said_at = monotonic_seconds()
            far = f"{self.done:,} of {self.total:,}" if self.total else "…"
            self._stage.line(f"  {self.title}: {far}{f' ({self._note})' if self._note else ''}")


class Stage:
    """Shows one step at a time."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def line(self, text: str) -> None:
        """A line of its own where there is no terminal to draw bars on."""
        if not self.console.is_terminal:
            self.console.print(text, highlight=False, markup=False)

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Step]:
        """A step with `total` parts, or of unknown length; its duration is shown when it is done."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn())
        more = (TimeElapsedColumn(), TextColumn("[yellow]{task.fields[note]}"))
        disable = not self.console.is_terminal
        with Progress(*columns, *more, console=self.console, transient=True, disable=disable) as bar:
            task = bar.add_task(title, total=total, note="")
            step = Step(self, bar, task, title, total)
            yield step
        much = f" {step.done:,}" if total else ""
        self.console.print(f"[green]✓[/] {title}:{much} [dim]in {step.lasted():.1f} s[/]", highlight=False)
