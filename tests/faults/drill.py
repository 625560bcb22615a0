"""A drill: what a scenario has in its hands, and what it leaves behind."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from churn.domain.model import Model
from churn.models.rows import model_of
from faults.load import Load, Tally
from faults.plan import Mix, Planned, plan
from faults.stack import Stack

Say = Callable[[str], None]
Check = Callable[["Drill"], Awaitable[None]]


@dataclass
class Drill:
    """One scenario on one stack. Everything random comes from ``draw``, so that the seed decides it."""

    name: str
    seed: int
    stack: Stack
    say: Say
    minutes: float = 1.0
    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    faults: int = 0
    checks: list[Check] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw = random.Random(f"{self.seed}/{self.name}")
        self._loads = 0
        self._planned: Sequence[Sequence[Planned]] = []

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note what does not hold; the scenario goes on, so that one run tells everything."""
        if not holds:
            self.broken.append(otherwise)
            self.say(f"NOT AS PROMISED: {otherwise}")

    def after_quiet(self, check: Check) -> None:
        """Have something of this scenario alone checked once the stack has come to rest."""
        self.checks.append(check)

    @asynccontextmanager
    async def fault(self, what: str, target: str = "") -> AsyncIterator[None]:
        """The time of one fault, on the timeline."""
        self.faults += 1
        self.say(f"{what} {target}".rstrip())
        self.stack.timeline.note(what, target, "begin")
        try:
            yield
        finally:
            self.stack.timeline.note(what, target, "end")

    async def _model_in_force(self) -> Model | None:
        """The model by which churn scores, which it fits as soon as there are customers; None before that."""
        query = "SELECT version, horizon_days, parameters, numbers::text FROM models ORDER BY version DESC LIMIT 1"
        rows = await self.stack.fetch("churn", query)
        return model_of(rows[0]) if rows else None

    @asynccontextmanager
    async def load(
        self, *, rate: float = 60.0, again: bool = False, planned: Sequence[Sequence[Planned]] | None = None, **mix: Any
    ) -> AsyncIterator[Tally]:
        """A shop that sends inside the block, and goes on behind it until all it had planned is answered.

        It plans as many events as ``rate`` sends in ``seconds`` (30), unless told how many; ``again`` sends what was
        planned last; ``planned`` are requests of the scenario's own.
        """
        seconds = mix.setdefault("seconds", 30.0)
        mix.setdefault("events", int(rate * seconds))
        mix.setdefault("customers", max(20, mix["events"] // 10))
        if planned is not None:
            self._planned = planned
        elif not (again and self._planned):
            self._loads += 1
            name, model = f"{self.name.lower()}-{self._loads}", await self._model_in_force()
            self._planned = plan(name, self.seed, Mix(**mix), model=model)
        load = Load(self._planned, rate, self.stack.doors, self.stack.source_key, self.stack.journal)
        sending = asyncio.create_task(load.run())
        progress = asyncio.create_task(self._progress(load))
        try:
            yield load.tally
            await sending
        finally:
            progress.cancel()
            sending.cancel()
            await asyncio.gather(sending, progress, return_exceptions=True)
            self._sum_up(load.tally)

    def _sum_up(self, tally: Tally) -> None:
        figures = self.figures
        figures["events"] = figures.get("events", 0) + tally.events
        figures["unknown answers"] = figures.get("unknown answers", 0) + tally.unknown
        for code in [code for code in tally.statuses if code not in {202, 422}]:
            figures[f"answers {code}"] = figures.get(f"answers {code}", 0) + tally.statuses[code]
        self.expect(tally.unanswered == 0, f"{tally.unanswered} requests never got an answer")
        self.expect(not tally.unexpected, f"{len(tally.unexpected)} unexpected results, {tally.unexpected[:3]}")

    async def _progress(self, load: Load) -> None:
        while True:
            await asyncio.sleep(5)
            tally, planned = load.tally, sum(map(len, load.requests))
            restarts = sum(member.restarts for member in self.stack.members)
            self.say(f"{tally.events}/{planned} events, {tally.unknown} unknown answers, {restarts} restarts so far")
