"""Rows of the table: what each is called, what it is measured against, and how all of them are shown and kept."""

import json
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.cpu import PerEvent
from bench.stage import Stage

EVENTS_A_SECOND = "events/s"


class Kind(Enum):
    """How a value meets its target."""

    OF_LIMIT = "at least this part of the pass-through limit"
    AT_LEAST = "at least this much"
    AT_MOST = "at most this much"
    INFORMATIVE = "no target"


class Row(NamedTuple):
    """One line of the table."""

    name: str
    unit: str = EVENTS_A_SECOND
    kind: Kind = Kind.INFORMATIVE
    target: float | None = None


class Measured(NamedTuple):
    """What a row's measurement gave; CPU where it was measured beside it."""

    value: float
    cpu: PerEvent | None = None


class Family(NamedTuple):
    """Rows that one measurement fills, in order; ``word`` selects it, ``needs`` are measured before it."""

    word: str
    rows: tuple[Row, ...]
    measure: Callable[[Stage], Awaitable[Sequence[Measured]]]
    needs: tuple[str, ...] = ()


class Figure(NamedTuple):
    """A row with its measurement; without one it could not be measured."""

    row: Row
    measured: Measured | None
    limit: float | None

    @property
    def ratio(self) -> float | None:
        """Its part of the pass-through limit."""
        if self.measured is None or not self.limit or self.row.unit != EVENTS_A_SECOND:
            return None
        return self.measured.value / self.limit

    @property
    def reached(self) -> bool | None:
        """Whether the target was met: what could not be measured was not; nothing where there is no target."""
        target = self.row.target
        if target is None:
            return None
        if self.measured is None:
            return False
        match self.row.kind:
            case Kind.OF_LIMIT:
                return self.ratio is not None and self.ratio >= target
            case Kind.AT_LEAST:
                return self.measured.value >= target
            case _:
                return self.measured.value <= target

    def as_kept(self) -> dict[str, object]:
        """As it is kept in JSON."""
        return {
            "name": self.row.name,
            "value": None if self.measured is None else round(self.measured.value, 3),
            "unit": self.row.unit,
            "ratio_to_pass_through": None if self.ratio is None else round(self.ratio, 3),
            "target": self.row.target,
            "reached": self.reached,
        }


def keep(figures: Sequence[Figure], path: Path) -> None:
    """Write figures where others find them."""
    path.write_text(json.dumps([figure.as_kept() for figure in figures], indent=1) + "\n")


_TARGETS = {Kind.OF_LIMIT: ">= {:g} limit", Kind.AT_LEAST: ">= {:g}", Kind.AT_MOST: "<= {:g}", Kind.INFORMATIVE: ""}


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print the table. CPU is in microseconds an event: of our processes, of PostgreSQL, of the broker."""
    table = Table("what", "value", "unit", "x limit", "target", "reached", "CPU: ours", "PostgreSQL", "broker")
    for column in table.columns[1:2] + table.columns[3:4] + table.columns[6:]:
        column.justify = "right"
    for figure in figures:
        row, measured = figure.row, figure.measured
        value = "failed" if measured is None else f"{measured.value:,.{0 if measured.value >= 1000 else 1}f}"
        cpu = ("", "", "") if measured is None or measured.cpu is None else (f"{part:,.0f} µs" for part in measured.cpu)
        ratio = "" if figure.ratio is None else f"{figure.ratio:.3f}"
        reached = {None: "", True: "yes", False: "[bold red]no"}[figure.reached]
        target = "" if row.target is None else _TARGETS[row.kind].format(row.target)
        table.add_row(row.name, value, row.unit, ratio, target, reached, *cpu)
    console.print(table)
