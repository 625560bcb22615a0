"""``make bench``: every figure of one run on one machine, as a ratio to the pass-through limit of that run.

``ROWS=loyalty,relay`` measures some of them, ``SCALE=0.05`` with a part of the load; both write beside the figures of
a whole run, not over them.
"""

import asyncio
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import uvloop
from rich.console import Console

from bench.figures import Family, Figure, keep, show
from bench.python_build import python_build
from bench.rows import LIMIT, chosen
from bench.stage import Stage, stage
from harness.servers import ROOT
from mandegar.run.garbage_collection import raise_gc_thresholds

FAMILY_SECONDS_MAX = 1_500.0
console = Console(width=None if sys.stdout.isatty() else 150, log_path=False)


async def measure(on: Stage, families: Sequence[Family], path: Path) -> list[Figure]:
    """Measure family by family; one that fails says why and leaves the others alone."""
    figures: list[Figure] = []
    for number, family in enumerate(families, 1):
        console.log(f"[{number}/{len(families)}] {family.rows[0].name}")
        began = time.monotonic()
        try:
            async with asyncio.timeout(FAMILY_SECONDS_MAX):
                measured = await family.measure(on)
        except Exception as error:  # noqa: BLE001  told here, and by the exit code
            console.log(f"[bold red]{family.word} failed:", _told(error))
            figures += [Figure(row, None, on.found.get(LIMIT)) for row in family.rows]
        else:
            on.found |= {row.name: one.value for row, one in zip(family.rows, measured, strict=True)}
            new = [Figure(row, one, on.found.get(LIMIT)) for row, one in zip(family.rows, measured, strict=True)]
            figures += new
            told = ", ".join(f"{figure.measured.value:,.1f} {figure.row.unit}" for figure in new if figure.measured)
            console.log(f"  {told} ({time.monotonic() - began:.0f} s)")
        keep(figures, path)
    return figures


def _told(error: Exception) -> str:
    """The end of the traceback of what went wrong, without the groups around it."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return "".join(traceback.format_exception(error, limit=-4, chain=False))


def main() -> int:
    """Measure what the environment asks for; 1 when a row could not be measured."""
    scale, words = float(os.environ.get("SCALE") or 1), os.environ.get("ROWS") or ""
    families = chosen([word.strip() for word in words.split(",") if word.strip()])
    whole = not words and scale == 1
    path = ROOT / ".local" / ("bench.json" if whole else "bench-part.json")
    path.parent.mkdir(exist_ok=True)
    raise_gc_thresholds()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that its servers end with it
    with stage(scale, console.log) as on:
        figures = uvloop.run(measure(on, families, path))
    show(figures, console)
    console.print(python_build())
    console.print(f"written to {path.relative_to(ROOT)}")
    return int(any(figure.measured is None for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
