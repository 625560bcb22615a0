"""The health of a process, for its probes: liveness, start-up, readiness, and degradation."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mandegar.clock import monotonic_seconds
from mandegar.telemetry import metrics

LOOP_STALE_SECONDS = 10.0
CHECK_SECONDS = 1.0
BEAT_SECONDS = 0.5

Check = Callable[[], Awaitable[str | None]]


@dataclass(slots=True)
class Health:
    """The state behind the probes. A check returns ``None``, or a sentence about what is wrong.

    A failed check of ``checks`` makes the process unready. One of ``optional_checks`` is reported as ``degraded`` and
    does not affect readiness.
    """

    checks: dict[str, Check] = field(default_factory=dict)
    optional_checks: dict[str, Check] = field(default_factory=dict)
    started: bool = False
    draining: bool = False
    beat_at: float = field(default_factory=monotonic_seconds)

    async def beat(self) -> None:
        """Record every half second that the event loop runs, and by how much it is late."""
        while True:
            due = monotonic_seconds() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            self.beat_at = monotonic_seconds()
            metrics.LOOP_LAG.set(max(self.beat_at - due, 0.0))

    @property
    def alive(self) -> bool:
        return monotonic_seconds() - self.beat_at < LOOP_STALE_SECONDS

    async def readiness(self) -> dict[str, str | None]:
        """The result of every check, by name."""
        results = await _run(self.checks)
        if not self.started:
            results["startup"] = "still starting"
        if self.draining:
            results["drain"] = "shutting down"
        return results

    async def degradation(self) -> dict[str, str | None]:
        """The result of every optional check, by name."""
        return await _run(self.optional_checks)

    async def measure(self) -> None:
        """Set the gauges of readiness and of every check."""
        required, optional = await asyncio.gather(self.readiness(), self.degradation())
        metrics.READY.set(not any(required.values()))
        for gauge, results in ((metrics.UNREADY, required), (metrics.DEGRADED, optional)):
            for name, wrong in results.items():
                gauge.labels(name).set(wrong is not None)


async def _run(checks: dict[str, Check]) -> dict[str, str | None]:
    results = await asyncio.gather(*map(_answer, checks.values()))
    return dict(zip(checks, results, strict=True))


async def _answer(check: Check) -> str | None:
    """The result of a check, within a second. A check that fails or hangs counts as a problem."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
        return f"the check failed ({type(error).__name__})"
