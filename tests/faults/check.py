"""``python -m tests.faults.check evidence.json``: the verdict on a run whose stack still stands."""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults.checkers import run_all
from faults.evidence import Evidence

FILES = ("journal", "calls", "samples", "timeline", "reads")


def read_evidence(path: Path) -> Evidence:
    """The evidence in a JSON file with its fields as they are named."""
    said: dict[str, Any] = json.loads(path.read_text())
    return Evidence(**(said | {name: Path(said[name]) for name in FILES}))


def main(path: str) -> int:
    """Print every finding; the exit code is 1 when any is broken."""
    findings = run_all(read_evidence(Path(path)))
    for finding in findings:
        sys.stdout.write(f"{'holds ' if finding.ok else 'BROKEN'} {finding}\n")
    return int(not all(finding.ok for finding in findings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
