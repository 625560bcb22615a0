"""I8, recovery: once the last fault is over, everything catches up by itself within half a minute."""

from faults.checkers.finding import Finding, finding
from faults.observed import Run

SECONDS_MAX = 30.0


def check(run: Run) -> Finding:
    seconds = run.evidence.quiet_at - run.evidence.healed_at
    broken = [] if 0.0 <= seconds <= SECONDS_MAX else [f"at rest {seconds:.1f} s after the last fault"]
    return finding("I8 recovery", f"at rest {seconds:.1f} s after the last fault, {SECONDS_MAX:.0f} s allowed", broken)
