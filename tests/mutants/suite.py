"""Running tests inside the copy, and reading from pytest's summary which of them went red."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mutants.working_copy import WorkingCopy

RUN_SECONDS = 900
_PYTEST = (sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider")
# The name of a parameter may contain spaces.
_LINE = re.compile(r"^(FAILED|ERROR) (\S+?(?:\[.*?\])?)(?: - (.*))?$", re.MULTILINE)


class SuiteBroken(RuntimeError):
    """The tests could not run at all, which proves nothing about a guard."""


class Red(NamedTuple):
    """The first test that went red, and what it said."""

    test: str
    reason: str


def first_red(copy: WorkingCopy, tests: Sequence[str], log: Path) -> Red | None:
    """Run ``tests`` until one goes red; ``None`` when all are green. What pytest printed is kept in ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        try:
            ended = subprocess.run(
                [*_PYTEST, *tests],
                cwd=copy.directory,
                env=copy.environment,
                stdout=output,
                stderr=output,
                timeout=RUN_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise SuiteBroken(f"the tests did not end within {RUN_SECONDS} s: see {log}") from None
    text = log.read_text()
    if ended.returncode == 0:
        return None
    for kind, test, reason in _LINE.findall(text):
        # An error is a fixture's: one that looks at invariants afterwards counts, one that could not begin does not.
        if kind == "FAILED" or "assert" in reason.lower():
            return Red(test, reason)
    raise SuiteBroken(f"pytest ended with {ended.returncode} and no test went red: see {log}")
