"""F12 and F13: lines that are slow, narrow, cut into single bytes, reset, or open in one direction only."""

import asyncio
from typing import Any

from faults.drill import Drill
from faults.scenario import Scenario

PERIOD_SECONDS = 8.0
LINKS = ("kafka", "postgres", "smtp", "sms")
WEATHER: dict[str, dict[str, Any]] = {
    "200 ms ± 100": {"latency": 0.2, "jitter": 0.1},
    "64 KB/s": {"bandwidth": 64_000},
    "single bytes": {"piece": 1},
    "RST": {"reset": True},
}


async def lines_are_bad(drill: Drill) -> None:
    async with drill.load(rate=40, seconds=PERIOD_SECONDS * len(WEATHER) * len(LINKS) * 0.8):
        for link in LINKS:
            for what, toxics in WEATHER.items():
                await _suffer(drill, link, what, toxics)


async def answers_are_held(drill: Drill) -> None:
    """Requests arrive and answers do not: what was done and what was not is told apart by ids and offsets alone."""
    async with drill.load(rate=40, seconds=60):
        for link in LINKS:
            await _suffer(drill, link, "answers held", {"hole": "answers"}, seconds=15)


async def _suffer(
    drill: Drill, link: str, what: str, toxics: dict[str, Any], *, seconds: float = PERIOD_SECONDS
) -> None:
    async with drill.fault(what, link), drill.stack.network.suffering(link, **toxics):
        await asyncio.sleep(seconds)


SCENARIOS = [
    Scenario("F12", "latency, 64 KB/s, single bytes, RST on every line", lines_are_bad, quiet_seconds=120),
    Scenario("F13", "answers held back on every line", answers_are_held, quiet_seconds=120),
]
