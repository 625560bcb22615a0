"""The invariants, each a sentence over what a run left behind. Run them when the stack has come to rest."""

import asyncio
from collections.abc import Callable

from faults.checkers import (
    answers,
    bounds,
    conservation,
    isolation,
    no_double,
    no_loss,
    offsets,
    pipeline,
    probes,
    reads,
    recovery,
    sends,
    versions,
)
from faults.checkers.finding import Finding
from faults.evidence import Evidence
from faults.observed import Run, observe

CHECKS: tuple[Callable[[Run], Finding], ...] = tuple(
    checker.check
    for checker in (
        no_loss, no_double, conservation, pipeline, offsets, sends,
        versions, recovery, bounds, probes, isolation, answers, reads,
    )
)  # fmt: skip

__all__ = ["CHECKS", "Finding", "check", "run_all"]


def check(run: Run) -> list[Finding]:
    """A finding for each invariant, I1 to I13."""
    return [one(run) for one in CHECKS]


def run_all(evidence: Evidence) -> list[Finding]:
    """Read what a run left behind and check it. From inside an event loop: ``await asyncio.to_thread(run_all, …)``."""
    return check(asyncio.run(observe(evidence)))
