"""F21: mail server and SMS gateway refuse, answer with nonsense, answer late, or take a message and say nothing."""

import asyncio

from faults.drill import Drill
from faults.scenario import Scenario

MOODS = {
    "not now": [("refuse_for_now", 0.5)],
    "too many": [("too_many", 0.5)],
    "server errors": [("broken", 0.3)],
    "answers lost": [("lose_answer", 0.3)],
    "slow": [("slow", 0.3)],
    "garbage": [("garbage", 0.3)],
}


async def providers_misbehave(drill: Drill) -> None:
    providers = drill.stack.providers
    async with drill.load(rate=40, seconds=60, customers=500):
        for what, moods in MOODS.items():
            async with drill.fault(what, "providers"):
                providers.moods = {"email": moods, "sms": moods}
                await asyncio.sleep(9)
            providers.moods = {}
    rows = await drill.stack.fetch("notify", "SELECT state, count(*)::int AS n FROM sends GROUP BY state")
    drill.figures |= {f"sends {row['state']}": row["n"] for row in rows}


SCENARIOS = [Scenario("F21", "providers refuse, err, lose answers, are slow", providers_misbehave, quiet_seconds=150)]
