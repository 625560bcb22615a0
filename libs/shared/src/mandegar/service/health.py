"""Whether this process lives, has started, and is ready: each check with its reason, none that waits for long."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mandegar.clock import monotonic_seconds
from mandegar.database import Pool, is_transient
from mandegar.telemetry import metrics

LOOP_STALE_SECONDS = 10.0
PING_SECONDS = 2.0
BEAT_SECONDS = 0.5

Check = Callable[[], Awaitable[str | None]]


@dataclass(slots=True)
class Health:
    """The state behind the probes. A check answers ``None`` when well, or a sentence that says what is wrong.

    What ``optional_checks`` finds is told, and does not make a process unready: it can do its work without.
    """

    checks: dict[str, Check] = field(default_factory=dict)
    optional_checks: dict[str, Check] = field(default_factory=dict)
    started: bool = False
    draining: bool = False
    beat_at: float = field(default_factory=monotonic_seconds)

    async def beat(self) -> None:
        """Turn for ever; how late each turn comes is how busy the event loop is."""
        while True:
            due = monotonic_seconds() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            self.beat_at = monotonic_seconds()
            metrics.LOOP_LAG.set(max(self.beat_at - due, 0.0))

    @property
    def alive(self) -> bool:
        return monotonic_seconds() - self.beat_at < LOOP_STALE_SECONDS

    async def readiness(self) -> dict[str, str | None]:
        """Every check's name with what is wrong, or ``None``."""
        found = await _ask(self.checks)
        if not self.started:
            found["startup"] = "still starting"
        if self.draining:
            found["drain"] = "shutting down"
        return found

    async def degradation(self) -> dict[str, str | None]:
        """What goes on without, by name."""
        return await _ask(self.optional_checks)


async def _ask(checks: dict[str, Check]) -> dict[str, str | None]:
    results = await asyncio.gather(*(check() for check in checks.values()))
    return dict(zip(checks, results, strict=True))


def database_check(pool: Pool) -> Check:
    """Whether the database answers a question."""

    async def check() -> str | None:
        try:
            async with asyncio.timeout(PING_SECONDS):
                await pool.fetchval("SELECT 1")
        except Exception as error:
            if not is_transient(error):
                raise
            return f"the database does not answer ({type(error).__name__})"
        return None

    return check
