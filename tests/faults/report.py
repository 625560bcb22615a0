"""What a run prints: progress while it runs, and seed, timeline, figures and verdict at its end."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from faults.run import Outcome

FINDINGS_SHOWN = 40
FINDINGS_SHOWN_AGAIN = 3


class Screen:
    """Lines with the seconds since the run began."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self._began = time.monotonic()

    def say(self, sentence: str) -> None:
        self.console.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/dim]  ", end="")
        self.console.print(sentence, markup=False)

    def verdict(self, outcomes: Sequence[Outcome], seed: int, minutes: float) -> int:
        """Print everything; the exit code."""
        broken = [outcome for outcome in outcomes if outcome.broken]
        for outcome in broken:
            self._why(outcome, seed, minutes)
        self.console.print(_table(outcomes))
        verdict = f"BROKEN: {', '.join(o.scenario.name for o in broken)}" if broken else "everything held"
        for outcome in broken:  # again, for whoever sees the end alone
            for finding in outcome.broken[:FINDINGS_SHOWN_AGAIN]:
                self.console.print(f"{outcome.scenario.name}: {finding}", markup=False)
        self.console.print(f"seed {seed}: {verdict}", markup=False)
        return 1 if broken else 0

    def _why(self, outcome: Outcome, seed: int, minutes: float) -> None:
        self.console.rule(f"{outcome.scenario.name}: {outcome.scenario.title}")
        for line in outcome.timeline:
            self.console.print(line, markup=False)
        for finding in outcome.broken[:FINDINGS_SHOWN]:
            self.console.print(f"- {finding}", markup=False)
        if (more := len(outcome.broken) - FINDINGS_SHOWN) > 0:
            self.console.print(f"  and {more} more")
        again = f"make faults RUN={outcome.scenario.name} SEED={seed} MINUTES={minutes:g}"
        self.console.print(f"again, alone: {again}", markup=False)


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table("run", "fault", "seconds", "faults", "figures", "verdict", title=None, show_lines=False)
    for outcome in outcomes:
        figures = ", ".join(f"{name} {value}" for name, value in outcome.figures.items())
        verdict = "BROKEN" if outcome.broken else "held"
        scenario = outcome.scenario
        table.add_row(scenario.name, scenario.title, f"{outcome.seconds:.0f}", str(outcome.faults), figures, verdict)
    return table
